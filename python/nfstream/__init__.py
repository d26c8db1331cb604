"""Turns network captures and live traffic into flow records.

>>> from nfstream import NFStreamer
>>> for flow in NFStreamer(source="web.pcap", max_nflows=3):
...     print(flow.src_ip, flow.dst_ip, flow.dst_port, flow.bidirectional_packets)
10.0.0.1 10.0.0.53 53 2
10.0.0.1 10.0.0.2 80 34
10.0.0.1 10.0.0.53 53 4
"""

from _collections_abc import Mapping, Sequence

from nfstream._engine import DamageWarning, Interface, NFlow, NFPacket, __version__, interfaces
from nfstream.early import NFEntry
from nfstream.expression import F, P
from nfstream.model import NFModel
from nfstream.plugin import NFPlugin
from nfstream.streamer import NFStreamer

Mapping.register(NFlow)
Sequence.register(NFPacket)

# Without `F` and `P`: `from nfstream import *` would replace variables of scripts that have these names.
__all__ = [
    "DamageWarning",
    "Interface",
    "NFEntry",
    "NFModel",
    "NFPacket",
    "NFPlugin",
    "NFStreamer",
    "NFlow",
    "__version__",
    "interfaces",
]

#: Modules that nfstream loads with its package; here the first use loads them.
_MODULES = {"anonymizer", "engine", "flow", "meter", "system", "utils"}

TYPE_CHECKING = False
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
