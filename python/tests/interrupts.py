"""Ctrl-C for tests, however they were started."""

import signal


def pytest_configure() -> None:
    # A shell without job control starts what it puts in the background with SIGINT ignored, and Python leaves it so.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
