import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.kotlin.jvm)
}

java {
    sourceCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
    targetCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
}

kotlin {
    compilerOptions {
        jvmTarget = JvmTarget.fromTarget(libs.versions.jvmTarget.get())
        freeCompilerArgs.add("-Xjdk-release=${libs.versions.jvmTarget.get()}")
    }
}

dependencies {
    testImplementation(libs.junit.jupiter)
    testImplementation(libs.jna)
}

// As in pom.xml.
tasks.test {
    val root = rootDir.parentFile
    useJUnitPlatform()
    systemProperty("models", "$root/s2s_keras/models")
    systemProperty("goldens", "$root/build/android/goldens")
    systemProperty("tflite.library", "$root/.venv-tflite-runtime/lib/python3.11/site-packages/pymicro_wakeword/lib/libtensorflowlite_c.so")
}
