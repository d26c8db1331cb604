"""Packets whose values are kept."""

from typing import NamedTuple


class Packet(NamedTuple):
    """The form of a packet that is copied, pickled or changed: the values of an ``NFPacket``, with the same names."""

    time: int
    delta_time: int
    direction: int
    raw_size: int
    ip_size: int
    transport_size: int
    payload_size: int
    src_ip: str
    src_mac: str
    src_oui: str
    dst_ip: str
    dst_mac: str
    dst_oui: str
    src_port: int
    dst_port: int
    protocol: int
    vlan_id: int
    ip_version: int
    ip_packet: bytes
    syn: int
    cwr: int
    ece: int
    urg: int
    ack: int
    psh: int
    rst: int
    fin: int
    tunnel_id: int
