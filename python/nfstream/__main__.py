"""``python -m nfstream``: the command that came with this package."""

import os
import signal
import sys
import sysconfig
from pathlib import Path


def _command() -> Path:
    """The place where an installer has put the command, relative to the place of this package."""
    packages = Path(__file__).resolve().parent.parent
    folders = [packages / "bin"]  # `pip install --target`
    if packages.parent.name.startswith("python"):
        folders.append(packages.parents[2] / "bin")  # lib/python3.12/site-packages
    folders.append(Path(sysconfig.get_path("scripts")))
    for folder in folders:
        if os.access(folder / "nfstream", os.X_OK):
            return folder / "nfstream"
    looked = ", ".join(map(str, folders))
    sys.exit(f"nfstream: the command is not where nfstream-rs installed it ({looked}): run pip install --force-reinstall nfstream-rs")


def _become_the_command() -> None:
    command = _command()
    # Python ignores these signals, and a process that replaces it would ignore them, too.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execv(command, ["nfstream", *sys.argv[1:]])


if __name__ == "__main__":
    _become_the_command()
