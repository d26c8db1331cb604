"""Captures to read and interfaces to capture from, checked before a run."""

from __future__ import annotations

import errno
import os
import stat

from nfstream._engine import ANY, interfaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    _Path = str | os.PathLike[str]
    _Source = _Path | Sequence[_Path]


class CaptureNotFoundError(FileNotFoundError, ValueError):
    """A capture that does not exist. Also a ``ValueError``, because that is what nfstream raises."""


class CaptureIsADirectoryError(IsADirectoryError, ValueError):
    """A capture that is a directory. Also a ``ValueError``, because that is what nfstream raises."""


def inputs(source: _Source | None) -> tuple[list[str], str | None]:
    """The paths that a ``source`` parameter stands for, or the network interface.

    A name that is both is that of the file. ``None`` is the first interface that is up and leads out of this machine.

    Examples
    --------
    >>> from pathlib import Path
    >>> inputs(["http.pcap", Path("dns.pcap")])
    (['http.pcap', 'dns.pcap'], None)
    >>> inputs("lo")
    ([], 'lo')
    >>> inputs("monday.pcap")
    Traceback (most recent call last):
    nfstream.sources.CaptureNotFoundError: [Errno 2] No such file or directory: 'monday.pcap'
    """
    if source is None:
        return [], _first_interface()
    if not isinstance(source, (list, tuple)):
        path = _path(source, "source", "a capture file or the name of an interface")
        return ([], path) if not os.path.exists(path) and _is_interface(path) else ([_capture(path)], None)
    if not source:
        raise ValueError("source must name at least one capture file, not be an empty list")
    return [_capture(_path(path, f"source[{number}]")) for number, path in enumerate(source)], None


def rule_files(rules: _Source) -> list[str]:
    """The paths that a ``rules`` parameter stands for.

    Examples
    --------
    >>> rule_files("campus.toml"), rule_files(())
    (['campus.toml'], [])
    """
    listed = rules if isinstance(rules, (list, tuple)) else [rules]
    return [_path(path, "rules", "a file of rules") for path in listed]


def _path(source: object, what: str, kind: str = "a capture file") -> str:
    path = os.fspath(source) if isinstance(source, os.PathLike) else source
    if not isinstance(path, str) or not path:
        raise ValueError(f"{what} must be the path of {kind}, not {source!r}")
    return path


def _capture(path: str) -> str:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise CaptureNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
    if stat.S_ISDIR(mode):
        raise CaptureIsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    return path


def _is_interface(name: str) -> bool:
    return name == ANY or any(name == interface.name for interface in interfaces())


def _first_interface() -> str:
    for interface in interfaces():
        if interface.is_up and not interface.is_loopback:
            return interface.name
    raise ValueError("source must name a capture file or an interface: no interface is up that leads out of this machine")
