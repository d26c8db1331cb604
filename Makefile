# nfstream: build, test, measure. `make help` lists what there is.

PYTHON ?= python3
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 20
MINUTES ?= 60
BENCH_FLAGS ?=

DENY_VERSION = 0.20.2
NEXTEST_VERSION = 0.9.128
CARGO_FUZZ_VERSION = 0.13.2

TARGET_DIR := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
BINARY = $(TARGET_DIR)/release/nfstream
SKIPPED := $(TARGET_DIR)/skipped
VENV := .venv
, := ,
SAMPLE := testdata/web.pcap

# A fresh rustup writes here, and `cargo install` does, whether or not the shell has heard of it. It comes first, as rustup has it: a
# distribution's Rust may be older.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call stop,WHY): one sentence and a stop. $(call need,PROGRAM,HOW TO GET IT) does so when the program is not there.
stop = { echo "make: $(1)" >&2; exit 1; }
need = command -v $(1) >/dev/null 2>&1 || $(call stop,$(1) is missing; install it with: $(2))
say = printf '\n== %s\n' "$(1)"
# Shows how far a command is that builds with cargo.
PROGRESS := sh packaging/progress.sh

# A binary does not tell where it was built.
REMAP = RUSTFLAGS="$(strip $(RUSTFLAGS) --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)/registry/src=crates \
	--remap-path-prefix=$(CURDIR)=nfstream)"

# Code that names its atomics through `sync` gets those of loom.
LOOM = RUSTFLAGS="$(strip $(RUSTFLAGS) --cfg loom)"
# To compile takes longer than to run: the least is done.
LOOM_FLAGS = --locked -p nfstream-capture -p nfstream --no-default-features --lib --target-dir $(TARGET_DIR)/loom \
	--config 'profile.dev.package."*".opt-level=0'

# To check the glue to Python is to ask an interpreter how it was built.
WITH_PYTHON = PYO3_PYTHON=$(CURDIR)/$(VENV)/bin/python
MATURIN = env PIP_QUIET=1 VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/maturin

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

RUST_VERSION := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
GET_RUST = curl --proto '=https' -sSf https://sh.rustup.rs | sh
NEED_CARGO = $(call need,cargo,$(GET_RUST)); $(call need,rustc,$(GET_RUST)); \
	found=$$(rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/'); \
	printf '%s\n' $(RUST_VERSION) "$$found" | sort -c -t . -k 1,1n -k 2,2n 2>/dev/null \
	|| $(call stop,Rust $$found ($$(command -v rustc)) is too old: $(RUST_VERSION) or later is needed; get it with: \
	$$(command -v rustup >/dev/null && echo 'rustup update stable' || echo "$(GET_RUST)"))
NEED_CC = $(call need,cc,apt-get install build-essential)
NEED_NEXTEST = cargo nextest --version >/dev/null 2>&1 || $(PROGRESS) cargo install --locked cargo-nextest \
	--version $(NEXTEST_VERSION) --no-default-features --features default-no-update
NEED_CXX = $(call need,c++,apt-get install build-essential)

.DEFAULT_GOAL := demo
.PHONY: demo help build test lint docs test-rust loom test-python test-wheel test-install python-dev fuzz soak examples bench python-release \
	wheel install uninstall clean

demo: build ## build the command and print the flows of a small capture (the default)
	@$(call say,nfstream $(SAMPLE))
	@$(BINARY) $(SAMPLE)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) PYTHON=$(PYTHON) FUZZ_SECONDS=$(FUZZ_SECONDS) MINUTES=$(MINUTES) BENCH_FLAGS='--quick'"

build: ## build the command, optimised
	@$(NEED_CARGO)
	@$(NEED_CC)
	@test -x $(BINARY) || echo "Building nfstream; the first time takes a few minutes."
	@$(REMAP) $(PROGRESS) cargo build --release --locked -p nfstream-cli

