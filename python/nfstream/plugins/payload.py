"""The payload of the transport protocol in an IP packet."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nfstream._engine import NFPacket

UDP_HEADER = 8


def transport(packet: NFPacket) -> bytes:
    """The payload of the IP packet, from its TCP, UDP or ICMP header on; empty for other protocols."""
    if not packet.transport_size:
        return b""
    captured = packet.ip_packet
    # After all headers of IP, and without the padding of the link layer.
    return captured[packet.ip_size - packet.transport_size : packet.ip_size]


def udp_payload(packet: NFPacket) -> bytes:
    """The payload of a UDP packet."""
    return transport(packet)[UDP_HEADER:]
