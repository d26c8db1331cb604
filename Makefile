# nfstream: build, test, measure. `make help` lists what there is.

PYTHON ?= python3
FUZZ_SECONDS ?= 20
BENCH_FLAGS ?=

NEXTEST_VERSION = 0.9.128
CARGO_FUZZ_VERSION = 0.13.2

TARGET_DIR := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
BINARY := $(TARGET_DIR)/release/nfstream
VENV := .venv
SAMPLE := testdata/web.pcap

# A fresh rustup writes here, and `cargo install` does, whether or not the shell has heard of it.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call need,PROGRAM,HOW TO GET IT): one sentence and a stop when the program is not there.
need = command -v $(1) >/dev/null 2>&1 || { echo "make: $(1) is missing; install it with: $(2)" >&2; exit 1; }
say = printf '\n== %s\n' "$(1)"

# To check the glue to Python is to ask an interpreter how it was built.
WITH_PYTHON = PYO3_PYTHON=$(CURDIR)/$(VENV)/bin/python
MATURIN = VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/maturin

# Tests that need libpcap are skipped without it: this says so, because their own word is not shown.
NOTE_LIBPCAP = ldconfig -p 2>/dev/null | grep -q 'libpcap\.so' || test "$$(uname)" = Darwin \
	|| echo "libpcap is missing: tests of packet filters are skipped; install it with: apt-get install libpcap0.8" >&2

# Tests of live capture need root and these programs, and are skipped, each for itself, without them.
LIVE_PROGRAMS := ip:iproute2 tcpreplay:tcpreplay ping:iputils-ping curl:curl dig:bind9-dnsutils iperf3:iperf3 \
	ssh:openssh-client sshd:openssh-server setpriv:util-linux
NOTE_LIVE = if test "$$(uname)" = Linux; then \
	test "$$(id -u)" = 0 || echo "not root: tests of live capture are skipped; run them with: sudo -E make test-rust" >&2; \
	packages=; for program in $(LIVE_PROGRAMS); do \
		PATH="$$PATH:/usr/sbin:/sbin" command -v $${program%:*} >/dev/null || packages="$$packages $${program\#*:}"; \
	done; \
	test -z "$$packages" || echo "tests of live capture are skipped that need other programs;" \
		"install them with: apt-get install$$packages" >&2; fi

