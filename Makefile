# make run    everything on this machine: broker, worker, timetable, web server. PORT, HOST and DATA_DIR are honoured
# make test   every check that this machine can do, and a list of what it could not do
# make lint   style, types and layers only
# make lock   compile the pinned packages anew after a change of a requirements*.in

# Unless PYTHON says which: the first that runs and is new enough. Only tried while there is no environment yet.
PYTHONS = python3 python3.13 python3.12 python3.11 python
VENV ?= .venv

.PHONY: run test lint lock packages packages-dev
.DEFAULT_GOAL := run

# An empty value given on the command line means «the default».
export PORT HOST DATA_DIR

run: packages
	@exec $(VENV)/bin/python -m lims.supervisor

test: packages-dev
	@exec $(VENV)/bin/python tests/run.py

lint: packages-dev
	@exec $(VENV)/bin/python tests/run.py --only ruff --only format --only mypy --only layers --only migrations

lock: packages-dev
	$(VENV)/bin/pip-compile $(LOCK) --output-file requirements.txt requirements.in
	$(VENV)/bin/pip-compile $(LOCK) --output-file requirements-dev.txt requirements-dev.in

LOCK = --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# The lock that was installed is kept beside the packages: equal means nothing to do.
packages: $(VENV)/bin/python
	@cmp -s requirements.txt $(VENV)/installed.txt || { \
		echo "Installing the packages; this takes a minute."; \
		$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt \
		&& cp requirements.txt $(VENV)/installed.txt; }

packages-dev: packages
	@cmp -s requirements-dev.txt $(VENV)/installed-dev.txt || { \
		echo "Installing the packages for tests."; \
		$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt \
		&& cp requirements-dev.txt $(VENV)/installed-dev.txt; }

$(VENV)/bin/python:
	@for python in $(or $(PYTHON),$(PYTHONS)); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "Making a virtual environment in $(VENV) with $$($$python --version)."; \
		$$python -m venv $(VENV) && exit 0; \
		rm -rf $(VENV); \
		echo "No virtual environment could be made. On Debian: apt-get install python3-venv"; exit 1; \
	done; \
	echo "Python 3.11 or newer was not found. Install it, or say where it is: make PYTHON=/path/to/python"; exit 1
