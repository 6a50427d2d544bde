.PHONY: run test quick check lint sample format lock release bench bench-full clean

PORT ?= 8501
PYTHON_IN_VENV = .venv/bin/python

run: ## open the dashboard (PORT=8501)
	@.ci/environment runtime
	@[ -n "$$ATTUNE_DATABASE_URL" ] || [ -f data/attune.sqlite ] || $(PYTHON_IN_VENV) cli.py sample
	@$(PYTHON_IN_VENV) -c "import loop.review, loop.readouts; from streamlit.web.cli import main; main()" run serve.py --server.port $(PORT)

test: ## all tests, in Chromium too
	@.ci/environment development
	@.ci/extras $(if $(ATTUNE_DEMAND),all,browser)
	@$(PYTHON_IN_VENV) -m pytest -n auto --dist loadfile

quick: ## the mathematics and the glue, in a minute and a half
	@.ci/environment development
	@$(PYTHON_IN_VENV) -m pytest -n auto --dist loadfile -m "not browser and not slow"

check: lint test ## format, lint, types, repeated lines, secrets, tests

lint:
	@.ci/environment development
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/pyright
	@$(PYTHON_IN_VENV) .ci/repeats --most 4
	@$(PYTHON_IN_VENV) .ci/dead
	@.ci/safety

format: ## mend what can be mended
	@.ci/environment development
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

COMPILE = uv pip compile -q --universal --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11

lock: ## compile the requirements, pinned with the hash of every file
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt

VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

release: ## the committed tree as one archive, what it is made of (CycloneDX), and their checksums
	@.ci/environment development
	@mkdir -p build
	@git archive --prefix=attune-$(VERSION)/ -o build/attune-$(VERSION).tar.gz HEAD
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(PYTHON_IN_VENV) .ci/sbom build/attune-$(VERSION).cdx.json
	@cd build && sha256sum attune-$(VERSION).tar.gz attune-$(VERSION).cdx.json > attune-$(VERSION).sha256 && cat attune-$(VERSION).sha256

sample: ## write the sample company's files again
	@$(PYTHON_IN_VENV) sample_data/generate.py

BENCH_DATABASE ?= sqlite:///data/bench.sqlite
BENCH = ATTUNE_DATABASE_URL=$(BENCH_DATABASE) OMP_NUM_THREADS=1 $(PYTHON_IN_VENV) -m

bench: ## the quick benchmarks, under ten minutes on two cores
	@.ci/environment development
	@mkdir -p data && ATTUNE_DATABASE_URL=$(BENCH_DATABASE) $(PYTHON_IN_VENV) cli.py sample
	$(BENCH) bench.sessions click --heavy
	$(BENCH) bench.sessions click
	$(BENCH) bench.sessions first --runs 3
	$(BENCH) bench.sessions many --minutes 1
	$(BENCH) bench.redraw
	$(BENCH) bench.readout
	$(BENCH) bench.net_promoter --speed
	$(BENCH) bench.maturity --speed
	$(BENCH) bench.tune --speed
	$(BENCH) bench.effects --speed
	$(BENCH) bench.ingest --rows 100000
	$(BENCH) bench.warehouse --engine parquet --rows 5000000

bench-full: bench ## all benchmarks, hours; rivals that need packages of their own are in docs/benchmarks
	$(BENCH) bench.net_promoter --coverage
	$(BENCH) bench.value --companies 1000
	$(BENCH) bench.value --scenes --draws 200
	$(BENCH) bench.maturity --companies 1000
	$(BENCH) bench.tune --companies 300
	$(BENCH) bench.effects --panels 1000
	$(BENCH) bench.forecast
	$(BENCH) bench.ingest --rows 1000000 --hostile
	$(BENCH) bench.warehouse --engine parquet --rows 100000000
	$(BENCH) bench.warehouse --engine postgresql --rows 2000000
	$(BENCH) bench.warehouse --engine spark --rows 5000000
	$(BENCH) bench.sessions many --minutes 10
	$(BENCH) bench.cycles
	$(BENCH) bench.attempts
	$(BENCH) bench.reliability

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
