"""``python -m nfstream``: the command that came with this package."""

import os
import signal
import sys
import sysconfig
from pathlib import Path


def _command() -> Path:
    """Where an installer has put the command, seen from where it has put this package."""
    packages = Path(__file__).resolve().parent.parent
    folders = [packages / "bin"]  # `pip install --target`
    if packages.parent.name.startswith("python"):
        folders.append(packages.parents[2] / "bin")  # lib/python3.12/site-packages
    folders.append(Path(sysconfig.get_path("scripts")))
    for folder in folders:
        if os.access(folder / "nfstream", os.X_OK):
            return folder / "nfstream"
    looked = ", ".join(map(str, folders))
    sys.exit(f"nfstream: the command is not where nfstream-rs has put it ({looked}): pip install --force-reinstall nfstream-rs")


def _main() -> None:
    command = _command()
    # Python ignores these, and a process that takes its place would, too.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execv(command, ["nfstream", *sys.argv[1:]])


if __name__ == "__main__":
    _main()
