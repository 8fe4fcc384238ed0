#!/usr/bin/env bash
# Installs the app on the phone or emulator that adb finds, makes it the spell checker, and looks at
# the screen whether the model corrects there as it does in Python.
set -euo pipefail
cd "$(dirname "$0")"

package=org.s2skeras.demo
typed="I recieve teh letter tommorow"
expected="I receive the letter tomorrow"

adb install -r ../build/android/s2s-keras.apk
adb shell settings put secure selected_spell_checker $package/.ModelSpellCheckerService
adb shell settings put secure spell_checker_enabled 1
adb logcat -c
adb shell am start -W -S -n $package/.MainActivity --es android.intent.extra.TEXT "'$typed'"
for _ in 1 2 3 4 5; do
  sleep 1
  adb shell uiautomator dump /data/local/tmp/screen.xml >/dev/null
  if adb shell cat /data/local/tmp/screen.xml | grep -qF "text=\"$expected\""; then
    adb shell cat /data/local/tmp/screen.xml | grep -oE 'text="[0-9]+[.,][0-9]+ ms[^"]*"' || true
    echo "passed: $typed -> $expected"
    exit 0
  fi
done
adb logcat -d -s s2s-keras AndroidRuntime
echo "failed: the screen does not show: $expected" >&2
exit 1
