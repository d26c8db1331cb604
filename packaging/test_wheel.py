"""What the wheel installs, in environments that have nothing else: `make test-wheel`."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import venv
import zipfile
from pathlib import Path

import pytest
from skipped import skipped

REPOSITORY = Path(__file__).resolve().parents[1]
#: What is declared comes in the versions of the other tests.
CONSTRAINTS = REPOSITORY / "python" / "requirements-test.txt"
#: Those of the project, and those of what is built in.
LICENSES = ["LICENSE-APACHE", "LICENSE-MIT", "THIRD_PARTY_LICENSES"]
#: Longer than anything takes, on the busiest machine.
LONG = 300


class Environment:
    """A virtual environment, used from an empty folder, so that nothing of the source tree is imported."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "venv", with_pip=True)
        self.bin = folder / "venv" / "bin"
        self.folder = folder / "elsewhere"
        self.folder.mkdir()

    def run(self, *command: object, **more: object) -> subprocess.CompletedProcess[str]:
        # The programs of the environment are found first, as when it has been activated.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment = kept | {"PATH": f"{self.bin}:{os.environ['PATH']}", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        path = str(self.bin / str(command[0]))
        arguments = [path if os.path.exists(path) else str(command[0]), *map(str, command[1:])]
        settings = {"capture_output": True, "text": True, "timeout": LONG} | more
        return subprocess.run(arguments, cwd=self.folder, env=environment, **settings)

    def pip(self, *arguments: object) -> str:
        run = self.run("python", "-m", "pip", *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def python(self, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return self.run("python", "-c", script, *arguments)


@pytest.fixture(scope="session")
def wheel(pytestconfig: pytest.Config) -> Path:
    wheel = pytestconfig.getoption("wheel")
    assert wheel, "--wheel names none; make test-wheel does"
    return wheel.resolve()


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel and what it declares."""
    environment = Environment(tmp_path_factory.mktemp("wheel"))
    environment.pip("install", "--quiet", "--constraint", CONSTRAINTS, wheel)
    return environment


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel alone."""
    environment = Environment(tmp_path_factory.mktemp("bare"))
    environment.pip("install", "--quiet", "--no-deps", wheel)
    return environment


def test_what_is_declared(environment: Environment) -> None:
    script = (
        "import importlib.metadata, json, os, nfstream\n"
        "told = importlib.metadata.metadata('nfstream-rs')\n"
        "told = {name: told.get_all(name) for name in set(told)}\n"
        "print(json.dumps([told, nfstream.__version__, os.path.dirname(nfstream.__file__)]))\n"
    )
    told, version, place = json.loads(environment.python(script).stdout)
    assert place.startswith(str(environment.bin.parent))
    assert told["Name"] == ["nfstream-rs"] and told["Version"] == [version]
    assert told["License-Expression"] == ["MIT OR Apache-2.0"]
    assert told["License-File"] == LICENSES
    assert set(told["Provides-Extra"]) == {"onnx", "pandas", "polars", "progress", "pyarrow"}
    without_extra = [line for line in told["Requires-Dist"] if "extra" not in line]
    assert {line.split(">")[0] for line in without_extra} == {"numpy", "pandas"}
    assert told["Description-Content-Type"][0].startswith("text/markdown")
    for name in ["Classifier", "Keywords", "Project-URL", "Requires-Python", "Summary"]:
        assert told[name], name
    minor = sys.version_info.minor
    assert f"Programming Language :: Python :: 3.{minor}" in told["Classifier"]
    assert environment.pip("check").strip() == "No broken requirements found."


def test_what_is_in_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    modules = [path.relative_to(REPOSITORY / "python") for path in (REPOSITORY / "python" / "nfstream").rglob("*.py*")]
    source = {str(path) for path in modules if path.suffix in {".py", ".pyi"}}
    installed = {name for name in names if not name.startswith("nfstream_rs-")}
    assert installed == source | {"nfstream/_engine.abi3.so", "nfstream/py.typed"}
    (data,) = [name for name in names if ".data/" in name]
    assert data.endswith(".data/scripts/nfstream")
    for license in LICENSES:
        (name,) = [name for name in names if name.endswith(f".dist-info/licenses/{license}")]
        assert zipfile.ZipFile(wheel).read(name) == (REPOSITORY / license).read_bytes()


def test_what_comes_along_is_enough_for_pandas(environment: Environment, web: Path) -> None:
    script = "import sys, nfstream; print(*nfstream.NFStreamer(sys.argv[1]).to_pandas().groupby('protocol').size())"
    run = environment.python(script, web)
    assert (run.stdout, run.stderr) == ("1 5 6\n", ""), run.stderr


def test_without_what_comes_along(bare: Environment, web: Path) -> None:
    script = (
        "import sys, nfstream\n"
        "streamer = nfstream.NFStreamer(sys.argv[1])\n"
        "print(sum(1 for flow in streamer), streamer.to_csv('flows.csv'), streamer.to_parquet('flows.parquet'))\n"
        "for call in [streamer.to_pandas, streamer.to_polars, streamer.to_arrow]:\n"
        "    try:\n"
        "        call()\n"
        "    except ModuleNotFoundError as error:\n"
        "        print(error)\n"
    )
    run = bare.python(script, web)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "12 12 12",
        *[
            f"{name} is not installed: install it with pip install 'nfstream-rs[{extra}]'"
            for name, extra in [("pandas", "pandas"), ("polars", "polars"), ("pyarrow", "pyarrow")]
        ],
    ]


#: The command as it is found on the path, and by the interpreter.
COMMANDS = {"nfstream": ["nfstream"], "python -m nfstream": ["python", "-m", "nfstream"]}
every_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


@every_command
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["columns"], 0),
        (["web.pcap", "--format", "csv"], 0),
        (["--no-such-option"], 2),
        (["missing.pcap"], 2),
        ([b"\xff.pcap"], 2),
        (["man", "columns"], 0),
    ],
    ids=str,
)
def test_the_command(bare: Environment, web: Path, command: list[str], arguments: list[str | bytes], status: int) -> None:
    wanted = [str(web) if argument == "web.pcap" else os.fsdecode(argument) for argument in arguments]
    run = bare.run(*command, *wanted, text=False)
    assert run.returncode == status, run
    assert b"__main__" not in run.stdout + run.stderr
    if arguments == ["--version"]:
        assert run.stdout.startswith(b"nfstream ")
    if status:
        assert run.stderr.startswith(b"nfstream: "), run.stderr
    # One is as good as the other, but for how long it took.
    direct = bare.run("nfstream", *wanted, text=False)
    assert (run.returncode, run.stdout, run.stderr) == (direct.returncode, direct.stdout, direct.stderr)


