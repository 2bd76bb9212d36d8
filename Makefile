# Two commands matter: `make lab` opens the course, `make test` checks it. course.py does the work,
# on Windows, too: `python course.py --help`.
# A Python of your choice: make lab PYTHON=python3.12
# The build of torch (README): make lab TORCH=cuda, or TORCH=cpu, or TORCH_INDEX=<address>

PYTHON ?= python3
LESSONS ?=

.DEFAULT_GOAL := help
.PHONY: help lab test test-all notebooks bench lint doctor clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

lab: ## open JupyterLab on lesson 1
	@$(PYTHON) course.py lab

test: ## run the tests that every change must pass, in at most ten minutes
	@$(PYTHON) course.py test

test-all: ## run the tests that take long, too, as CI does every night
	@$(PYTHON) course.py test --all

notebooks: ## rebuild the notebooks from notebooks/source (LESSONS="02 04" for some)
	@$(PYTHON) course.py notebooks $(LESSONS)

bench: ## run each benchmark against its rival, an hour and a half
	@$(PYTHON) course.py bench

lint: ## check code style and types only, in seconds
	@$(PYTHON) course.py lint

doctor: ## say what is there, what is missing, and the remedy
	@$(PYTHON) course.py doctor

clean: ## delete .venv and caches
	@$(PYTHON) course.py clean
