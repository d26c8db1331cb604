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

# A child has none of the threads that its parent's runs consist of.
os.register_at_fork(after_in_child=_running.clear)


def begin(stop: Stop) -> None:
    """From now on the first Ctrl-C ends the input of this run; the next raises ``KeyboardInterrupt``.

    A handler of SIGINT that the program has set itself stays, and so does what Ctrl-C does to runs of other threads.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _running.append(stop)
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt)
    except BaseException:
        # It was pressed just now, and the run does not begin.
        end(stop)
        raise


def end(stop: Stop) -> None:
    """The run is over."""
    if stop in _running:
        _running.remove(stop)
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and not _running and signal.getsignal(signal.SIGINT) is _interrupt:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    reading = [stop for stop in _running if not stop.is_stopped]
    if not reading:
        signal.default_int_handler(signum, frame)
    for stop in reading:
        stop.stop()
    logging.getLogger("nfstream").warning(
        "interrupted: no more packets are read, and the flows so far follow; another Ctrl-C stops at once"
    )
