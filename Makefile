# `make help` lists what can be made. Everything is installed into .venv and built into _build.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
HTML := _build/html
PORT := 8000
FILES := $(BIN)/python tools/project_files.py

# The first Python on the PATH that TensorFlow has wheels for, and Beautiful Soup's parts (3.11.5).
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11, 5) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)

PINS := requirements.txt constraints.txt pyproject.toml
export JUPYTER_PLATFORM_DIRS := 1

.PHONY: help book site pdf serve lab test quick elsewhere binder rivals lint dist links refresh bench measure clean execute html check

help: ## list these commands
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

book: execute ## execute every chapter on this machine (what is unchanged is not run again), build the site
	@$(MAKE) --no-print-directory html STAGE_OPTIONS=--executed

site: $(VENV)/book.stamp ## build the site from the stored outputs, executing nothing
	@$(MAKE) --no-print-directory html

pdf: $(VENV)/test.stamp site ## build the site, then the whole book as one PDF, with Chromium
	$(BIN)/python tools/pdf.py

serve: ## serve the built site on this machine, at PORT or the next that is free
	@test -f $(HTML)/index.html || { echo 'there is no site yet: run `make book` or `make site`'; exit 1; }
	@$(BIN)/python tools/serve.py $(HTML) --port $(PORT)

lab: $(VENV)/book.stamp ## open the chapters in JupyterLab
	$(BIN)/jupyter lab --notebook-dir book

test: $(VENV)/test.stamp ## run every check and every test, and say how long each part took
	@start=$$SECONDS; $(MAKE) --no-print-directory check; echo "$$((SECONDS - start)) s: style, types and layers"
	@start=$$SECONDS; $(MAKE) --no-print-directory html; echo "$$((SECONDS - start)) s: site"
	$(BIN)/python -m pytest -n 2 --dist loadfile --nbval --nbval-current-env \
		--doctest-modules --doctest-glob='*.md' \
		README.md book/reference/idioms.md book/reference/changes-to-the-article.md \
		lrdecay $$($(FILES) '*.ipynb') tests

quick: $(VENV)/test.stamp ## run style, types, layers and the core's tests, without TensorFlow and browser, in a minute
	@$(MAKE) --no-print-directory check
	EXAMPLES=30 $(BIN)/python -m pytest -n 2 -q -m "not tensorflow and not whole" \
		tests/test_*.py tests/schedules tests/golden tests/recipes tests/theory tests/views

rivals: $(VENV)/rivals.stamp ## run what compares with PyTorch, JAX, Optax and others (in its own .venv-rivals)
	.venv-rivals/bin/python -m pytest -n 2 --dist loadfile --doctest-modules \
		lrdecay/interop lrdecay/rosetta tests/interop tests/rivals tests/test_auditing_rivals.py

elsewhere: $(VENV)/test.stamp ## run `make test` with the maths of an older processor, on busy cores
	tools/elsewhere.sh $(MAKE) --no-print-directory test

binder: $(VENV)/book.stamp ## build the environment that Binder builds, and execute a chapter in it
	$(BIN)/python tools/binder.py $(STORE)

lint: $(VENV)/test.stamp ## check style, types and layers
	@$(MAKE) --no-print-directory check

refresh: $(VENV)/book.stamp ## execute every chapter with the real MNIST and store the outputs in book/
	$(BIN)/python tools/execute.py --in-place --require-mnist --no-cache

dist: $(VENV)/test.stamp ## build what is published, a wheel and a source archive, into _build/dist
	@rm -rf _build/dist
	$(BIN)/python -m build --no-isolation --outdir _build/dist .

links: $(VENV)/book.stamp ## ask the network whether every link of the book still answers
	@$(BIN)/python tools/stage.py
	$(BIN)/jupyter-book build --builder linkcheck --path-output _build/links _build/stage

bench: $(VENV)/rivals.stamp ## measure speed beside the rivals and store the result for the book
	@mkdir -p _build
	.venv-rivals/bin/python -m pytest benchmarks --benchmark-only --benchmark-json=_build/benchmarks.json
	.venv-rivals/bin/python tools/store_benchmarks.py _build/benchmarks.json book/results/benchmarks.json

measure: $(VENV)/test.stamp ## measure the built site: weight, times, Lighthouse, axe (needs Chromium and npm)
	@test -f $(HTML)/index.html || $(MAKE) --no-print-directory html
	$(BIN)/python tools/measure_site.py

clean: ## remove what was built and installed here
	rm -rf _build $(VENV) .venv-rivals

# --- steps of the above --------------------------------------------------------------------------

execute: $(VENV)/book.stamp
	@$(BIN)/python tools/execute.py

# Always built afresh: Sphinx repeats no warning for a page that it does not read again.
html:
	@$(BIN)/python tools/stage.py $(STAGE_OPTIONS)
	@rm -rf $(HTML) _build/.doctrees
	@$(BIN)/jupyter-book build -W -n --keep-going --quiet --path-output . _build/stage >_build/build.log \
		|| { cat _build/build.log; exit 1; }
	@echo "The site is built. Open it with your browser: file://$(abspath $(HTML))/index.html"

check:
	$(BIN)/ruff check $$($(FILES) '*.py' '*.ipynb')
	$(BIN)/ruff format --check $$($(FILES) '*.py' '*.ipynb')
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

$(VENV)/rivals.stamp: requirements-test.txt $(PINS) | $(BIN)/python
	$(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --disable-pip-version-check \
		-r requirements-test.txt -e '.[rivals]'
ifeq ($(RIVALS),newest)
	.venv-rivals/bin/python -m pip install --quiet --disable-pip-version-check --upgrade \
		keras torch torchvision jax optax transformers timm pytorch_optimizer
endif
	@touch $@

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 (from 3.11.5), 3.12 or 3.13 is needed: TensorFlow has no wheels for others'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/book.stamp: $(PINS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-test.txt $(PINS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $@ $(VENV)/book.stamp