@every_command
def test_a_reader_that_has_seen_enough(bare: Environment, command: list[str]) -> None:
    shell = f"{' '.join(command)} protocols | head -n 1; echo status ${{PIPESTATUS[0]}}"
    run = bare.run("bash", "-c", shell)
    assert run.stdout.endswith("\nstatus 0\n") and run.stderr == "", run


@every_command
def test_signals_and_the_terminal(bare: Environment, web: Path, tmp_path: Path, command: list[str]) -> None:
    """Ctrl-C on a terminal, while a FIFO is silent; and what the process does with signals until then."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(bare.folder)
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        # By this Python, or by what started it.
        for number in signal.valid_signals():
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        arguments = [*command, str(fifo), "--n-meters=1"]
        os.execv(bare.bin / command[0], [str(bare.bin / command[0]), *arguments[1:]])
    with open(fifo, "wb") as writer:
        writer.write(web.read_bytes())
        writer.flush()
        shown = read_until(terminal, b"126 packets")
        name = Path(f"/proc/{pid}/comm")
        if name.exists():
            assert name.read_text() == "nfstream\n"
            masks = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line[:3] == "Sig")
            # Of signals that are not for the C library alone, SIGPIPE is all that is ignored.
            assert int(masks["SigIgn"], 16) & 0x7FFF_FFFF == 1 << (signal.SIGPIPE - 1)
        os.write(terminal, b"\x03")
        _, status = os.waitpid(pid, 0)
    shown += read_until(terminal, None)
    assert os.waitstatus_to_exitcode(status) == 130, shown
    assert b"Traceback" not in shown and b"12 flows from 126 packets" in shown, shown


def read_until(terminal: int, wanted: bytes | None) -> bytes:
    """What is written to a terminal until something is there, or until nobody has it open any more."""
    shown, deadline = b"", time.monotonic() + LONG
    while wanted is None or wanted not in shown:
        assert time.monotonic() < deadline, shown
        if select.select([terminal], [], [], 1)[0]:
            try:
                more = os.read(terminal, 65536)
            except OSError:  # The end of a terminal.
                more = b""
            if not more:
                assert wanted is None, shown
                return shown
            shown += more
    return shown


def test_the_command_of_another_place(environment: Environment, wheel: Path, tmp_path: Path) -> None:
    """``pip install --target``."""
    environment.pip("install", "--quiet", "--no-deps", "--target", tmp_path / "place", wheel)
    script = f"import sys; sys.path.insert(0, {str(tmp_path / 'place')!r}); import nfstream.__main__ as main; print(main._command())"
    assert environment.python(script).stdout == f"{tmp_path / 'place' / 'bin' / 'nfstream'}\n"


def test_a_command_that_is_gone(wheel: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    environment.pip("install", "--quiet", "--no-deps", wheel)
    (environment.bin / "nfstream").unlink()
    run = environment.run("python", "-m", "nfstream", "--version")
    assert run.returncode == 1 and run.stderr.startswith("nfstream: the command is not where nfstream-rs installed it"), run.stderr


def test_nfstream_and_nfstream_rs_do_not_go_together(wheel: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    theirs = environment.run("python", "-m", "pip", "install", "--quiet", "nfstream==6.6.0")
    if theirs.returncode:
        pytest.skip(f"nfstream 6.6.0 cannot be installed: {theirs.stderr.strip().splitlines()[-1]}")

    def importing() -> str:
        run = environment.python("from nfstream import NFStreamer; print(NFStreamer.__module__)")
        return run.stdout if run.returncode == 0 else run.stderr

    def both() -> bool:
        told = importing()
        remove, install = told.splitlines()[-2:]
        return (
            "\nImportError: nfstream 6.6.0 and nfstream-rs are both installed in " in told
            and remove.endswith("/python -m pip uninstall --yes nfstream nfstream-rs")
            and install.endswith("/python -m pip install nfstream-rs")
        )

    assert importing() == "nfstream.streamer\n"
    environment.pip("install", "--quiet", "--no-deps", wheel)
    assert both()
    # The command needs nothing of the package.
    assert environment.run("nfstream", "--version").returncode == 0
    environment.pip("install", "--quiet", "--force-reinstall", "--no-deps", "nfstream==6.6.0")
    assert both()

    # What the message says mends it, and so does what the page says of one that was removed alone.
    environment.pip("uninstall", "--yes", "nfstream", "nfstream-rs")
    environment.pip("install", "--quiet", "--no-deps", wheel)
    assert importing() == "nfstream.streamer\n"
    environment.pip("install", "--quiet", "--no-deps", "nfstream==6.6.0")
    environment.pip("uninstall", "--yes", "nfstream")
    assert "ImportError: cannot import name 'NFStreamer'" in importing()
    environment.pip("install", "--quiet", "--force-reinstall", "--no-deps", wheel)
    assert importing() == "nfstream.streamer\n"


def test_the_source_distribution_has_all_that_the_wheel_is_made_of(tmp_path: Path) -> None:
    # As pip and build ask for it.
    backend = "import sys, build_command; build_command.build_sdist(sys.argv[1])"
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    script = [sys.executable, "-c", backend, tmp_path]
    subprocess.run(script, cwd=REPOSITORY / "python", env=environment, check=True, capture_output=True)
    (archive,) = tmp_path.glob("nfstream_rs-*.tar.gz")
    shutil.unpack_archive(archive, tmp_path)
    source = tmp_path / archive.name.removesuffix(".tar.gz")
    cargo = ["cargo", "metadata", "--locked", "--offline", "--format-version=1", "--no-deps"]
    told = json.loads(subprocess.run(cargo, cwd=source, check=True, capture_output=True).stdout)
    assert {"nfstream-cli", "nfstream-python"} <= {package["name"] for package in told["packages"]}
    assert not list(source.rglob("*.data/*"))
    assert {"build_command.py", "README.md", *LICENSES} <= {file.name for file in source.iterdir()}


def test_scripts_for_nfstream(environment: Environment) -> None:
    """Those of python/tests/dropin print what nfstream gave, with the wheel alone."""
    script = REPOSITORY / "python" / "tests" / "dropin" / "run.py"
    run = subprocess.run([sys.executable, script, environment.bin / "python"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    for line in run.stdout.splitlines():
        if line.startswith("skipped "):
            skipped(*line.removeprefix("skipped ").split(": ", 1))
