import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}

val copyModels = tasks.register<Copy>("copyModels") {
    from("../../s2s_keras/models") { include("*.tflite") }
    into(layout.buildDirectory.dir("models"))
}

android {
    namespace = "org.s2skeras.demo"
    compileSdk = libs.versions.compileSdk.get().toInt()

    defaultConfig {
        applicationId = "org.s2skeras.demo"
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.targetSdk.get().toInt()
        versionCode = libs.versions.versionCode.get().toInt()
        versionName = libs.versions.versionName.get()
        ndk { abiFilters += listOf("arm64-v8a", "x86_64") }
    }

    // Models are mapped into memory from where they lie in the APK.
    androidResources { noCompress += "tflite" }
    sourceSets["main"].assets.srcDir(copyModels.map { it.destinationDir })

    // As in pom.xml, with the desktop's interpreter.
    sourceSets["test"].kotlin.srcDir("../core/src/test/kotlin/org/s2skeras/desktop")
    testOptions.unitTests.all {
        val root = rootDir.parentFile
        it.useJUnitPlatform()
        it.systemProperty("models", "$root/s2s_keras/models")
        it.systemProperty("tflite.library", "$root/.venv-tflite-runtime/lib/python3.11/site-packages/pymicro_wakeword/lib/libtensorflowlite_c.so")
    }

    compileOptions {
        sourceCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
        targetCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
    }
}

kotlin {
    compilerOptions {
        jvmTarget = JvmTarget.fromTarget(libs.versions.jvmTarget.get())
    }
}

dependencies {
    implementation(project(":core"))
    implementation(libs.tensorflow.lite)
    testImplementation(libs.junit.jupiter)
    testImplementation(libs.jna)
}
