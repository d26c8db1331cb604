"""Ctrl-C during runs: their input ends, and the flows so far follow."""

from __future__ import annotations

# Everything that the handler needs: it may be called while another module is half imported.
import logging
import os
import signal
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from nfstream._engine import Stop

#: Runs that the main thread has begun and that are not over.
_running: list[Stop] = []


def begin(stop: Stop) -> None:
    """Make the first Ctrl-C end the input of this run; the next raises ``KeyboardInterrupt``.

    A SIGINT handler that the program has set itself stays, and so does the effect of Ctrl-C on runs of other threads.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _running.append(stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def end(stop: Stop) -> None:
    """The run is over, or did not begin; called once more when a signal has interrupted it.

    In another thread the handler cannot be removed. Without runs it does the same as the previous handler, and the next run that ends in
    the main thread removes it.
    """
    if stop in _running:
        _running.remove(stop)
    if threading.current_thread() is threading.main_thread():
        _put_back()


def _put_back() -> None:
    if not _running and signal.getsignal(signal.SIGINT) is _interrupt:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    reading = [stop for stop in _running if not stop.is_stopped]
    if not reading:
        _put_back()
        signal.default_int_handler(signum, frame)
    for stop in reading:
        stop.stop()
    try:
        logging.getLogger("nfstream").warning(
            "interrupted: no more packets are read, and the flows so far follow; another Ctrl-C stops at once"
        )
    except Exception:
        # A log handler that fails, or a closed standard error, is no reason to lose the flows.
        pass


def _forked() -> None:
    """A child process has none of the threads of its parent's runs."""
    _running.clear()
    _put_back()


os.register_at_fork(after_in_child=_forked)
