"""Scripts that were written for nfstream print what nfstream 6.6.0 gave: those of `dropin/`, with the package of this Python.

`dropin/run.py` runs the same with another Python: one that has nothing but the wheel.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "dropin"))

from cases import EXPECTED, Case, cases  # noqa: E402
from run import difference, unused_differences  # noqa: E402


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_script(case: Case) -> None:
    if case.missing:
        pytest.skip(case.missing)
    assert difference(case, sys.executable) == ""


def test_each_expectation_is_of_a_script() -> None:
    assert {file.name for file in EXPECTED.iterdir()} == {case.expected.name for case in cases()}
    assert unused_differences() == []
