"""Where captures are."""

import os
import shutil
from pathlib import Path

import pytest
from interrupts import pytest_configure  # noqa: F401
from skipped import pytest_collectreport, pytest_runtest_logreport  # noqa: F401

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def testdata() -> Path:
    return REPOSITORY / "testdata"


@pytest.fixture(scope="session")
def web(testdata: Path) -> str:
    return str(testdata / "web.pcap")


@pytest.fixture
def place(tmp_path: Path, web: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder with nothing but a capture, to be in."""
    shutil.copy(web, tmp_path / "web.pcap")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def corpus() -> Path:
    corpus = Path(os.environ.get("NFSTREAM_CORPUS") or REPOSITORY.parent / "shared" / "corpus")
    if not corpus.is_dir():
        pytest.skip(f"no captures of the corpus: {corpus} is not there; NFSTREAM_CORPUS names another folder")
    return corpus
