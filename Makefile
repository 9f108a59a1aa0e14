# Everything a person or a machine does with this project, one verb each. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo test check format lock train publish evaluate bench chaos clean

help: ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

$(VENV)/uv.stamp: requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/run.stamp: $(VENV)/uv.stamp requirements/run.txt pyproject.toml
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/run.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/run.stamp ## install what serving needs into .venv
setup-dev: $(VENV)/dev.stamp ## ... and what training and testing need

run: setup ## start the whole service on http://127.0.0.1:8000
	@$(BIN)/digitq up

demo: setup ## start it, read a real batch, show the results, stop
	@$(BIN)/digitq demo

# Training runs Keras on TensorFlow and the rest on OpenVINO, which one process cannot do both.
test: check ## pass every test
	$(BIN)/pytest -n 2 tests/contracts tests/faults tests/house tests/unit --ignore tests/unit/training
	$(BIN)/pytest tests/unit/training
	$(BIN)/pytest tests/integration tests/acceptance

check: setup-dev ## linters, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup-dev ## put the code into its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/uv.stamp ## pin every dependency anew, with hashes
	echo uv | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links - -o requirements/uv.txt
	$(COMPILE) --group dev -o requirements/dev.txt
	$(COMPILE) --group run -c requirements/dev.txt -o requirements/run.txt
	$(COMPILE) --group api --group cli --group build -c requirements/dev.txt -o requirements/api.txt
	$(COMPILE) --group worker --group build -c requirements/dev.txt -o requirements/worker.txt
	$(COMPILE) --group tensorflow -c requirements/dev.txt -o requirements/tensorflow.txt

train: setup-dev ## train the network, some hours; with CORRECTIONS="a.zip b.ndjson" teach it those and publish it
ifdef CORRECTIONS
	$(BIN)/python -m training.relearn $(CORRECTIONS) $(if $(VERSION),--version $(VERSION))
else
	$(BIN)/python -m training.shards
	for seed in 1 2; do $(BIN)/python -m training.train --run build/training/column$$seed --seed $$seed || exit; done
	$(BIN)/python -m training.train --run build/training/column3 --seed 3 --widened
	$(BIN)/python -m training.join build/training/column[123]/model.keras
endif

publish: setup-dev ## ... and make a model folder of it: make publish VERSION=1.2.0
	$(BIN)/python -m training.publish --version $(VERSION)

evaluate: setup-dev ## judge the newest published model and write docs/recognition/
	$(BIN)/python -m training.evaluate

bench: setup-dev ## how much of the recognizer's own speed the whole service reaches
	$(BIN)/python -m bench.end_to_end

chaos: setup-dev ## pull every plug of a running service, on both stacks; SEED=1 FAULTS=60
	$(BIN)/python -m bench.chaos --stack sqlite --seed $(or $(SEED),1) --faults $(or $(FAULTS),60)
	$(BIN)/python -m bench.chaos --stack postgres --seed $(or $(SEED),1) --faults $(or $(FAULTS),60)

clean: ## remove the environment and caches; the data folder stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
