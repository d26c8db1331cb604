"""From the bytes of an IP packet to the payload of what it carries."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nfstream._engine import NFPacket

UDP_HEADER = 8


def transport(packet: NFPacket) -> bytes:
    """What a packet carries, from its TCP, UDP or ICMP header on; for other protocols nothing."""
    if not packet.transport_size:
        return b""
    captured = packet.ip_packet
    # Behind all headers of IP, and without what a link layer has filled up.
    return captured[packet.ip_size - packet.transport_size : packet.ip_size]


def udp_payload(packet: NFPacket) -> bytes:
    """What a UDP packet carries."""
    return transport(packet)[UDP_HEADER:]
