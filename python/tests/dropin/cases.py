"""Which script runs with which captures, and how one run is made: what `run.py` and `record.py` have in common."""

from __future__ import annotations

import ast
import ctypes
import ctypes.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
SCRIPTS = FOLDER / "scripts"
EXPECTED = FOLDER / "expected"
TESTDATA = FOLDER.parents[2] / "testdata"
CORPUS = Path(os.environ.get("NFSTREAM_CORPUS") or FOLDER.parents[3] / "shared" / "corpus") / "pcap"

NO_LIBPCAP = "libpcap is not there"

#: A script that takes longer than this hangs.
LONGEST_SECONDS = 300


class Case(NamedTuple):
    """A script and the captures that one run of it gets."""

    script: Path
    captures: tuple[Path, ...]
    by_hand: bool
    needs: frozenset[str]

    @property
    def name(self) -> str:
        return "@".join([self.script.stem, *(capture.name for capture in self.captures)])

    @property
    def expected(self) -> Path:
        return EXPECTED / f"{self.name}.txt"

    @property
    def missing(self) -> str:
        """Why this cannot run here; nothing if it can."""
        for capture in self.captures:
            if not capture.is_file():
                return f"{capture} is not there; NFSTREAM_CORPUS names another folder"
        if "libpcap" in self.needs and not has_libpcap():
            return NO_LIBPCAP
        if "root" in self.needs and os.geteuid() != 0:
            return "not root"
        return ""


class Ending(NamedTuple):
    """What a run printed, and how it ended."""

    output: str
    errors: str
    is_regular: bool


def cases(names: list[str] | None = None) -> list[Case]:
    """Those of the scripts with these names, or of all.

    The description of a script says with which captures it runs, one run to a line: `capture: web.pcap`,
    `capture: corpus/skype.pcap`, `capture: dns.pcap web.pcap` (both at once). `by hand: ...` says why nfstream 6.6.0 cannot give what
    is expected, `needs: libpcap root` what it is skipped without.
    """
    found = []
    for script in sorted(SCRIPTS.glob("*.py")):
        if names and script.stem not in names:
            continue
        description = (ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or "").splitlines()
        by_hand = any(line.startswith("by hand: ") for line in description)
        runs = [line.removeprefix("capture: ").split() for line in description if line.startswith("capture: ")]
        if not runs:
            raise SystemExit(f"{script}: no line `capture: ...` in its description")
        needs = frozenset(
            need for line in description if line.startswith("needs: ") for need in line.removeprefix("needs: ").split()
        )
        found += [Case(script, tuple(map(_path, run)), by_hand, needs) for run in runs]
    if unknown := set(names or ()) - {case.script.stem for case in found}:
        raise SystemExit(f"no script {', '.join(sorted(unknown))} in {SCRIPTS}")
    return found


def _path(capture: str) -> Path:
    return CORPUS / capture.removeprefix("corpus/") if capture.startswith("corpus/") else TESTDATA / capture


def has_libpcap() -> bool:
    for name in ("libpcap.so.1", "libpcap.so.0.8", ctypes.util.find_library("pcap")):
        try:
            if name:
                ctypes.CDLL(name)
                return True
        except OSError:
            pass
    return False


def run(case: Case, python: str) -> Ending:
    """One run, in an empty folder that has copies of the captures; what was installed counts, not where this is."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "NFSTREAM_PROFILE": "nfstream"}
    with tempfile.TemporaryDirectory() as folder:
        for capture in case.captures:
            shutil.copyfile(capture, Path(folder, capture.name))
        shutil.copyfile(case.script, Path(folder, "script.py"))
        command = [python, "script.py", *(capture.name for capture in case.captures)]
        # A group of its own: nfstream's processes have to end with the one that started them.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            output, errors = process.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            output += f"no end after {LONGEST_SECONDS} s\n"
    status = f"exit status {process.returncode}\n" if process.returncode else ""
    return Ending(output + status, errors, not status)


def asked(page: str) -> tuple[str, list[str]]:
    """The Python and the scripts that the command line names; without a Python the page is shown, and that is all."""
    python, *names = sys.argv[1:] or ["-h"]
    if python in ("-h", "--help"):
        print(page)
        raise SystemExit
    return os.path.abspath(python) if os.sep in python else python, names
