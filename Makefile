# make demo   the program on an in-process cluster, in its own virtual environment
# make test   all tests, the same environment
# make soak   the long runs among them, whole
# make check  ruff, mypy --strict, import-linter, the numbers of hack/structure
# make coverage   the pure modules (tool.coverage in pyproject.toml), to the last line
# make docs-check   words, names and commands of the docs
# make screenshots   docs/pictures, from the demo
# make docs   the tables of options in docs/configuration.md, and docs/command.md
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
WORKERS ?= auto

.PHONY: demo test soak check coverage docs docs-check screenshots bench controlplane clients wheel lock release-bundles sbom release clean python apiserver-certs

demo: $(VENV)/installed
	exec $(BIN)/twistd -n --pidfile= promoter-view --demo $(OPTIONS)

test: $(VENV)/installed-dev
	@command -v go >/dev/null || echo "Go is not here: tests against a real kube-apiserver are skipped"
	@if command -v go >/dev/null; then tests/controlplane/build.sh; tests/helm/build.sh; fi
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST)

soak: $(VENV)/installed-dev
	@if command -v go >/dev/null; then tests/controlplane/build.sh; fi
	PROMOTER_VIEW_SOAK=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m soak -s $(PYTEST)

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m hack.structure

# The folders and files whose tests are those of pure modules: no server, no process, half a minute.
PURE_TESTS = tests/api/test_event_hints.py tests/api/test_event_pages.py tests/reading/test_looks.py tests/api/test_warnings.py tests/test_contacts.py tests/test_decoded.py tests/test_durations.py tests/test_records.py tests/test_urls.py tests/kubernetes/test_scanning.py tests/kubernetes/test_selectors.py tests/kubernetes/test_paths.py \
	tests/kubernetes/test_cleaning.py tests/kubernetes/test_application_cleaning.py tests/kubernetes/test_kargo_cleaning.py \
	tests/kubernetes/test_documents.py tests/kubernetes/test_openapi.py tests/kubernetes/undeclared tests/views/test_undeclared.py \
	tests/kubernetes/client/test_framing.py \
	tests/kubernetes/client/test_backoff.py tests/kubernetes/reflecting/test_core.py tests/reading/test_feed.py tests/reading/commits tests/dashboard/commits tests/dashboard/journal/test_page.py tests/dashboard/journal/test_requests.py tests/dashboard/journal/test_windows.py \
	tests/reading/test_selection.py tests/reading/test_tokens.py tests/reading/test_wire.py tests/web/test_deflate.py \
	tests/log/test_offsets.py tests/measures tests/stages tests/promotions/test_engine.py tests/promotions/test_merge_patch.py \
	tests/promotions/automatic tests/promotions/state tests/promotions/steps tests/promotions/telling tests/promotions/expressions tests/promotions/test_expressions.py \
	tests/promotions/test_values.py tests/log/etcd/test_core.py tests/log/etcd/test_progress.py tests/views/test_ages.py \
	tests/views/test_fields.py tests/views/test_history.py tests/views/test_member_mask.py tests/views/joining \
	tests/views/promotion_strategy tests/views/stage tests/reading/test_sighted.py tests/dashboard/streams tests/dashboard/stages tests/dashboard/strategies tests/dashboard/pictures tests/dashboard/past \
	tests/journal/deriving tests/journal/etcd/test_layout.py tests/journal/etcd/test_transactions.py tests/journal/serving tests/journal/sqlite tests/journal/test_completing.py tests/journal/test_entries.py \
	tests/test_moments.py tests/reading/past tests/journal/test_places.py tests/journal/test_resuming.py tests/journal/shared/test_head.py tests/journal/postgresql/test_address.py \
	tests/dashboard/notifications tests/notifications/delivery/test_absences.py tests/notifications/delivery/test_answers.py tests/notifications/delivery/test_standing.py tests/notifications/delivery/test_telling.py \
	tests/notifications/file tests/notifications/formats \
	tests/notifications/test_addresses.py tests/notifications/test_digests.py tests/notifications/test_filters.py \
	tests/notifications/test_signatures.py tests/notifications/test_documented.py tests/notifications/templating/test_rendering.py \
	tests/command/asking tests/command/checking tests/command/deciding \
	tests/command/reading tests/command/telling tests/journal/figures tests/dashboard/journal/test_figures.py tests/views/test_commits.py tests/dashboard/test_search.py tests/api/format tests/api/test_watching.py

