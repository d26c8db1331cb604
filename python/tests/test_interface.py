"""Every documented name of nfstream 6.6's interface gives what nfstream 6.6.0 gave."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_what_nfstream_gave(web: str) -> None:
    command = [sys.executable, str(REPOSITORY / "bench" / "interface.py"), web, "--digests"]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert json.loads(run.stdout) == json.loads((Path(__file__).parent / "interface.json").read_text())
