"""Names of nfstream's package ``nfstream.engine``. The engine is not driven from Python: a missing name raises an error that says what to use."""

from __future__ import annotations

from nfstream._engine import interfaces
from nfstream.replaced import missing

__all__ = ["is_interface"]

_ITERATE = "the engine has no such part; iterate over an NFStreamer"

_REPLACED = {
    "activate_capture": _ITERATE,
    "create_engine": _ITERATE,
    "engine": _ITERATE,
    "ffi": _ITERATE,
    "lib": _ITERATE,
    "setup_capture": _ITERATE,
    "setup_dissector": "n_dissections sets how many packets of a flow are inspected",
    "setup_filter": "NFStreamer has bpf_filter",
}


def is_interface(val: object) -> str | None:
    """The name if it is that of a network interface of this machine, else ``None``.

    Examples
    --------
    >>> is_interface("no-such-interface") is None
    True
    """
    return val if isinstance(val, str) and any(interface.name == val for interface in interfaces()) else None


TYPE_CHECKING = False
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise missing(__name__, name, _REPLACED)
