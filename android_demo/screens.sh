#!/usr/bin/env bash
# Runs the app's screens on a desktop with Robolectric, on the shipped models, and draws them:
# ../build/android/screens/*.png. Needs what build.sh left in ../build/android.
set -euo pipefail
cd "$(dirname "$0")"

# From the version catalog that Gradle and build.sh read.
of() { sed -n "s/^$1 = \"\(.*\)\"$/\1/p" gradle/libs.versions.toml; }
kotlin=$(of kotlin)
robolectric=$(of robolectric)
screen_framework=$(of screen-framework)
oldest_framework=$(of oldest-framework)
junit=$(of junit4)
jna=$(of jna)
build=$(realpath -m ../build/android)
tools=$build/tools
app=$build/app
work=$build/screens
library=$(realpath -m ../.venv-tflite-runtime/lib/python3.11/site-packages/pymicro_wakeword/lib/libtensorflowlite_c.so)
for needed in "$app/app.jar" "$library"; do
  [ -f "$needed" ] || { echo "$needed is missing: make apk .venv-tflite-runtime/ready" >&2; exit 1; }
done

rm -rf "$work"
mkdir -p "$work"/{jars,classes,framework}
mvn -q -B -f tools/screens/pom.xml "-Drobolectric=$robolectric" \
  "-Dscreen-framework=$screen_framework" "-Djunit4=$junit" "-Djna=$jna" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies "-DoutputDirectory=$work/jars"
mv "$work"/jars/android-all-instrumented-*.jar "$work/framework/"
# The oldest framework that the app runs on, API 24.
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
  "-Dartifact=org.robolectric:android-all-instrumented:$oldest_framework" \
  "-DoutputDirectory=$work/framework"
for archive in "$work"/jars/*.aar; do
  (cd "$work" && jar xf "$archive" classes.jar && mv classes.jar "${archive%.aar}.jar")
done
# Android's classes stand last: Robolectric puts its own in their place.
classpath=$(printf '%s:' "$work"/jars/*.jar "$app"/{app,core,tensorflow-lite,tensorflow-lite-api}.jar \
  "$tools/kotlin-stdlib-$kotlin.jar" "$tools/android-all-$(of framework).jar")

java -Xmx1g -cp "$(printf '%s:' "$tools"/{kotlin,kotlinx,annotations,trove4j}-*.jar)" \
  org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -Werror -jvm-target 17 \
  -classpath "$classpath" -d "$work/classes" \
  app/src/screenTest/kotlin core/src/test/kotlin/org/s2skeras/desktop/{DesktopInterpreter,TfLite}.kt

mkdir -p "$work/classes/com/android/tools"
cat >"$work/classes/com/android/tools/test_config.properties" <<END
android_merged_manifest=$app/AndroidManifest.xml
android_merged_assets=$app/assets
android_custom_package=org.s2skeras.demo
android_resource_apk=$app/linked.apk
END
# What holds assets opens a file by its number, which Java keeps to itself.
java -Xmx2g --add-opens=java.base/java.io=ALL-UNNAMED -Drobolectric.offline=true \
  "-Drobolectric.dependency.dir=$work/framework" "-Dscreens=$work" \
  "-Dmodels=$(realpath ../s2s_keras/models)" "-Dtflite.library=$library" \
  -cp "$work/classes:$classpath" org.junit.runner.JUnitCore org.s2skeras.demo.ScreenTest
