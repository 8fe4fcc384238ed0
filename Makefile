# make demo · make apk · make docs · make test · make test-arm64 · make lint · make bench ·
# make bench-device · make claims; each sets up what it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
DEMO := build/demo
MODEL := $(DEMO)/model.tflite
TYPED := recieve definately occured seperate wierd accomodate begining untill \
         goverment tommorow correct neccessary
# Not --quiet, with which warnings would not count.
SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: demo apk docs android-tools browser web-tools environments test test-arm64 lint bench bench-device claims format clean
.DELETE_ON_ERROR:

demo: $(MODEL)
	@$(BIN)/s2s-keras predict $(MODEL) --table --attention $(DEMO)/attention.png $(TYPED)

$(MODEL): $(DEMO)/run/model.keras
	@$(BIN)/s2s-keras export $(DEMO)/run --out $@

# A training that was interrupted goes on, unless the recipe has changed since it started.
$(DEMO)/run/model.keras: recipes/misspellings.yaml | .venv/ready
	@mkdir -p $(DEMO)
	@if [ $< -nt $(DEMO)/run/config.json ]; then rm -rf $(DEMO)/run; fi
	@$(BIN)/s2s-keras train $< --out $(DEMO)/run --resume

# What the tests need; with --jobs, several at a time.
environments: .venv/ready .venv-litert/ready .venv-tflite-runtime/ready .venv-jax/ready \
              .venv-torch/ready browser web-tools apk

test: environments
	@$(BIN)/python -m pytest -n auto --dist worksteal -m 'not arm64' --durations=40

# The Android app, without Android Studio; see android_demo/README.md.
apk: build/android/s2s-keras.apk

