"""What the tests of the wheel and of make are told."""

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "python" / "tests"))

from interrupts import pytest_configure  # noqa: E402, F401
from skipped import pytest_collectreport, pytest_runtest_logreport  # noqa: E402, F401


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--wheel", type=Path, help="the wheel of nfstream-rs")
    parser.addoption("--command", type=Path, help="the nfstream command")


@pytest.fixture(scope="session")
def web() -> Path:
    return REPOSITORY / "testdata" / "web.pcap"
