"""Captures to read and interfaces to capture from, checked before a run."""

from __future__ import annotations

import errno
import io
import os
import sys

from nfstream._engine import ANY, captures, interfaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO, Any

    _Path = str | os.PathLike[str]
    _Source = _Path | IO[bytes] | Sequence[_Path | IO[bytes]]


class SourceError(OSError, ValueError):
    """A capture that cannot be read, or an interface that cannot be captured from. It is also a ``ValueError``, because nfstream
    raises that; so are the other exceptions here."""


class SourcePermissionError(PermissionError, ValueError):
    """A capture that may not be read, or an interface that may not be captured from."""


class CaptureNotFoundError(FileNotFoundError, ValueError):
    """A capture that does not exist."""


class CaptureIsADirectoryError(IsADirectoryError, ValueError):
    """A capture that is a directory."""


_BY_NUMBER = {
    errno.ENOENT: CaptureNotFoundError,
    errno.EISDIR: CaptureIsADirectoryError,
    errno.EACCES: SourcePermissionError,
    errno.EPERM: SourcePermissionError,
}


def refusal(number: int, message: str, name: str) -> OSError:
    """The exception for a source that cannot be used, by its error number."""
    return _BY_NUMBER.get(number, SourceError)(number, message, name)


class Reader:
    """A file object as a source. It is read from its current position, in every run; one that cannot seek is read only once.

    Parameters
    ----------
    file : file object
        An object with a method ``read`` that gives bytes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        if isinstance(file, io.TextIOBase):
            raise ValueError(f'source must be opened in binary mode, with "rb", not {file!r}')
        if getattr(file, "closed", False):
            raise ValueError(f"source must be open, but {file!r} is closed")
        name = getattr(file, "name", None)
        self.file = file
        self.name = name if isinstance(name, str) and name else type(file).__name__
        self.start = file.tell() if getattr(file, "seekable", bool)() else None
        self.has_begun = False
        self._renew_lock()

    def _renew_lock(self) -> None:
        from threading import Lock

        self._lock, self._process = Lock(), os.getpid()

    def open(self) -> Callable[[int], bytes | None]:
        """Begin to read. Gives a function that reads at most this many bytes, none at the end, ``None`` if there are none yet.

        Raises
        ------
        ValueError
            When it has been read, and cannot seek.
        """
        # A pipe gives the data that is there, without waiting for more.
        read = getattr(self.file, "read1", self.file.read)
        if self.start is None:
            if self.has_begun:
                raise ValueError(f"{self.name} was read in an earlier run, and cannot be read again: it cannot seek")
            self.has_begun = True
            return lambda size: self._checked(read(size))
        start = place = self.start
        if self._process != os.getpid():
            # A thread may have held the lock when this process was forked.
            self._renew_lock()

        def read_at_place(size: int) -> bytes | None:
            nonlocal place
            # Another run may read it, too.
            with self._lock:
                self.file.seek(place)
                piece = self._checked(read(size))
            if piece == b"" and place == start > 0:
                raise ValueError(f"{self.name} is at its end: seek(0) goes back to its beginning")
            place += len(piece or b"")
            return piece

        return read_at_place

    def _checked(self, piece: object) -> bytes | None:
        if piece is None or isinstance(piece, (bytes, bytearray, memoryview)):
            return None if piece is None else bytes(piece)
        raise TypeError(f"{self.name}: read() must give bytes, as a file opened with \"rb\" does, not {type(piece).__name__}")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._renew_lock()


def inputs(
    source: _Source | None, readers: list[Reader] | None = None, libpcap: bool = False
) -> tuple[list[str | Reader], str | None]:
    """The captures that a ``source`` parameter stands for, or the network interface.

    A directory stands for the captures in it, in the order of their names, and a pattern (``"*.pcap"``) for the files that it
    matches, unless a file has that name. If a name is both a file and an interface, it means the file. ``None`` is the first
    interface that is up and leads out of this machine.

    Parameters
    ----------
    source : str, os.PathLike, file object, or list or tuple of these, or None
        What was given.
    readers : list of Reader, optional
        The readers of known file objects; new ones are added.
    libpcap : bool
        Whether a word that names nothing else is a device of libpcap, such as ``nflog:1``.

    Examples
    --------
    >>> from pathlib import Path
    >>> inputs(["http.pcap", Path("dns.pcap")])
    (['http.pcap', 'dns.pcap'], None)
    >>> inputs("http*.pcap")
    (['http-ipv6.pcap', 'http.pcap'], None)
    >>> inputs("lo")
    ([], 'lo')
    >>> inputs("monday.pcap")
    Traceback (most recent call last):
    nfstream.sources.CaptureNotFoundError: [Errno 2] No such file or directory: 'monday.pcap'
    """
    readers = [] if readers is None else readers
    if source is None:
        return [], _first_interface()
    if not isinstance(source, (list, tuple)):
        if _is_file_object(source):
            return [_reader(source, readers)], None
        path = _path(source, "source", "a capture file or the name of an interface")
        is_interface = not os.path.exists(path) and (_is_interface(path) or libpcap and _may_be_device(path))
        return ([], path) if is_interface else (list(_captures(path)), None)
    if not source:
        raise ValueError("source must name at least one capture file, not be an empty list")
    listed: list[str | Reader] = []
    for number, one in enumerate(source):
        if _is_file_object(one):
            listed.append(_reader(one, readers))
        else:
            listed.extend(_captures(_path(one, f"source[{number}]")))
    return listed, None


def paths(source: _Source | None, libpcap: bool = False) -> list[str]:
    """The files that a ``source`` parameter stands for, including those of file objects that have a name."""
    named = [one if isinstance(one, str) else one.name for one in inputs(source, libpcap=libpcap)[0]]
    return [path for path in named if os.path.exists(path)]


def check_asked_for(source: _Source | None) -> None:
    """Prevent an unnoticed capture from an interface: without a source, a user must be at a terminal to see it.

    Raises
    ------
    ValueError
        When there is no source and no terminal.
    """
    if source is not None:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        names = ", ".join(interface.name for interface in interfaces())
        raise ValueError(f"source must name a capture file or an interface, such as one of {names}")
    print(f"nfstream: no source was given: capturing from {_first_interface()}", file=sys.stderr)


def _path(source: object, what: str, kind: str = "a capture file") -> str:
    path = os.fspath(source) if isinstance(source, os.PathLike) else source
    if not isinstance(path, str) or not path:
        bytes_in_memory = ": to read bytes in memory, give io.BytesIO(...)" if isinstance(path, (bytes, bytearray)) else ""
        raise ValueError(f"{what} must be the path of {kind}, not {_shortened(source)}{bytes_in_memory}")
    return path


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _is_file_object(source: object) -> bool:
    return callable(getattr(source, "read", None)) and not isinstance(source, (str, os.PathLike))


def _reader(file: Any, readers: list[Reader]) -> Reader:
    known = next((reader for reader in readers if reader.file is file), None)
    if known is None:
        known = Reader(file)
        readers.append(known)
    return known


def _captures(path: str) -> list[str]:
    """The file itself, or the files of a directory or a pattern."""
    found = captures(path)
    for capture in found:
        try:
            os.stat(capture)
        except FileNotFoundError:
            raise CaptureNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), capture) from None
    return found


def _is_interface(name: str) -> bool:
    return name == ANY or any(name == interface.name for interface in interfaces())


def _may_be_device(name: str) -> bool:
    """Whether a name cannot mean a capture: the name of a capture has an extension, a folder or a pattern."""
    return not set("./*?[").intersection(name)


def _first_interface() -> str:
    for interface in interfaces():
        if interface.is_up and not interface.is_loopback:
            return interface.name
    raise ValueError("source must name a capture file or an interface: no interface that leads out of this machine is up")
