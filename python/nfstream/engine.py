"""Names of nfstream's package ``nfstream.engine``. The engine is not driven from Python: what is not here says what to use."""

from __future__ import annotations

from nfstream._engine import interfaces
from nfstream.replaced import missing

__all__ = ["is_interface"]

_ITERATE = "the engine has no such parts; iterate over an NFStreamer"

_REPLACED = {
    "activate_capture": _ITERATE,
    "create_engine": _ITERATE,
    "engine": _ITERATE,
    "ffi": _ITERATE,
    "lib": _ITERATE,
    "setup_capture": _ITERATE,
    "setup_dissector": "n_dissections says how many packets of a flow are looked at",
    "setup_filter": "NFStreamer has bpf_filter",
}


def is_interface(val: object) -> str | None:
    """The name, if a network interface of this machine has it, else ``None``.

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
