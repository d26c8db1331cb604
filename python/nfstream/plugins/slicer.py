"""Flows of a bounded number of packets."""

from __future__ import annotations

from nfstream.plugin import NFPlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nfstream._engine import NFlow, NFPacket


class FlowSlicer(NFPlugin):
    """Ends a flow when it has this many packets; the next packet begins another.

    Parameters
    ----------
    limit : int
        Number of packets.

    Notes
    -----
    Flows that it ends have the ``expiration_id`` -1.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> from nfstream.plugins import FlowSlicer
    >>> max(flow.bidirectional_packets for flow in NFStreamer("web.pcap", udps=FlowSlicer(limit=7)))
    7
    """

    limit: int

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        if self.limit == 1:
            flow.expiration_id = -1

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        if flow.bidirectional_packets == self.limit:
            flow.expiration_id = -1
