#!/usr/bin/env python3
"""Writes down what the scripts print with nfstream 6.6.0: `expected/`. No test runs this.

    record.py PYTHON [SCRIPT...]        a Python that has nfstream 6.6.0

What nfstream 6.6.0 cannot print, such as what its first versions did, is written by hand (`by hand: ...` in the script), and left
alone.
"""

import subprocess
import sys

from cases import EXPECTED, NO_LIBPCAP, asked, cases, run

VERSION = "6.6.0"


def main() -> int:
    python, names = asked(__doc__ or "")
    ask = "import importlib.metadata; print(importlib.metadata.version('nfstream'))"
    version = subprocess.run([python, "-c", ask], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    if version != VERSION:
        raise SystemExit(f"{python} has nfstream {version}, not {VERSION}")
    EXPECTED.mkdir(exist_ok=True)
    for case in cases(names):
        if case.by_hand:
            continue
        # nfstream brings a libpcap of its own.
        if case.missing and case.missing != NO_LIBPCAP:
            raise SystemExit(f"{case.name}: {case.missing}")
        ending = run(case, python)
        if not ending.is_regular:
            raise SystemExit(f"{case.name}: {ending.output.splitlines()[-1]}\n{ending.errors}")
        if not case.expected.exists() or case.expected.read_text(encoding="utf-8") != ending.output:
            print("changed:", case.name)
            case.expected.write_text(ending.output, encoding="utf-8")
    known = {case.expected.name for case in cases()}
    for file in EXPECTED.glob("*.txt"):
        if file.name not in known:
            print("nothing makes this any more:", file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
