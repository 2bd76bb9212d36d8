# Two commands matter: `make lab` opens the course, `make test` checks it.  Both create .venv first.
# A Python of your choice: make lab PYTHON=python3.12
# PyTorch's small CPU build on Linux: make lab TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
TORCH_INDEX ?=
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help lab test notebooks bench lint clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

lab: $(INSTALLED) ## open JupyterLab on lesson 1
	@options=; [ "$$(id -u)" != 0 ] || options=--allow-root; \
	if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		echo "No display here: open the address that JupyterLab prints in a browser."; \
		options="$$options --no-browser"; \
	fi; \
	exec $(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 $$options \
		--LabApp.default_url=/lab/tree/$$(ls notebooks/01_*.ipynb)

test: $(INSTALLED) ## run everything that CI runs, about half an hour
	@$(BIN)/python tests/run.py

notebooks: $(INSTALLED) ## rebuild the notebooks from notebooks/source (LESSONS="02 04" for some)
	@$(BIN)/python -m notebooks.build $(LESSONS)

bench: $(INSTALLED) ## run each benchmark against its rival, an hour and a half
	@set -e; for file in benchmarks/*.py; do name=$${file##*/}; echo "== $$name"; \
		$(BIN)/python -m benchmarks.$${name%.py}; done

lint: $(INSTALLED) ## check code style and types only, in seconds
	@$(BIN)/python tests/run.py lint format types

clean: ## delete .venv and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

# JupyterLab's question whether to fetch news is answered, so that no student is asked, and its page
# gets our font, so that Chinese shows on every system.
SETTINGS := .venv/share/jupyter/lab/settings
define NO_NEWS
{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
endef
PAGE := $(wildcard data/fonts/*.css data/fonts/*.otf)
define PAGE_FOLDER
import jupyter_server, pathlib; print(pathlib.Path(jupyter_server.DEFAULT_STATIC_FILES_PATH, "custom"))
endef

$(INSTALLED): requirements.txt pyproject.toml helpers/ipython_config.py $(PAGE)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "The course needs Python 3.11, 3.12 or 3.13, and \`$(PYTHON)\` is not one of them."; \
		echo "Name another: make lab PYTHON=python3.12"; exit 1; }
	@echo "Installing into .venv; this takes a few minutes the first time."
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	$(BIN)/python -m pip install -r requirements.txt $(TORCH_INDEX:%=--extra-index-url %)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p $(SETTINGS) && echo '$(NO_NEWS)' > $(SETTINGS)/overrides.json
	@folder=$$($(BIN)/python -c '$(PAGE_FOLDER)') && mkdir -p "$$folder" && cp $(PAGE) "$$folder"
	@mkdir -p .venv/etc/jupyter && \
		echo '{"LabApp": {"custom_css": true}}' > .venv/etc/jupyter/jupyter_server_config.json
	@mkdir -p .venv/etc/ipython && cp helpers/ipython_config.py .venv/etc/ipython/
	@touch $@
