# Two commands matter: `make run` to try Parley, `make test` to prove it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

NODE_MODULES := ui/node_modules/.package-lock.json
PAGE := ui/dist/index.html
PAGE_SOURCES := $(shell find ui/src ui/public ui/scripts ui/index.html ui/package.json ui/vite.config.ts ui/tsconfig.json -type f 2>/dev/null)

##@ Use

.PHONY: run
run: build ## build everything and start on http://127.0.0.1:8080 with the data in ./data
	bin/parley serve --data ./data

.PHONY: build
build: ui ## bin/parley, one static binary with the page inside
	@scripts/needs go
	$(GOBUILD) -o bin/parley .

.PHONY: ui
ui: $(PAGE) ## the page, into ui/dist (only if its sources changed)

.PHONY: dist
dist: ui ## archives for release, with checksums, into dist/
	@scripts/needs go
	@VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' scripts/dist

##@ Change

.PHONY: dev
dev: $(NODE_MODULES) ## start server and page; both reload when their sources change
	@scripts/needs go node
	@scripts/dev

.PHONY: fmt
fmt: $(NODE_MODULES) ## format all sources
	$$(scripts/linter) fmt
	cd ui && npm run --silent fmt

.PHONY: types
types: $(NODE_MODULES) ## the page's types from api/rest/openapi.json
	cd ui && npm run --silent types

.PHONY: golden
golden: ## rewrite what tests compare with: openapi.json, docs/settings.md, docs/dependencies.md
	go test . ./api/rest -run UpToDate -update
	scripts/dependencies > docs/dependencies.md
	@$(MAKE) types

.PHONY: bench
bench: ## Go benchmarks; bench/README.md has the others, and what was measured
	go test -run '^$$' -bench . -benchmem ./...

##@ Prove

.PHONY: test
test: ## every test: Go with -race, crashes, the page's, and end to end in Chromium with the real binary
	@scripts/needs go node gcc chromium manual volumes nginx haproxy ip clamd strace systemd-analyze
	@scripts/unsteady $(MAKE) test-go test-crash test-ui

.PHONY: test-go
test-go: ui ## the Go tests alone
	@scripts/needs go gcc nginx haproxy ip clamd volumes strace systemd-analyze
	@scripts/timed "Modules" scripts/again go list -test -deps -f '{{""}}' ./...
	@scripts/timed "Go tests" scripts/unsteady env CGO_ENABLED=1 go run ./scripts/gotest ./... -- -race -shuffle=on -timeout 60m
	@scripts/timed "Go tests of the store without its log" scripts/unsteady env PARLEY_STORE_WAL=false go run ./scripts/gotest ./store ./store/backup -- -timeout 60m

.PHONY: test-crash
test-crash: ## the crash matrix alone, with fixed seeds and one that is drawn
	@scripts/needs go gcc volumes
	@scripts/timed "Crash matrix" scripts/unsteady scripts/crash-matrix -test.timeout 60m

.PHONY: test-ui
test-ui: build ## the page's tests and the end-to-end tests alone
	@scripts/needs go node chromium manual strace
	@scripts/timed "Page tests" scripts/unsteady npm --prefix ui test
	@CHROMIUM=$$(scripts/chromium) scripts/timed "End-to-end tests" scripts/unsteady npm --prefix ui run e2e

TORTURE ?= 10m

.PHONY: torture
torture: ## the crash matrix, and live clients that come and go, each for about as long as TORTURE (10m) says, with ever new seeds
	@scripts/needs go gcc volumes nginx haproxy
	scripts/crash-matrix -torture $(TORTURE)
	go test -count=1 -timeout 0 ./api/livetest -run 'History|Idle' -history $(TORTURE) -proxy-defaults -v

FUZZ ?= 1m

.PHONY: fuzz
fuzz: ## every fuzz target in turn, each for FUZZ (1m); tests run their seeds alone
	@scripts/needs go
	scripts/fuzz $(FUZZ)

.PHONY: check
check: lint ## all that is not a test: format, lint, modules, types, generated files, assets, licences
	@scripts/timed "go.mod is tidy" scripts/check-tidy
	@scripts/timed "Types of the page" npm --prefix ui run --silent typecheck
	@scripts/timed "Types made from openapi.json" scripts/check-types
	@scripts/timed "openapi.json is valid OpenAPI 3.1" npm --prefix ui run --silent check:openapi
	@scripts/timed "Dependencies and licences" scripts/check-dependencies
	@scripts/timed "Known vulnerabilities" scripts/vulncheck
	@$(MAKE) build
	@scripts/timed "TLS, by testssl.sh" scripts/check-tls
	@scripts/timed "Assets name no foreign address" npm --prefix ui run --silent check:assets

.PHONY: lint
lint: $(NODE_MODULES) ## gofumpt, go vet, golangci-lint, biome
	@scripts/needs go node
	@scripts/timed "Go format" scripts/check-format
	@scripts/timed "go vet" go vet ./...
	@scripts/timed "golangci-lint" "$$(scripts/linter)" run
	@scripts/timed "biome" npm --prefix ui run --silent lint

# ---

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(NODE_MODULES): ui/package.json ui/package-lock.json
	@scripts/needs node
	@scripts/timed "npm ci" scripts/again npm --prefix ui ci --no-audit --no-fund
	@touch $@

$(PAGE): $(NODE_MODULES) $(PAGE_SOURCES)
	@scripts/timed "Page" npm --prefix ui run --silent build
	@touch $@
