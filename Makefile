# make demo · make test · make lint · make bench · make claims; each sets up what it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
DEMO := build/demo
MODEL := $(DEMO)/model.tflite
TYPED := recieve definately occured seperate wierd accomodate begining untill \
         goverment tommorow correct neccessary

.PHONY: demo test lint bench claims format clean
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

test: .venv/ready .venv-litert/ready .venv-tflite-runtime/ready
	@$(BIN)/python -m pytest -n auto --dist worksteal

lint: .venv/ready
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@# export/ is installed as s2s_keras.export: links show mypy that layout.
	@rm -rf build/typecheck && mkdir -p build/typecheck
	@cp -rs "$(CURDIR)/s2s_keras" build/typecheck/ && ln -s "$(CURDIR)/export" build/typecheck/s2s_keras/export
	@cd build/typecheck && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p s2s_keras

format: .venv/ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(MODEL)
	@$(BIN)/python benchmarks/misspellings.py $(DEMO)/run --out build/bench

# An hour and a half on 2 cores; two more claims with MULTI30K=folder. Goes on where it stopped.
claims: .venv/ready
	@for claim in length scores reversal sampling recurrent_against_transformer; do \
	  $(BIN)/python -m benchmarks.claims.$$claim --out build/claims || exit 1; done
	@if [ -n "$(MULTI30K)" ]; then for claim in beam alignment; do \
	  $(BIN)/python -m benchmarks.claims.$$claim --multi30k $(MULTI30K) --out build/claims || exit 1; \
	  done; fi
	@$(BIN)/python -m benchmarks.claims.report

clean:
	rm -rf build dist .venv .venv-litert .venv-tflite-runtime

# Training and development.
.venv/ready: pyproject.toml
	@echo "Setting up .venv (TensorFlow is large; this takes a few minutes) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train,dev]'
	@touch $@

# The device side, without TensorFlow: once with each interpreter.
.venv-litert/ready: pyproject.toml
	@echo "Setting up .venv-litert ..."
	@$(PYTHON) -m venv .venv-litert
	@.venv-litert/bin/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv-tflite-runtime/ready: pyproject.toml
	@echo "Setting up .venv-tflite-runtime ..."
	@$(PYTHON) -m venv .venv-tflite-runtime
	@.venv-tflite-runtime/bin/pip install --quiet --disable-pip-version-check --editable '.[tflite-runtime]'
	@touch $@