# One after the other, so that what went wrong comes last.
test: ## everything that has to pass: lint, docs, test-rust, loom, test-python, test-wheel, test-install, examples, fuzz
	@rm -f $(SKIPPED)
	@for target in lint docs test-rust loom test-python test-wheel test-install examples fuzz; do \
		$(MAKE) --no-print-directory TESTING=all $$target || exit; \
	done
	@$(LIST_SKIPPED)
	@$(call say,all tests passed)

# Tests that are skipped add a line to this file, with the reason.
export NFSTREAM_SKIPPED := $(SKIPPED)
START_SKIPPED = mkdir -p $(TARGET_DIR); test -n "$(TESTING)" || rm -f $(SKIPPED)
END_SKIPPED = test -n "$(TESTING)" || $(LIST_SKIPPED)
# With NFSTREAM_NO_SKIPS set to anything, that one is skipped is a failure.
LIST_SKIPPED = { if test -s $(SKIPPED); then echo "Skipped, all or in part:"; sort -u $(SKIPPED) | sed 's/^/  /'; \
	test -z "$(NFSTREAM_NO_SKIPS)" || $(call stop,tests were skipped$(,) and NFSTREAM_NO_SKIPS is set); \
	else echo "No test was skipped."; fi; }

lint: $(VENV)/ready ## formatting, clippy (warnings are errors), who imports whom, and what crates may be built in
	@$(call say,lint)
	@$(NEED_CARGO)
	@$(NEED_CC)
	@cargo deny --version >/dev/null 2>&1 || $(PROGRESS) cargo install --locked cargo-deny --version $(DENY_VERSION)
	cargo deny --locked --log-level error check bans licenses sources
	cargo fmt --all --check
	cargo xtask layers
	$(WITH_PYTHON) $(PROGRESS) cargo clippy --locked --workspace --all-targets -- -D warnings
	$(PROGRESS) cargo clippy --locked -p nfstream --no-default-features -- -D warnings
	$(PROGRESS) cargo clippy --locked -p nfstream-cli --no-default-features -- -D warnings

docs: $(VENV)/ready ## API documentation without a warning, generated pages and licences up to date
	@$(call say,docs)
	@$(NEED_CARGO)
	$(WITH_PYTHON) RUSTDOCFLAGS="-D warnings" $(PROGRESS) cargo doc --locked --workspace --lib --no-deps
	cargo xtask generate --check

test-rust: ## Rust tests: nextest, then the examples in the documentation
	@$(call say,test-rust)
	@$(NEED_CARGO)
	@$(NEED_CC)
	@$(NEED_NEXTEST)
	@$(NOTE_LIBPCAP)
	@$(NOTE_LIVE)
	@$(START_SKIPPED)
	@$(PROGRESS) cargo nextest run --locked --no-run
	cargo nextest run --locked --status-level slow
	cargo test --quiet --locked --doc
	@$(END_SKIPPED)

loom: ## models of what kernel and threads share and of the scheduler, in every order of what they do
	@$(call say,loom)
	@$(NEED_CARGO)
	@$(NEED_CC)
	@$(NEED_NEXTEST)
	@$(LOOM) $(PROGRESS) cargo nextest run $(LOOM_FLAGS) --no-run
	$(LOOM) cargo nextest run $(LOOM_FLAGS) --no-tests $(if $(filter Linux,$(shell uname)),fail,pass) loom_models

test-python: python-dev ## Python tests, and the type stub against the module
	@$(call say,test-python)
	@$(NOTE_LIBPCAP)
	@$(START_SKIPPED)
	$(VENV)/bin/python -m pytest -q -rs python/tests
	$(VENV)/bin/python -m mypy.stubtest nfstream $(if $(wildcard python/stubtest-allowlist.txt),--allowlist python/stubtest-allowlist.txt)
	@$(END_SKIPPED)

