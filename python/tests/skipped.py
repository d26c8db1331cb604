"""Tests that are skipped, added to the file that `NFSTREAM_SKIPPED` names, as crates/skip does in Rust. `make test` shows it in the end."""

import os

import pytest


def skipped(test: str, reason: str) -> None:
    path = os.environ.get("NFSTREAM_SKIPPED")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{test}: {' '.join(reason.split())}\n")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note(report)


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        skipped(report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
