"""The classes of flows and packets, under the names of nfstream's module ``nfstream.flow``."""

from __future__ import annotations

from nfstream._engine import NFlow, NFPacket
from nfstream.plugin import UDPS
from nfstream.replaced import missing
from nfstream.utils import NFEvent

__all__ = ["NFEvent", "NFPacket", "NFlow", "UDPS", "nf_packet"]

#: nfstream's name for ``NFPacket``.
nf_packet = NFPacket

_REPLACED = {"pythonize_packet": "plugins get packets as NFPacket, a named tuple"}

TYPE_CHECKING = False
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise missing(__name__, name, _REPLACED)
