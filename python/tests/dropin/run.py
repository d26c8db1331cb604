#!/usr/bin/env python3
"""Runs scripts in the way of public code with the nfstream of a Python, and compares what they print with what nfstream 6.6.0 gave.

    run.py PYTHON [SCRIPT...]

Nothing but the package has to be installed there. Exit status 1 when something differs, with the lines.
"""

import difflib
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from cases import Case, asked, cases, run
from differences import DIFFERENCES


def expected(case: Case) -> str:
    """What the script has to print: what nfstream printed, but for lines that differ on purpose."""
    ours = {theirs: ours for theirs, ours, _why in DIFFERENCES.get(case.script.stem, ())}
    lines = case.expected.read_text(encoding="utf-8").splitlines()
    return "".join(f"{ours.get(line, line)}\n" for line in lines)


def unused_differences() -> list[str]:
    """Lines of `differences.py` that nfstream does not print any more."""
    printed = {name: "".join(f"\n{line}" for line in _printed(name)) + "\n" for name in DIFFERENCES}
    return [theirs for name, lines in DIFFERENCES.items() for theirs, _, _ in lines if f"\n{theirs}\n" not in printed[name]]


def _printed(name: str) -> list[str]:
    return [line for case in cases([name]) for line in case.expected.read_text(encoding="utf-8").splitlines()]


def difference(case: Case, python: str) -> str:
    """What a run printed otherwise; nothing if it is all the same."""
    wanted, ending = expected(case), run(case, python)
    if wanted == ending.output:
        return ""
    lines = difflib.unified_diff(wanted.splitlines(), ending.output.splitlines(), "expected", "printed", lineterm="")
    return "\n".join([f"== {case.name}", *lines, *(["-- standard error", ending.errors.rstrip()] if ending.errors else [])])


def main() -> int:
    python, names = asked(__doc__ or "")
    there, left_out = [], []
    for case in cases(names):
        (left_out if case.missing else there).append(case)
    with ThreadPoolExecutor(os.cpu_count()) as runs:
        differences = [text for text in runs.map(lambda case: difference(case, python), there) if text]
    for text in differences:
        print(text, end="\n\n")
    for case in left_out:
        print(f"skipped {case.name}: {case.missing}")
    print(f"{len(there) - len(differences)} of {len(there)} runs print what they should")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