NEED_CARGO = $(call need,cargo,curl --proto '=https' -sSf https://sh.rustup.rs | sh)
NEED_CC = $(call need,cc,apt-get install build-essential)
NEED_CXX = $(call need,c++,apt-get install build-essential)

.DEFAULT_GOAL := demo
.PHONY: demo help build test lint docs test-rust test-python python-dev fuzz examples bench python-release wheel install clean

demo: build ## build the command and print the flows of a small capture (the default)
	@$(call say,nfstream $(SAMPLE))
	@$(BINARY) $(SAMPLE)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: PYTHON=$(PYTHON) FUZZ_SECONDS=$(FUZZ_SECONDS) BENCH_FLAGS='--quick'"

build: ## build the command, optimised
	@$(NEED_CARGO)
	@$(NEED_CC)
	@test -x $(BINARY) || echo "Building nfstream; the first time takes a few minutes."
	@cargo build --quiet --release --locked -p nfstream-cli

test: lint docs test-rust test-python examples fuzz ## everything below up to `examples` and `fuzz`
	@$(call say,all tests passed)

lint: $(VENV)/ready ## formatting and clippy, warnings are errors
	@$(call say,lint)
	@$(NEED_CARGO)
	@$(NEED_CC)
	cargo fmt --all --check
	$(WITH_PYTHON) cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
	cargo clippy --quiet --locked -p nfstream --no-default-features -- -D warnings
	cargo clippy --quiet --locked -p nfstream-cli --no-default-features -- -D warnings

docs: $(VENV)/ready ## API documentation without a warning, generated pages up to date
	@$(call say,docs)
	@$(NEED_CARGO)
	$(WITH_PYTHON) RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --lib --no-deps
	cargo xtask generate --check

test-rust: ## Rust tests: nextest, then the examples in the documentation
	@$(call say,test-rust)
	@$(NEED_CARGO)
	@$(NEED_CC)
	@cargo nextest --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-nextest \
		--version $(NEXTEST_VERSION) --no-default-features --features default-no-update
	@$(NOTE_LIBPCAP)
	@$(NOTE_LIVE)
	cargo nextest run --locked --status-level slow
	cargo test --quiet --locked --doc

test-python: python-dev ## Python tests, and the type stub against the module
	@$(call say,test-python)
	@$(NOTE_LIBPCAP)
	$(VENV)/bin/python -m pytest -q python/tests
	$(VENV)/bin/python -m mypy.stubtest nfstream $(if $(wildcard python/stubtest-allowlist.txt),--allowlist python/stubtest-allowlist.txt)

examples: python-dev ## run every example, Rust and Python, on a small capture
	@$(call say,examples)
	@set -e; for example in $(wildcard crates/nfstream/examples/*.rs); do \
		name=$$(basename $$example .rs); echo "example $$name"; \
		cargo run --quiet --locked -p nfstream --example $$name -- $(SAMPLE) >/dev/null; \
	done
	@set -e; for example in $(wildcard python/examples/*.py); do \
		echo "example $$example"; $(VENV)/bin/python $$example $(SAMPLE) >/dev/null; \
	done

fuzz: ## every fuzz target for FUZZ_SECONDS
	@$(call say,fuzz)
	@$(NEED_CARGO)
	@$(NEED_CXX)
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz --version $(CARGO_FUZZ_VERSION)
	@mkdir -p $(TARGET_DIR)/fuzz
	@sh fuzz/seeds.sh
	@set -e; targets=$$(cargo fuzz list --fuzz-dir fuzz); for target in $$targets; do \
		echo "fuzzing $$target: build, then $(FUZZ_SECONDS) s"; \
		mkdir -p fuzz/corpus/$$target; \
		log=$(TARGET_DIR)/fuzz/$$target.log; \
		cargo fuzz run --sanitizer none --fuzz-dir fuzz --target-dir $(TARGET_DIR)/fuzz $$target \
			fuzz/corpus/$$target testdata -- -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 -print_final_stats=1 \
			>$$log 2>&1 || { cat $$log; exit 1; }; \
		sed -n 's/^stat::number_of_executed_units: */  inputs tried: /p' $$log; \
	done

bench: build python-release ## measure against nfstream 6.6.0, then the micro-benchmarks; writes bench/RESULTS.md
	@$(call say,bench)
	$(VENV)/bin/python bench/compare.py --binary $(BINARY) $(BENCH_FLAGS)
	cargo bench --quiet --locked --bench '*'

wheel: $(VENV)/ready ## the Python wheel, into target/wheels
	@$(NEED_CARGO)
	$(MATURIN) build --quiet --release --locked -m python/Cargo.toml

install: ## install the nfstream command into cargo's bin folder
	@$(NEED_CARGO)
	@$(NEED_CC)
	cargo install --quiet --locked --path crates/cli

clean: ## remove everything that was built
	rm -rf $(VENV) .bench-venv fuzz/corpus fuzz/artifacts fuzz/target python/nfstream/*.so
	cargo clean --quiet

# The package in .venv. Tests take the unoptimised build, which shares what `test-rust` compiled and checks for overflow.
python-dev: $(VENV)/ready
	@$(NEED_CARGO)
	@$(MATURIN) develop --quiet --locked -m python/Cargo.toml

python-release: $(VENV)/ready
	@$(NEED_CARGO)
	@$(MATURIN) develop --quiet --release --locked -m python/Cargo.toml

$(VENV)/ready: python/requirements-test.txt
	@$(call need,$(PYTHON),apt-get install python3 python3-venv)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo \
		"make: $(PYTHON) is older than Python 3.10; install a newer one and name it: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo \
		"make: $(PYTHON) cannot make virtual environments; install that with: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making .venv with what the Python tests need."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/pip install --quiet -r python/requirements-test.txt
	@touch $@
