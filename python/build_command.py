"""The build backend: maturin's, after cargo has built the command, since maturin puts a module or a command into a wheel, not both.

What it leaves in ``nfstream.data`` goes into the wheel. `make` runs this file as a program before it runs maturin itself:
``build_command.py [OPTION OF CARGO BUILD]...``.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import maturin
from maturin import get_requires_for_build_editable, get_requires_for_build_sdist, get_requires_for_build_wheel  # noqa: F401

PROJECT = Path(__file__).resolve().parent
DATA = PROJECT / "nfstream.data"


def build_command(*options: str) -> None:
    """Builds the command and puts it where maturin takes the scripts of a wheel from."""
    if not shutil.which("cargo"):
        sys.exit("cargo is missing; Rust brings it: https://rustup.rs")
    cargo = ["cargo", "build", "--locked", "--package=nfstream-cli", "--message-format=json-render-diagnostics", *options]
    told = subprocess.run(cargo, cwd=PROJECT, stdout=subprocess.PIPE, check=True, text=True).stdout
    messages = map(json.loads, told.splitlines())
    (command,) = {message["executable"] for message in messages if message.get("executable")}
    (DATA / "scripts").mkdir(parents=True, exist_ok=True)
    shutil.copy(command, DATA / "scripts" / "nfstream")


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    build_command("--release")
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    build_command("--release")
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    return maturin.build_sdist(sdist_directory, config_settings)


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Any = None) -> str:
    DATA.mkdir(exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


if __name__ == "__main__":
    build_command(*sys.argv[1:])
