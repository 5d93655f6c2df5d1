# python3, if it is one of these, else the newest that is found. As a path, since below .venv comes
# first in the search for programs.
PYTHONS := 3.14 3.13 3.12 3.11
SUITABLE := import sys; sys.exit("%d.%d" % sys.version_info[:2] not in "$(PYTHONS)".split())
VERSION = $(shell { "$(1)" -V; } 2>/dev/null)
NAMED := $(PYTHON)
ifeq ($(NAMED),)
PYTHON := $(shell for name in python3 $(PYTHONS:%=python%); do \
  $$name -c '$(SUITABLE)' 2>/dev/null && command -v $$name && exit; done; echo python3)
else
override PYTHON := $(or $(shell command -v "$(NAMED)"),$(NAMED))
endif
VENV := .venv
READY := $(VENV)/.ready
BIN := $(abspath $(VENV))/bin
MADE_WITH = $(call VERSION,$(BIN)/python)
INSTALL = "$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation
TOOLS := build/tools
PROFILE ?= quick
SWEEP ?= learning_rate
NOTEBOOKS ?= notebooks/*.ipynb
export PATH := $(BIN):$(PATH)
# Waiting threads release their core instead of spinning: three times as fast on a busy laptop.
export OMP_WAIT_POLICY := PASSIVE

# Installations do not run side by side in one environment; notebooks and tests do, by other means.
.NOTPARALLEL:
.PHONY: again run measured test test-all sweep lab refresh full new test-lesson course site drift lint check lock audit bench
run: $(READY)
	status=0; \
	snakemake --snakefile workflow/Snakefile --cores all --keep-going --rerun-incomplete --nolock \
	  --quiet rules host --config profile=$(PROFILE) $(CONFIG) || status=$$?; \
	python workflow/summary.py && exit $$status

# What each notebook takes, for the READMEs: from an empty folder of results, on a quiet machine.
measured: export COURSE_RUNS := runs/measured
measured: $(VENV)/.test
	rm -rf $(COURSE_RUNS)
	$(MAKE) run
	python course/measured.py

# Several workers of one thread each: a notebook leaves a second thread idle half of the time.
# test: what a pull request needs, the saved outputs of all notebooks included. test-all: also the tests
# that take minutes: notebooks on users' data, the course and the site, sudden ends at many moments.
test: CHOICE := -m "not slow"
test test-all: $(VENV)/.test
	OMP_NUM_THREADS=1 python -m pytest $(CHOICE) --numprocesses logical --maxprocesses 4 \
	  --dist loadscope

# make sweep SWEEP=name, or a path ending in .tsv; OPTIONS, such as a --profile, go to Snakemake.
sweep: $(READY)
	python workflow/sweeps.py "$(SWEEP)" $(OPTIONS)

# For learners: figures have alternative text, no news are fetched from a network, and the menus for
# teachers are hidden; plain `jupyter lab` shows them.
lab: export JUPYTER_CONFIG_PATH := $(abspath workflow/lab)
lab: export JUPYTER_PATH := $(abspath workflow/lab)
lab: $(READY)
	jupyter lab notebooks $(OPTIONS)

# Executes the notebooks in place, keeps their outputs, and writes what is generated from them. With
# NOTEBOOKS= (none) it only does the latter.
refresh: $(VENV)/.test
	ruff format notebooks
	python course/refresh.py $(NOTEBOOKS)

# The results of the profile `full` that a notebook quotes: make full NAME=03_fine_tuning
full: $(READY)
	mkdir -p runs
	COURSE_STORE=1 papermill -p profile full "notebooks/$(NAME).ipynb" "runs/$(NAME)-full.ipynb"

# A notebook and its lesson's folder, from the template: make new NAME=13_your_question
new: $(VENV)/.test
	@python course/new.py "$(NAME)"

# What a pull request needs of one lesson, in a minute or two: make test-lesson NAME=13_your_question
test-lesson: $(VENV)/.test
	OMP_NUM_THREADS=1 python -m pytest -m "not slow or materials" -k "$(NAME) or generated" \
	  notebooks/$(NAME).ipynb tests/test_notebooks.py tests/test_exercises.py tests/test_help.py tests/test_quiz.py \
	  tests/test_course.py tests/test_generated.py

# A web site of all executed notebooks, with search, in build/site: a plain folder, offline.
site: $(VENV)/.site
	python course/build_site.py

# What a teacher hands out, in build/course: notebooks with and without solutions, slides, quizzes.
# Of one lesson only: make course NAME=02_tokenization
course: $(VENV)/.course
	python course/build_course.py $(NAME)

# Deprecation warnings are errors. Results have their own folder, so all notebooks are executed.
drift: export COURSE_RUNS := runs/drift
drift: $(READY)
	rm -rf $(COURSE_RUNS)
	$(MAKE) run CONFIG=strict=1

# Speed, memory, limits: an hour on a quiet machine. BENCH="training limit" runs only these.
bench: $(READY)
	python benchmarks/bench.py $(BENCH)

lint: $(VENV)/.lint
	ruff check .
	ruff format --check .

check: $(READY)
	python -m shared

# After a change in pyproject.toml; OPTIONS=--upgrade takes the newest versions that it allows.
# requirements/ is for pip and conda; torch-cpu.txt there is kept by hand.
EXPORT = { echo "\# Written by make lock, from uv.lock."; uv export --quiet --frozen --no-header \
  --no-annotate --no-emit-project --no-default-groups $(2); } >requirements/$(1).txt
CUDA = $$(sed -nE 's/^name = "(torch|triton|cuda-.*|nvidia-.*)"$$/--$(1)-emit-package=\1/p' uv.lock)
lock: export PATH := $(abspath $(TOOLS))/bin:$(PATH)
lock: $(TOOLS)/.ready
	uv lock --quiet $(OPTIONS)
	$(call EXPORT,core,--group engine $(call CUDA,no))
	$(call EXPORT,torch,$(call CUDA,only))
	for group in build cluster course lint site test tools; do \
	  $(call EXPORT,$$group,--only-group $$group) || exit 1; done

# A bill of materials (CycloneDX) and the licences of what is installed; known vulnerabilities. Fails
# where a licence is not accepted, a vulnerability is known, or a package could not be looked up.
LICENCES := 0BSD;Apache;BSD;BSL-1.0;CC0-1.0;CNRI-Python;ISC;MIT;MPL;Mozilla;OFL;PSF;Python Software \
  Foundation;Public Domain;Zlib
# Read by hand: their licence (MIT, BSD) is only in a file; docutils' wheel has no part under the GPL;
# genanki asks for frozendict (LGPL) and does not import it.
SEEN := axe-playwright-python conda-inject docutils frozendict snakemake-interface-common text2qti \
  $(patsubst %,snakemake-interface-%-plugins,logger report scheduler storage) transformer-course
audit: $(READY) $(TOOLS)/.ready
	$(TOOLS)/bin/cyclonedx-py environment --pyproject=pyproject.toml --output-reproducible \
	  --output-file=build/sbom.json "$(BIN)/python"
	$(TOOLS)/bin/pip-licenses --python="$(BIN)/python" --format=csv --output-file=build/licences.csv
	status=0; \
	$(TOOLS)/bin/pip-licenses --python="$(BIN)/python" --partial-match --allow-only="$(LICENCES)" \
	  --fail-on=GPL --ignore-packages $(SEEN) >/dev/null || status=1; \
	$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner=off \
	  $(patsubst %,-r requirements/%.txt,core torch test cluster) || status=1; \
	exit $$status

# Only files whose hash is in requirements/ are downloaded. A stamp is written last, so an
# interrupted installation is continued.
$(READY): pyproject.toml $(patsubst %,requirements/%.txt,build core torch torch-cpu) \
  workflow/ipython_kernel_config.py
	@"$(PYTHON)" -c '$(SUITABLE)' 2>/dev/null || { \
	  echo "PYTHON = $(PYTHON) is $(or $(call VERSION,$(PYTHON)),not there): expected Python" \
	  "$(lastword $(PYTHONS)) to $(firstword $(PYTHONS)). Install one, or use" \
	  "make PYTHON=/path/to/python"; exit 1; } >&2
	"$(PYTHON)" -m venv $(if $(subst $(call VERSION,$(PYTHON)),,$(MADE_WITH)),--clear) $(VENV)
	$(INSTALL) --require-hashes -r requirements/build.txt
	$(INSTALL) --require-hashes -r requirements/core.txt
	"$(BIN)/python" workflow/install_torch.py
	$(INSTALL) -e .
	"$(BIN)/python" -m shared.embedded
	mkdir -p $(VENV)/etc/ipython
	cp workflow/ipython_kernel_config.py $(VENV)/etc/ipython
	touch $@

# With another PYTHON than that of .venv, .venv is made again.
ifneq ($(NAMED),)
ifneq ($(call VERSION,$(PYTHON)),$(MADE_WITH))
$(READY): again
endif
endif

# What else a target needs is installed when it is first used.
$(VENV)/.%: requirements/%.txt $(READY)
	$(INSTALL) --require-hashes -r $<
	touch $@

$(TOOLS)/.ready: requirements/tools.txt
	"$(PYTHON)" -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --no-deps --require-hashes -r $<
	touch $@
