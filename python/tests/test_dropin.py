"""Scripts that were written for nfstream print what nfstream 6.6.0 gave: those of `dropin/`, with the package of this Python.

`dropin/run.py` runs the same with another Python: one that has nothing but the wheel.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "dropin"))

from cases import EXPECTED, Case, cases  # noqa: E402
from run import difference, unused_differences  # noqa: E402


@pytest.fixture(scope="module")
def differences(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[str]]]:
    """What the scripts print otherwise, by case; several run at a time."""
    asked = [item.callspec.params["case"] for item in request.session.items if getattr(item, "function", None) is test_script]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {case.name: pool.submit(difference, case, sys.executable) for case in asked if not case.missing}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_script(case: Case, differences: dict[str, Future[str]]) -> None:
    if case.missing:
        pytest.skip(case.missing)
    assert differences[case.name].result() == ""


def test_each_expectation_is_of_a_script() -> None:
    assert {file.name for file in EXPECTED.iterdir()} == {case.expected.name for case in cases()}
    assert unused_differences() == []
