"""Small functions and classes that scripts import from nfstream's module ``nfstream.utils``."""

from __future__ import annotations

import os
import threading
from enum import Enum, IntEnum
from typing import NamedTuple

from nfstream.replaced import missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import Any, TextIO

__all__ = [
    "InternalError",
    "InternalState",
    "NFEvent",
    "NFMode",
    "RepeatedTimer",
    "available_cpus_count",
    "chunks_of_list",
    "create_csv_file_path",
    "csv_converter",
    "open_file",
    "validate_flows_per_file",
    "validate_rotate_files",
]

_REPLACED = {
    "set_affinity": "the operating system places the meters; os.sched_setaffinity binds the process",
    "update_performances": "NFStreamer.report has the counters of a run, performance_report prints them",
}


class NFEvent(Enum):
    """Events that nfstream's processes send each other. Nothing here sends them."""

    FLOW = -1
    ERROR = -2
    SOCKET_CREATE = -3
    SOCKET_REMOVE = -4
    ALL_AFFINITY_SET = -5


class NFMode(IntEnum):
    """The kind of source that nfstream reads."""

    SINGLE_FILE = 0
    INTERFACE = 1
    MULTIPLE_FILES = 2


class InternalError(NamedTuple):
    """An error as nfstream's processes send it. Errors here are exceptions."""

    id: NFEvent
    message: str


class InternalState(NamedTuple):
    """A state as nfstream's processes send it."""

    id: NFEvent


class RepeatedTimer:
    """Calls a function repeatedly, in its own thread, from its creation until ``stop``.

    Parameters
    ----------
    interval : float
        Seconds from one call to the next.
    function : callable
        The function, which is called with the arguments that follow.
    """

    def __init__(self, interval: float, function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        self.interval, self.function, self.args, self.kwargs = interval, function, args, kwargs
        self.is_running = False
        self.start()

    def start(self) -> None:
        """Begin to call the function, if it is not running already."""
        if self.is_running:
            return
        self.is_running = True
        self._stopped = threading.Event()
        threading.Thread(target=self._run, args=(self._stopped,), daemon=True).start()

    def stop(self) -> None:
        """Stop calling the function."""
        self._stopped.set()
        self.is_running = False

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.wait(self.interval):
            self.function(*self.args, **self.kwargs)


def available_cpus_count() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chunks_of_list(lst: Sequence[Any], n: int) -> Generator[Sequence[Any]]:
    """A list in pieces of ``n``; the last may be shorter.

    Examples
    --------
    >>> list(chunks_of_list([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    yield from (lst[start : start + n] for start in range(0, len(lst), n))


def create_csv_file_path(path: str | None, source: str) -> str:
    """The file that ``to_csv`` writes to: ``path``, or the name of the source with ``.csv`` after it."""
    return f"{source}.csv" if path is None else path


def csv_converter(values: list[Any]) -> None:
    """Turns values that are neither numbers nor text into text, in the list itself; ``None`` becomes empty.

    Examples
    --------
    >>> values = [1, 0.5, "text", None, [1, 2]]
    >>> csv_converter(values)
    >>> values
    [1, 0.5, 'text', '', '[1, 2]']
    """
    values[:] = ["" if value is None else value if isinstance(value, (int, float, str)) else str(value) for value in values]


def open_file(path: str, chunked: bool, chunk_idx: int, rotate_files: int) -> TextIO:
    """Opens a file to write CSV to.

    Parameters
    ----------
    path : str
        The file.
    chunked : bool
        Whether it is one of several, with a number before its extension.
    chunk_idx : int
        Its number, from 0.
    rotate_files : int
        Number of files after which numbering begins again; 0 means never.
    """
    if chunked:
        stem, extension = os.path.splitext(path)
        path = f"{stem}.{chunk_idx % rotate_files if rotate_files else chunk_idx}{extension}"
    return open(path, "w", encoding="utf-8", newline="")


def validate_flows_per_file(n: object) -> None:
    """Raises a ``ValueError`` if ``flows_per_file`` of ``to_csv`` cannot have this value."""
    _check("flows_per_file", n)


def validate_rotate_files(n: object) -> None:
    """Raises a ``ValueError`` if ``rotate_files`` of ``to_csv`` cannot have this value."""
    _check("rotate_files", n)


def _check(name: str, n: object) -> None:
    if not isinstance(n, int) or n < 0:
        raise ValueError(f"{name} must be a number, 0 or more, not {n!r}")


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise missing(__name__, name, _REPLACED)