test-wheel: $(VENV)/ready ## what the wheel installs, in fresh environments that have nothing else
	@$(call say,test-wheel)
	@$(NEED_CARGO)
	@$(START_SKIPPED)
	@$(PROGRESS) $(VENV)/bin/python python/build_command.py
	@rm -rf $(TARGET_DIR)/test-wheel
	@$(PROGRESS) $(MATURIN) build --locked --strip -m python/Cargo.toml --out $(TARGET_DIR)/test-wheel
	$(VENV)/bin/python -m pytest -q -rs packaging/test_wheel.py --wheel $(TARGET_DIR)/test-wheel/*.whl
	@$(END_SKIPPED)

test-install: $(VENV)/ready ## make itself: what it installs, what it asks for
	@$(call say,test-install)
	@$(NEED_CARGO)
	@$(START_SKIPPED)
	@$(PROGRESS) cargo build --locked -p nfstream-cli
	$(VENV)/bin/python -m pytest -q -rs packaging/test_install.py --command $(TARGET_DIR)/debug/nfstream
	@$(END_SKIPPED)

examples: python-dev ## run every example, Rust and Python, on a small capture
	@$(call say,examples)
	@$(PROGRESS) cargo build --locked -p nfstream --examples
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
	@cargo fuzz --version >/dev/null 2>&1 || $(PROGRESS) cargo install --locked cargo-fuzz --version $(CARGO_FUZZ_VERSION)
	@mkdir -p $(TARGET_DIR)/fuzz
	@sh fuzz/seeds.sh
	@$(PROGRESS) cargo fuzz build --sanitizer none --fuzz-dir fuzz --target-dir $(TARGET_DIR)/fuzz
	@set -e; targets=$$(cargo fuzz list --fuzz-dir fuzz); for target in $$targets; do \
		echo "fuzzing $$target for $(FUZZ_SECONDS) s"; \
		mkdir -p fuzz/corpus/$$target; \
		log=$(TARGET_DIR)/fuzz/$$target.log; \
		cargo fuzz run --sanitizer none --fuzz-dir fuzz --target-dir $(TARGET_DIR)/fuzz $$target \
			fuzz/corpus/$$target testdata -- -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 -print_final_stats=1 \
			>$$log 2>&1 || { cat $$log; exit 1; }; \
		sed -n 's/^stat::number_of_executed_units: */  inputs tried: /p' $$log; \
	done

soak: build $(VENV)/ready ## damaged captures against the command for MINUTES, every output read back strictly
	@$(call say,soak)
	$(VENV)/bin/python fuzz/soak.py --command $(BINARY) --minutes $(MINUTES)

bench: build python-release ## measure against nfstream 6.6.0, then the micro-benchmarks; writes bench/RESULTS.md
	@$(call say,bench)
	$(VENV)/bin/python bench/compare.py --binary $(BINARY) $(BENCH_FLAGS)
	cargo bench --quiet --locked --bench '*'

wheel: $(VENV)/ready ## the Python wheel, with the command in it, into target/wheels
	@$(NEED_CARGO)
	@$(NEED_CC)
	@$(REMAP) $(PROGRESS) $(VENV)/bin/python python/build_command.py --release
	@$(REMAP) $(PROGRESS) $(MATURIN) build --release --locked -m python/Cargo.toml
	@echo "Install it with: pip install $$(ls -t $(TARGET_DIR)/wheels/nfstream_rs-*.whl | head -n 1)"

# Where the command and what belongs to it go. What was asked for with ~ reaches some shells' make as it is.
override PREFIX := $(patsubst ~%,$(HOME)%,$(PREFIX))
override PREFIX := $(if $(filter /%,$(firstword $(PREFIX))),,$(CURDIR)/)$(PREFIX)
ROOT = $(DESTDIR)$(PREFIX)
DOCUMENTS = $(ROOT)/share/doc/nfstream
MANUALS = $(ROOT)/share/man/man1
BASH_COMPLETIONS = $(ROOT)/share/bash-completion/completions
ZSH_COMPLETIONS = $(ROOT)/share/zsh/site-functions
FISH_COMPLETIONS = $(ROOT)/share/fish/vendor_completions.d
UNITS = $(ROOT)/lib/systemd/system
LICENSES := LICENSE-APACHE LICENSE-MIT THIRD_PARTY_LICENSES

