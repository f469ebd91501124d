# `make demo` shows escore at work; `make test` checks it. Both make the virtual environments they need.

PYTHON ?= python3
PIP = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SOURCES = $(shell find runtime labels evaluation adapt export training/escore_training monitor service integrations batch cli -type f -not -name '*.pyc')

.PHONY: demo test test-long floors lint bundle fast smoke evaluate golden load kill screenshots bench bench-batch bench-compare history gate gate-accept quality profile soak docs clean

demo: .venv-demo/.done
	.venv-demo/bin/escore run --min 10 examples/news.txt

.venv-demo/.done: pyproject.toml constraints.txt $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "escore needs Python 3.11 or newer; make demo PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv-demo
	.venv-demo/bin/python $(PIP) .
	@touch $@

# Without bytecode each of a thousand processes would compile all modules again.
test test-long: export PYTHONDONTWRITEBYTECODE =

test: lint
	.venv/bin/python -m pytest -n 2 --dist worksteal -m "not long"

test-long: .venv/.done
	.venv/bin/python -m pytest -m long

lint: .venv/.done
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

.venv/.done: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "escore needs Python 3.11 or newer; make test PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python $(PIP) --editable '.[export,train,evaluate,watch,serve,batch,test]'
	@touch $@

# The oldest and the newest versions of all that escore needs, each in an environment of its own.
floors: .venv/.done
	.venv/bin/python -m tests.dependencies floor
	.venv/bin/python -m tests.dependencies newest
	.venv/bin/python -m tests.dependencies floor spacy
	.venv/bin/python -m tests.dependencies newest spacy,presidio

# A minute of 32 clients; fifty services killed while they are being corrected; the pictures of the page.
load: .venv/.done
	ESCORE_LOAD_SECONDS=60 .venv/bin/python -m pytest tests/service/test_load.py

kill: .venv/.done
	ESCORE_KILL_ROUNDS=50 .venv/bin/python -m pytest tests/service/test_kill.py tests/service/test_review_kill.py tests/monitor/test_store.py tests/batch/test_kill.py

# Many texts, interrupts, adversarial inputs.
soak: .venv/.done
	.venv/bin/python -m pytest -s -m long tests/benchmarks/test_soak.py

screenshots: .venv/.done
	.venv/bin/python -m tests.service.screenshots

# A small training, from corpora to figures, in two minutes: training/README.md.
smoke: .venv/.done
	rm -rf .smoke && mkdir .smoke
	.venv/bin/escore train smoke --corpora training/smoke -o .smoke/checkpoint
	.venv/bin/escore export .smoke/checkpoint -o .smoke/bundle
	.venv/bin/escore evaluate .smoke/bundle training/smoke/held-out.conllu

# The bundle that ships, from its checkpoint, with the narrowest gates that it passes.
bundle: .venv/.done
	.venv/bin/escore export training/checkpoints/escore-en-7 -o runtime/escore/models/default --force --max-tokens 128 \
		--max-mean 0.9 --max-p99 8 --max-marks 0.005

# The smaller bundle that ships, from the CHECKPOINT that `escore train fast` wrote and the CORPORA that measure it. The
# checkpoint itself is not kept: training/README.md says how to make it again.
fast: .venv/.done
	@test -n "$(CHECKPOINT)" -a -n "$(CORPORA)" || { echo "make fast CHECKPOINT=DIR CORPORA=DIR"; exit 2; }
	cp training/checkpoints/escore-en-fast-7/limits.md $(CHECKPOINT)
	.venv/bin/escore export $(CHECKPOINT) -o runtime/escore/models/fast --force --max-tokens 128 \
		--max-mean 1.2 --max-p99 12 --max-marks 0.005
	.venv/bin/escore export $(CHECKPOINT) -o .fp32 --precision fp32 --max-tokens 128 --force
	.venv/bin/escore evaluate fast --corpora $(CORPORA) --against .fp32 --write fast --force-installed