coverage: $(VENV)/installed-dev
	$(BIN)/coverage run -m pytest -q -p no:cacheprovider $(PURE_TESTS)
	$(BIN)/coverage report

# The tables of options and the page of commands, from where they are declared.
docs: $(VENV)/installed
	@$(BIN)/python hack/options_tables.py

# The commands on the pages: which run here and which do not, and runs them.
docs-check: $(VENV)/installed-dev
	@$(BIN)/python -m tests.support.docs.commands
	@if command -v go >/dev/null; then tests/controlplane/build.sh >/dev/null; tests/helm/build.sh >/dev/null; fi
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/docs tests/controlplane/test_documented.py \
		tests/controlplane/test_documented_installations.py tests/e2e/test_documented_scripts.py tests/browser/test_pictures.py

# docs/pictures: each page of a demo that stands still, light and dark; needs Chromium.
screenshots: $(VENV)/installed-dev
	@$(BIN)/python -m hack.screenshots

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks $(OPTIONS)

controlplane:
	@tests/controlplane/build.sh

# Makes or rotates the serving certificate of an installation, and what the cluster verifies it by.
apiserver-certs:
	@hack/gen-apiserver-certs.sh

wheel: $(VENV)/installed-dev
	$(BIN)/python -m build --wheel --outdir dist .

# The Python client, for the one test that needs it.
clients: $(VENV)/installed-dev
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-clients.txt

# Pins every dependency with its hashes, for every platform, and what builds the wheel in the image; needs uv (pip install uv).
lock:
	for extra in "" dev clients; do \
		uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
			--python-version 3.11 --extra postgresql $${extra:+--extra $$extra} setup.cfg -o requirements$${extra:+-$$extra}.txt; \
	done
	echo "setuptools >= 84" | uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--no-annotate --python-version 3.11 - -o requirements-image.txt

# dist/install-*.yaml. VERSION=v0.2.0 CONTROLLER_MANIFEST=FILE; CONTROLLER_SHA256=, IMAGE=, IMAGE_DIGEST=sha256:..., KUBECTL=
release-bundles: $(VENV)/installed
	@$(BIN)/python hack/release_bundles.py --version "$(VERSION)" --controller-manifest "$(CONTROLLER_MANIFEST)" \
		--controller-sha256 "$(CONTROLLER_SHA256)" --image "$(or $(IMAGE),promoter-view)" \
		--image-digest "$(IMAGE_DIGEST)" --kubectl "$(or $(KUBECTL),kubectl)"

# dist/promoter-view.cdx.json: what the image holds beside Python, as CycloneDX.
sbom: $(VENV)/installed
	@$(BIN)/python hack/sbom.py requirements.txt dist/promoter-view.cdx.json

# dist/VERSION: sdist, wheel, chart, bill of materials, bundles (with CONTROLLER_MANIFEST=FILE) and SHA256SUMS, all checked.
# VERSION=v0.2.0; the rest as release-bundles has it. Times in the archives are the commit's.
RELEASE = dist/$(VERSION)
release: $(VENV)/installed-dev
	@test -n "$(VERSION)" || { echo "VERSION is missing: make release VERSION=v0.2.0" >&2; exit 2; }
	@rm -rf "$(RELEASE)" && mkdir -p "$(RELEASE)"
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir "$(RELEASE)" .
	@$(BIN)/python hack/sbom.py requirements.txt "$(RELEASE)/promoter-view.cdx.json"
	@test -z "$(CONTROLLER_MANIFEST)" || $(BIN)/python hack/release_bundles.py --version "$(VERSION)" \
		--controller-manifest "$(CONTROLLER_MANIFEST)" --controller-sha256 "$(CONTROLLER_SHA256)" \
		--image "$(or $(IMAGE),promoter-view)" --image-digest "$(IMAGE_DIGEST)" --kubectl "$(or $(KUBECTL),kubectl)" \
		--output "$(RELEASE)"
	@$(BIN)/python hack/release.py "$(RELEASE)" --version "$(VERSION)"

clean:
	rm -rf $(VENV) build dist *.egg-info promoter-view-demo

python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not here: install Python 3.11 or newer (Debian: apt-get install python3), or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) --version 2>&1): Python 3.11 or newer is needed; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }

$(VENV)/installed: requirements.txt setup.cfg | python
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --config-settings editable_mode=compat -e .
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