# A service cannot start what lies in somebody's home.
HAS_UNIT = test "$$(uname)" = Linux && case "$(PREFIX)/" in $(HOME)/*|/home/*|/root/*) false;; esac

install: ## install the command, its manual, completions and licences below PREFIX (default /usr/local), and the unit for systemd
	@if test -n "$(SUDO_UID)"; then test -x $(BINARY) || $(call stop,build it first$(,) without sudo: make); \
	elif test "$(origin BINARY)" = file; then $(MAKE) --no-print-directory build; fi
	@umask 022; mkdir -p "$(ROOT)/bin" 2>/dev/null && test -w "$(ROOT)/bin" || $(call stop,no permission to write to $(ROOT)/bin; \
		try sudo make install$(,) or make install PREFIX=$$HOME/.local)
	@set -e; umask 022; \
	mkdir -p "$(DOCUMENTS)" "$(MANUALS)" "$(BASH_COMPLETIONS)" "$(ZSH_COMPLETIONS)" "$(FISH_COMPLETIONS)"; \
	install -m 755 $(BINARY) "$(ROOT)/bin/nfstream"; \
	install -m 644 $(LICENSES) "$(DOCUMENTS)"; \
	$(BINARY) man >"$(MANUALS)/nfstream.1"; \
	for command in $$(sed -n 's/^nfstream\\-\([a-z]*\)(1)$$/\1/p' "$(MANUALS)/nfstream.1"); do \
		$(BINARY) man $$command >"$(MANUALS)/nfstream-$$command.1"; \
	done; \
	$(BINARY) completions bash >"$(BASH_COMPLETIONS)/nfstream"; \
	$(BINARY) completions zsh >"$(ZSH_COMPLETIONS)/_nfstream"; \
	$(BINARY) completions fish >"$(FISH_COMPLETIONS)/nfstream.fish"; \
	echo "Installed $(ROOT)/bin/nfstream, its manual and licences, and completions for bash, zsh and fish."; \
	if $(HAS_UNIT); then \
		mkdir -p "$(UNITS)"; \
		sed 's|/usr/local/bin/|$(PREFIX)/bin/|' packaging/nfstream@.service >"$(UNITS)/nfstream@.service"; \
		echo "Installed $(UNITS)/nfstream@.service."; \
	fi
	@test -n "$(DESTDIR)" || case ":$$PATH:" in *:"$(ROOT)/bin":*) ;; *) \
		echo "$(ROOT)/bin is not in PATH yet: export PATH=\"$(ROOT)/bin:\$$PATH\"";; esac

uninstall: ## remove what `make install` installed below PREFIX
	rm -f "$(ROOT)/bin/nfstream" "$(MANUALS)"/nfstream.1 "$(MANUALS)"/nfstream-*.1 "$(BASH_COMPLETIONS)/nfstream" \
		"$(ZSH_COMPLETIONS)/_nfstream" "$(FISH_COMPLETIONS)/nfstream.fish" "$(UNITS)/nfstream@.service" \
		$(foreach license,$(LICENSES),"$(DOCUMENTS)/$(license)")
	@rmdir "$(DOCUMENTS)" 2>/dev/null || :

clean: ## remove everything that was built
	rm -rf $(VENV) .bench-venv fuzz/corpus fuzz/artifacts fuzz/target python/nfstream/*.so python/nfstream.data
	cargo clean --quiet

# `maturin develop` leaves the command out.
COPY_COMMAND = cp python/nfstream.data/scripts/nfstream $(VENV)/bin/nfstream

# The package in .venv. Tests take the unoptimised build, which shares what `test-rust` compiled and checks for overflow.
python-dev: $(VENV)/ready
	@$(NEED_CARGO)
	@$(PROGRESS) $(VENV)/bin/python python/build_command.py
	@$(PROGRESS) $(MATURIN) develop --locked -m python/Cargo.toml
	@$(COPY_COMMAND)

python-release: $(VENV)/ready
	@$(NEED_CARGO)
	@$(REMAP) $(PROGRESS) $(VENV)/bin/python python/build_command.py --release
	@$(REMAP) $(PROGRESS) $(MATURIN) develop --release --locked -m python/Cargo.toml
	@$(COPY_COMMAND)

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