# Escore beside its peers; an hour. CORPORA=DIR trains spaCy first, to compare with it too. ARGS="cold memory" measures
# these rows alone, ARGS=--quick only shows that everything runs. Without ARGS, the model's version beside the one before.
bench: .venv-bench/.done $(if $(CORPORA),.bench/spacy)
	.venv-bench/bin/python -m benchmarks speed $(ARGS)
	$(if $(ARGS),,.venv-bench/bin/python -m benchmarks history --last)

# All versions of the model side by side, with the code of each: docs/benchmarks/history.md. Ten minutes.
history: .venv-bench/.done
	.venv-bench/bin/python -m benchmarks history $(ARGS)

# How fast `escore batch` is beside the bare scorer, and what it needs: docs/how-to/score-a-corpus.md. Half an hour.
bench-batch: .venv-bench/.done
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check '.[batch,ray]'
	.venv-bench/bin/python -m benchmarks batch $(ARGS)

# This tree against the commit BASE, measured in turn; fails where it is surely slower or larger.
bench-compare: .venv-bench/.done
	@test -n "$(BASE)" || { echo "make bench-compare BASE=COMMIT: what to compare with, as git names it"; exit 2; }
	git worktree add --force --detach --quiet .bench/base $(BASE)
	.venv-bench/bin/python -m benchmarks compare .bench/base $(ARGS); code=$$?; \
		git worktree remove --force .bench/base; exit $$code

# Instructions of each stage, which no noise blurs, against those of the commit BASE, or those that were accepted last.
# `make gate-accept` accepts those of this tree.
gate: .venv/.done
	.venv/bin/python -m benchmarks gate $(if $(BASE),--base $(BASE))

gate-accept: .venv/.done
	.venv/bin/python -m benchmarks gate --accept

# How good escore is beside spaCy, a perceptron and rules: docs/quality.md. Half an hour, most of it training these.
quality: .venv-bench/.done .bench/spacy
	.venv-bench/bin/python -m benchmarks quality $(CORPORA)

.bench/spacy: | .venv-bench/.done
	@test -n "$(CORPORA)" || { echo "give CORPORA=DIR: the folder of the corpora that the default recipe names"; exit 2; }
	.venv-bench/bin/python -m benchmarks train-spacy $(CORPORA) $@

# Where the time goes: the tables of docs/background/performance.md.
profile: .venv-bench/.done
	.venv-bench/bin/python -m benchmarks profile

.venv-bench/.peers: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python $(PIP) '.[bench]'
	@touch $@

# escore as users have it: installed, with its bytecode.
.venv-bench/.done: .venv-bench/.peers $(SOURCES)
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
	@touch $@

# All figures of the bundle that ships, measured again: docs/evaluation, and figures and calibration in the bundle itself.
evaluate: .venv/.done
	@test -n "$(CORPORA)" || { echo "make evaluate CORPORA=DIR: the folder of the corpora, see docs/background/evaluation.md"; exit 2; }
	.venv/bin/escore export training/checkpoints/escore-en-7 -o .fp32 --precision fp32 --max-tokens 128 --force
	mkdir -p docs/evaluation
	.venv/bin/escore evaluate default --corpora $(CORPORA) --against .fp32 --write default --force-installed \
		--plots docs/evaluation --save docs/evaluation/figures.json > .fp32.md
	{ echo '# Figures of the model that ships'; echo; \
	  echo '[Evaluation](../background/evaluation.md) says what each figure means. The model is named below the table.'; \
	  echo; cat .fp32.md; } > docs/evaluation/figures.md
	rm .fp32.md

# The generated parts of docs/: the command line reference and the picture of a terminal.
docs: .venv/.done
	.venv/bin/python -m docs.scripts.cli_reference
	.venv/bin/python -m docs.scripts.terminal_picture

golden: .venv/.done
	.venv/bin/python -m tests.runtime.golden

clean:
	rm -rf .venv .venv-bench .venv-demo .bench .smoke .fp32 .fp32.md dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
