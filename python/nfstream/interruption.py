"""Ctrl-C while runs go on: their input ends, and the flows so far come out."""

from __future__ import annotations

# All that the handler needs: it may be called while something else is half imported.
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
    """From now on the first Ctrl-C ends the input of this run; the next raises ``KeyboardInterrupt``.

    A handler of SIGINT that the program has set itself stays, and so does what Ctrl-C does to runs of other threads.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _running.append(stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def end(stop: Stop) -> None:
    """The run is over, or did not begin; called once more when a signal has interrupted it.

    In another thread the handler cannot be taken away. Without runs it does what the one before it did, and the next run that ends
    in the main thread takes it away.
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
        # A handler of logs, or a closed standard error, is no reason to lose the flows.
        pass


def _forked() -> None:
    """A child has none of the threads that its parent's runs consist of."""
    _running.clear()
    _put_back()


os.register_at_fork(after_in_child=_forked)
