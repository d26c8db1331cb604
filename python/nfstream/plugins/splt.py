"""Sequence of packet lengths and times."""

from __future__ import annotations

from nfstream.plugin import NFPlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nfstream._engine import NFlow, NFPacket

#: The sizes that accounting modes stand for.
SIZES = "raw_size", "ip_size", "transport_size", "payload_size"


class SPLT(NFPlugin):
    """Direction, size and inter-arrival time of a flow's first packets, as ``splt_analysis`` has them.

    The parameter ``splt_analysis`` of an ``NFStreamer`` is faster; the plugin adds a sequence of another length or with other sizes.

    Parameters
    ----------
    sequence_length : int
        Number of packets.
    accounting_mode : int
        The meaning of a size: 0 ``raw_size``, 1 ``ip_size``, 2 ``transport_size``, 3 ``payload_size``.

    Notes
    -----
    Sets ``splt_direction`` (0 from the source, 1 towards it), ``splt_ps`` (bytes) and ``splt_piat_ms`` (milliseconds), lists of
    ``sequence_length`` numbers; -1 if there was no packet.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> from nfstream.plugins import SPLT
    >>> flow = next(iter(NFStreamer("web.pcap", udps=SPLT(sequence_length=3, accounting_mode=3))))
    >>> flow.udps.splt_direction, flow.udps.splt_ps, flow.udps.splt_piat_ms
    ([0, 1, -1], [33, 49, -1], [0, 3, -1])
    """

    sequence_length: int
    accounting_mode: int

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        flow.udps.splt_direction = [-1] * self.sequence_length
        flow.udps.splt_ps = [-1] * self.sequence_length
        flow.udps.splt_piat_ms = [-1] * self.sequence_length
        self.on_update(packet, flow)

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        place = flow.bidirectional_packets - 1
        if place < self.sequence_length:
            flow.udps.splt_direction[place] = packet.direction
            flow.udps.splt_ps[place] = getattr(packet, SIZES[min(self.accounting_mode, 3)])
            flow.udps.splt_piat_ms[place] = packet.delta_time
