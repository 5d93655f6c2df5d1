PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
READY := $(VENV)/.ready
BIN := $(abspath $(VENV))/bin
INSTALL = "$(BIN)/python" -m pip install --quiet --no-deps --no-build-isolation
TOOLS := build/tools
PROFILE ?= quick
SWEEP ?= learning_rate
NOTEBOOKS ?= notebooks/*.ipynb
export PATH := $(BIN):$(PATH)
# Waiting threads release their core instead of spinning: three times as fast on a busy laptop.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: run test test-all sweep lab refresh course site drift lint check lock audit bench
run: $(READY)
	status=0; \
	snakemake --snakefile workflow/Snakefile --cores all --keep-going --rerun-incomplete --nolock \
	  --quiet rules host --config profile=$(PROFILE) $(CONFIG) || status=$$?; \
	python workflow/summary.py && exit $$status

# Several workers of one thread each: a notebook leaves a second thread idle half of the time.
# test: what a pull request needs, the saved outputs of all notebooks included. test-all: also the tests
# that take minutes: notebooks on users' data, the course and the site, sudden ends at many moments.
test: CHOICE := -m "not slow"
test test-all: $(READY)
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

# Executes the notebooks in place and keeps their outputs, which are committed.
refresh: $(READY)
	python workflow/published.py
	jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.timeout=-1 \
	  --ExecutePreprocessor.record_timing=False --ClearMetadataPreprocessor.enabled=True \
	  --ClearMetadataPreprocessor.preserve_cell_metadata_mask=tags \
	  --ClearMetadataPreprocessor.preserve_cell_metadata_mask=slideshow \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask=kernelspec \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask=language_info \
	  $(NOTEBOOKS)
	ruff format notebooks
	python workflow/figures.py

# A web site of all executed notebooks, with search, in build/site: a plain folder, offline.
site: $(READY)
	python course/build_site.py

# What a teacher hands out, in build/course: notebooks with and without solutions, slides, quizzes.
course: $(READY)
	python course/build_course.py

# Deprecation warnings are errors. Results have their own folder, so all notebooks are executed.
drift: export COURSE_RUNS := runs/drift
drift: $(READY)
	rm -rf $(COURSE_RUNS)
	$(MAKE) run CONFIG=strict=1

# Speed, memory, limits: an hour on a quiet machine. BENCH="training limit" runs only these.
bench: $(READY)
	python tests/benchmarks/bench.py $(BENCH)

lint: $(READY)
	ruff check .
	ruff format --check .

check: $(READY)
	python -m shared

# After a change in pyproject.toml. OPTIONS=--upgrade: the newest version of what it leaves open.
lock: $(READY) $(TOOLS)/.ready
	PATH="$(abspath $(TOOLS))/bin:$(PATH)" "$(BIN)/python" workflow/lock.py $(OPTIONS)

audit: $(READY) $(TOOLS)/.ready
	python workflow/audit.py

# The stamp is written last, so an interrupted installation is repeated. Only files whose hash is in
# requirements/ are downloaded.
$(READY): pyproject.toml $(wildcard requirements/*.txt) workflow/ipython_kernel_config.py
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "PYTHON = $(PYTHON): expected Python 3.11. Install it, or use make PYTHON=/path/to/python3.11"; \
	  exit 1; } >&2
	"$(PYTHON)" -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/build.txt
	$(INSTALL) --require-hashes -r requirements/core.txt
	"$(BIN)/python" workflow/install_torch.py
	$(INSTALL) -e .
	mkdir -p $(VENV)/etc/ipython
	cp workflow/ipython_kernel_config.py $(VENV)/etc/ipython
	touch $@

$(TOOLS)/.ready: requirements/tools.txt
	"$(PYTHON)" -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/tools.txt
	touch $@