build/android/s2s-keras.apk: $(shell find android_demo -type f -not -path '*/build/*' \
    -not -path '*/src/test/*') $(wildcard s2s_keras/models/*.tflite) | .venv/ready android-tools
	@PYTHON=$(CURDIR)/$(BIN)/python android_demo/build.sh

# The documentation site, which needs no network to be read, and the page for the browser in it.
docs: .venv/ready web-tools
	@$(SITE)
	@$(BIN)/s2s-keras web --out build/docs/try --litert build/web/node_modules/@litertjs/core
	@echo "Open build/docs/index.html; for the page to try: $(BIN)/python -m http.server --directory build/docs"

android-tools:
	@need=; for tool in javac mvn apksigner zipalign zip; do \
	  command -v $$tool >/dev/null || need="$$need $$tool"; done; \
	if [ -n "$$need" ]; then \
	  packages=$$(echo $$need | sed 's/javac/openjdk-17-jdk-headless/; s/mvn/maven/'); \
	  command -v apt-get >/dev/null || { echo "The app needs$$need: install $$packages." >&2; exit 1; }; \
	  as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  echo "Installing $$packages ..."; \
	  { $$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    $$as_root apt-get install -y -qq --no-install-recommends $$packages >/dev/null; } || { \
	    echo "The app needs$$need: apt-get install $$packages" >&2; exit 1; }; \
	fi

# For the tests of the served page.
browser:
	@if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then \
	  command -v apt-get >/dev/null || { echo "The tests need a browser: install chromium and chromedriver." >&2; exit 1; }; \
	  as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  echo "Installing chromium and chromium-driver ..."; \
	  { $$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    $$as_root apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null; } || { \
	    echo "The tests need a browser: apt-get install chromium chromium-driver" >&2; exit 1; }; \
	fi

# What runs the models in a browser, and what checks the code that does it. Node and npm are Debian's.
web-tools: build/web/node_modules/ready

build/web/node_modules/ready: web_demo/package.json web_demo/package-lock.json web_demo/.npmrc
	@need=; for tool in node npm; do command -v $$tool >/dev/null || need="$$need $$tool"; done; \
	if [ -n "$$need" ]; then \
	  packages=$$(echo $$need | sed 's/node/nodejs/'); \
	  command -v apt-get >/dev/null || { echo "The browser's runtime needs$$need: install $$packages." >&2; exit 1; }; \
	  as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  echo "Installing $$packages ..."; \
	  { $$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    $$as_root apt-get install -y -qq --no-install-recommends $$packages >/dev/null; } || { \
	    echo "The browser's runtime needs$$need: apt-get install $$packages" >&2; exit 1; }; \
	fi
	@mkdir -p build/web && cp $^ build/web/
	@cd build/web && npm ci --silent --no-audit --no-fund
	@touch $@

# The arm64 builds of the runtimes, emulated, and the JVM's.
test-arm64: .venv/ready .venv-litert/ready .venv-arm64/ready android-tools
	@$(BIN)/python -m pytest -n auto -m arm64 tests/runtimes tests/android

lint: .venv/ready web-tools
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@# export/ and web_demo/ are installed as parts of s2s_keras: links show mypy that layout.
	@rm -rf build/typecheck && mkdir -p build/typecheck
	@cp -rs "$(CURDIR)/s2s_keras" build/typecheck/ && ln -s "$(CURDIR)/export" build/typecheck/s2s_keras/export && \
	  ln -s "$(CURDIR)/web_demo" build/typecheck/s2s_keras/web
	@cd build/typecheck && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p s2s_keras
	@build/web/node_modules/.bin/tsc --project web_demo
	@$(SITE)

format: .venv/ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(MODEL)
	@$(BIN)/python benchmarks/misspellings.py $(DEMO)/run --out build/bench

# Our files beside OpenNMT-tf's. The environment and the files take some eight minutes once.
bench-device: .venv/ready .venv-opennmt/ready
	@$(BIN)/python -m benchmarks.device.compare --out build/device

# An hour and a half on 2 cores; two more claims with MULTI30K=folder. Goes on where it stopped.
claims: .venv/ready
	@for claim in length scores reversal sampling recurrent_against_transformer; do \
	  $(BIN)/python -m benchmarks.claims.$$claim --out build/claims || exit 1; done
	@if [ -n "$(MULTI30K)" ]; then for claim in beam alignment; do \
	  $(BIN)/python -m benchmarks.claims.$$claim --multi30k $(MULTI30K) --out build/claims || exit 1; \
	  done; fi
	@$(BIN)/python -m benchmarks.claims.report

clean:
	rm -rf build dist .venv .venv-litert .venv-tflite-runtime .venv-jax .venv-torch .venv-arm64 \
	  .venv-opennmt .venv-peers

# Training and development.
.venv/ready: pyproject.toml
	@echo "Setting up .venv (TensorFlow is large; this takes a few minutes) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train,serve,saved-model,dev]'
	@touch $@

# The device side, without TensorFlow: once with each interpreter, and once with the server.
.venv-litert/ready: pyproject.toml
	@echo "Setting up .venv-litert ..."
	@$(PYTHON) -m venv .venv-litert
	@.venv-litert/bin/pip install --quiet --disable-pip-version-check --editable '.[serve]'
	@touch $@

.venv-tflite-runtime/ready: pyproject.toml
	@echo "Setting up .venv-tflite-runtime ..."
	@$(PYTHON) -m venv .venv-tflite-runtime
	@.venv-tflite-runtime/bin/pip install --quiet --disable-pip-version-check --editable '.[tflite-runtime]'
	@# For the build of TensorFlow Lite's C library inside it; what else it needs is not used.
	@.venv-tflite-runtime/bin/pip install --quiet --disable-pip-version-check --no-deps pymicro-wakeword==2.5.0
	@touch $@

# Training without TensorFlow. For Linux on x86-64, PyTorch comes with CUDA, and 6 GB.
.venv-jax/ready .venv-torch/ready: .venv-%/ready: pyproject.toml
	@echo "Setting up .venv-$* ..."
	@$(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/pip install --quiet --disable-pip-version-check --editable '.[train-$*]'
	@touch $@

# Debian's Python and Java for arm64, unpacked and not installed, and packages beside it. Without the
# cpuinfo of an arm64 machine ai-edge-litert would read that of the host, and crash.
.venv-arm64/ready: pyproject.toml tests/runtimes/cpuinfo-arm64 | .venv-tflite-runtime/ready
	@for tool in mmdebstrap qemu-aarch64-static; do command -v $$tool >/dev/null || { \
	  echo "$$tool is missing: apt-get install mmdebstrap qemu-user-static" >&2; exit 1; }; done
	@echo "Setting up .venv-arm64 ..."
	@rm -rf .venv-arm64 && mkdir -p .venv-arm64
	@mmdebstrap --quiet --variant=extract --architectures=arm64 \
	  --include=python3.11-minimal,libpython3.11-stdlib,libstdc++6,openjdk-17-jre-headless \
	  bookworm .venv-arm64/root
	@mkdir -p .venv-arm64/root/proc && cp tests/runtimes/cpuinfo-arm64 .venv-arm64/root/proc/cpuinfo
	@.venv-tflite-runtime/bin/pip install --quiet --disable-pip-version-check \
	  --root-user-action=ignore \
	  --target .venv-arm64/packages --python-version 3.11 --only-binary :all: \
	  $(foreach glibc,2014 _2_17 _2_27 _2_28 _2_34 _2_35,--platform manylinux$(glibc)_aarch64) \
	  '.[tflite-runtime]' 'pymicro-wakeword==2.5.0'
	@touch $@

# OpenNMT-tf and the TensorFlow of its time, for benchmarks/device; not for Python 3.12 and later.
.venv-opennmt/ready:
	@echo "Setting up .venv-opennmt (its TensorFlow is large, too) ..."
	@$(PYTHON) -m venv .venv-opennmt
	@.venv-opennmt/bin/pip install --quiet --disable-pip-version-check \
	  'setuptools<70' 'OpenNMT-tf[tensorflow]==2.32.0'
	@touch $@

# The checkers that benchmarks/autocorrect compares with. JamSpell's source asks for SWIG 3, and for a
# locale that most machines lack; it works with later ones and with C.UTF-8.
.venv-peers/ready:
	@for tool in aspell hunspell swig g++; do command -v $$tool >/dev/null || { \
	  echo "$$tool is missing: apt-get install aspell aspell-en hunspell hunspell-en-us swig g++" >&2; \
	  exit 1; }; done
	@echo "Setting up .venv-peers ..."
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/pip install --quiet --disable-pip-version-check \
	  'autocorrect==2.6.1' 'pyspellchecker==0.9.1' 'symspellpy>=6.10,<6.11' setuptools
	@rm -rf build/jamspell && mkdir -p build/jamspell
	@.venv-peers/bin/pip download --quiet --disable-pip-version-check --no-deps \
	  --no-binary :all: --dest build/jamspell 'jamspell==0.0.12'
	@cd build/jamspell && tar -xzf jamspell-0.0.12.tar.gz
	@sed -i '/SWIG Version 3/d' build/jamspell/jamspell-0.0.12/setup.py
	@sed -i 's/en_US\.[Uu][Tt][Ff]-8/C.UTF-8/' build/jamspell/jamspell-0.0.12/jamspell/utils.cpp
	@.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-cache-dir \
	  ./build/jamspell/jamspell-0.0.12
	@touch $@
