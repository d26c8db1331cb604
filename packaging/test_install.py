"""`make`: what it installs and removes, what it asks for, what it shows while it builds: `make test-install`."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from skipped import skipped

REPOSITORY = Path(__file__).resolve().parents[1]

#: What is installed below PREFIX, beside a page of the manual for each subcommand.
INSTALLED = {
    "bin/nfstream",
    "lib/systemd/system/nfstream@.service",
    "share/bash-completion/completions/nfstream",
    "share/doc/nfstream/LICENSE-APACHE",
    "share/doc/nfstream/LICENSE-MIT",
    "share/doc/nfstream/THIRD_PARTY_LICENSES",
    "share/fish/vendor_completions.d/nfstream.fish",
    "share/man/man1/nfstream.1",
    "share/zsh/site-functions/_nfstream",
}


@pytest.fixture(scope="session")
def command(pytestconfig: pytest.Config) -> Path:
    command = pytestconfig.getoption("command")
    assert command, "--command names none; make test-install does"
    return command.resolve()


def make(*arguments: str, umask: int = -1, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "SUDO"))}
    command, environment = ["make", *arguments], kept | environment
    return subprocess.run(command, cwd=REPOSITORY, env=environment, umask=umask, capture_output=True, text=True)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def manuals(command: Path) -> set[str]:
    """The pages of the subcommands, as the help lists them; that of `help` would be the same once more."""
    told = subprocess.run([command, "--help"], capture_output=True, text=True, check=True).stdout
    (listed,) = re.findall(r"^Commands:\n((?:  .*\n|\n(?=  ))+)", told, re.MULTILINE)
    names = re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)
    assert "columns" in names and "man" in names
    return {f"share/man/man1/nfstream-{name}.1" for name in names if name != "help"}


def test_what_is_installed_works_and_goes_away(command: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "pre fix"
    run = make("install", f"BINARY={command}", f"PREFIX={prefix}", umask=0o077)
    assert run.returncode == 0, run.stderr
    assert f"{prefix}/bin is not in PATH yet" in run.stdout
    assert files(prefix) == INSTALLED | manuals(command)
    for name in files(prefix):
        assert (prefix / name).stat().st_mode & 0o777 == (0o755 if name == "bin/nfstream" else 0o644), name
        assert (prefix / name).stat().st_size > 400, name
    assert (prefix / "bin/nfstream").read_bytes() == command.read_bytes()
    for license in (prefix / "share/doc/nfstream").iterdir():
        assert license.read_bytes() == (REPOSITORY / license.name).read_bytes(), license
    (start,) = re.findall(r"^ExecStart=(.*) -i ", (prefix / "lib/systemd/system/nfstream@.service").read_text(), re.MULTILINE)
    assert start == f"{prefix}/bin/nfstream"

    run = make("uninstall", f"PREFIX={prefix}")
    assert run.returncode == 0, run.stderr
    assert files(prefix) == set()
    assert not (prefix / "share/doc/nfstream").exists()


@pytest.fixture(scope="module")
def installed(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("installed")
    run = make("install", f"BINARY={command}", f"PREFIX={prefix}")
    assert run.returncode == 0, run.stderr
    return prefix


def told_by(*arguments: object) -> str:
    """What a program says; the test is skipped where there is none."""
    program = str(arguments[0])
    if not shutil.which(program):
        pytest.skip(f"{program} is missing")
    run = subprocess.run([*map(str, arguments)], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_bash_completes(installed: Path) -> None:
    script = 'source "$1"; COMP_WORDS=(nfstream --statis); COMP_CWORD=1; _nfstream nfstream --statis nfstream; echo "${COMPREPLY[*]}"'
    file = installed / "share/bash-completion/completions/nfstream"
    assert told_by("bash", "-c", script, "bash", file) == "--statistical-analysis\n"


def test_zsh_takes_the_completions(installed: Path) -> None:
    script = 'fpath=("$1" $fpath); autoload -Uz compinit && compinit -u -D && print -r -- ${_comps[nfstream]}'
    assert told_by("zsh", "-f", "-c", script, "zsh", installed / "share/zsh/site-functions") == "_nfstream\n"


def test_fish_completes(installed: Path) -> None:
    script = 'source $argv[1]; complete --do-complete "nfstream --statis"'
    told = told_by("fish", "--no-config", "-c", script, installed / "share/fish/vendor_completions.d/nfstream.fish")
    assert told.startswith("--statistical-analysis\t")


def test_the_manual_is_found(installed: Path) -> None:
    for page in ["nfstream", "nfstream-columns"]:
        told = told_by("man", "-M", installed / "share/man", page)
        if "has been minimized" in told:  # Debian's images for containers have no man.
            return skipped("packaging/test_install.py::test_the_manual_is_found", "man is missing: unminimize brings it")
        assert re.sub(r".\x08", "", told).startswith(f"{page}(1)"), told[:200]


def test_systemd_takes_the_unit(installed: Path) -> None:
    told_by("systemd-analyze", "verify", "--man=no", installed / "lib/systemd/system/nfstream@lo.service")


def test_a_package_is_made_below_destdir(command: Path, tmp_path: Path) -> None:
    run = make("install", f"BINARY={command}", "PREFIX=/usr", f"DESTDIR={tmp_path}")
    assert run.returncode == 0 and "PATH" not in run.stdout, run
    assert files(tmp_path) == {f"usr/{name}" for name in INSTALLED | manuals(command)}
    assert "ExecStart=/usr/bin/nfstream -i" in (tmp_path / "usr/lib/systemd/system/nfstream@.service").read_text()


def test_a_home_gets_no_unit(command: Path, tmp_path: Path) -> None:
    run = make("install", f"BINARY={command}", "PREFIX=~/.local", HOME=str(tmp_path))
    assert run.returncode == 0, run.stderr
    without_unit = INSTALLED - {"lib/systemd/system/nfstream@.service"}
    assert files(tmp_path / ".local") == without_unit | manuals(command)


def test_the_unit_of_the_repository_is_for_the_default_prefix() -> None:
    assert "\nExecStart=/usr/local/bin/nfstream -i" in (REPOSITORY / "packaging/nfstream@.service").read_text()
    assert "PREFIX=/usr/local " in make("help").stdout


def test_what_cannot_be_installed_is_told(command: Path) -> None:
    run = make("install", f"BINARY={command}", "PREFIX=/proc/nowhere", HOME="/home/me")
    assert run.stderr.startswith(
        "make: no permission to write to /proc/nowhere/bin; try sudo make install, or make install PREFIX=/home/me/.local\n"
    )
    run = make("install", "BINARY=/nowhere/nfstream", SUDO_UID="1000")
    assert run.stderr.startswith("make: build it first, without sudo: make\n")


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(("found", "is_enough"), [("1.9.0", False), ("1.63.0", False), ("1.90.0", True), ("1.100.1-nightly", True), ("2.0.0", True)])
def test_the_version_of_rust(found: str, is_enough: bool, tmp_path: Path) -> None:
    assert 'rust-version = "1.90"' in (REPOSITORY / "Cargo.toml").read_text()
    program(tmp_path / "bin/rustc", f"echo 'rustc {found} (0123456 2022-08-08)'")
    program(tmp_path / "bin/cargo", "echo cargo is asked >&2; exit 7")
    program(tmp_path / "bin/rustup", "exit 7")
    told = make("build", f"BINARY={tmp_path}/none", CARGO_HOME=str(tmp_path)).stderr
    if is_enough:
        assert told.startswith("cargo is asked\n")
    else:
        too_old = f"make: Rust {found} ({tmp_path}/bin/rustc) is too old: 1.90 or later is needed; get it with: rustup update stable\n"
        assert told.startswith(too_old), told


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for name in ["sh", "awk", "sed", "ldconfig", "uname", "id", "make"]:
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    told = make("build", PATH=str(tmp_path), CARGO_HOME=str(tmp_path)).stderr
    assert told.startswith("make: cargo is missing; install it with: curl "), told
    program(tmp_path / "python3", "exit 1")
    told = make("wheel", "PYTHON=python3", f"VENV={tmp_path}/venv", PATH=str(tmp_path)).stderr
    assert "python3 is older than Python 3.10; install a newer one and name it: make PYTHON=python3.12" in told


def crate(folder: Path, name: str, text: str, dependencies: str = "") -> None:
    (folder / "src").mkdir(parents=True)
    manifest = f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n{dependencies}[workspace]\n'
    (folder / "Cargo.toml").write_text(manifest)
    (folder / "src/lib.rs").write_text(text)


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [("pub fn new() {}", 0, []), ("fn old() {}", 0, ["warning: function `old` is never used"]), ("fn new( {}", 101, ["error: "])],
    ids=["right", "warned of", "wrong"],
)
def test_crates_are_counted_where_nobody_watches(text: str, status: int, told: list[str], tmp_path: Path) -> None:
    crate(tmp_path / "first", "first", "")
    crate(tmp_path / "second", "second", text, 'first.path = "../first"\n')
    progress = ["sh", str(REPOSITORY / "packaging/progress.sh"), "cargo", "build", "--offline"]
    environment = os.environ | {"CARGO_TARGET_DIR": str(tmp_path / "target")}
    run = subprocess.run(progress, cwd=tmp_path / "second", env=environment, capture_output=True, text=True)
    assert run.returncode == status, run
    assert run.stdout == ""
    assert re.search(r"^  \d+ of 2 crates$", run.stderr, re.MULTILINE), run.stderr
    assert "Compiling" not in run.stderr and "\r" not in run.stderr
    for line in told:
        assert f"\n{line}" in f"\n{run.stderr}", run.stderr
