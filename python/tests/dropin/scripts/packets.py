"""Packets in plugins are named tuples.

capture: web.pcap
capture: gtpu.pcap
capture: refused.pcap
capture: corpus/capwap.pcap
"""

import sys

from nfstream import NFPlugin, NFStreamer


class Packets(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.packets = [packet._asdict()]
        flow.udps.facts = facts(packet)

    def on_update(self, packet, flow):
        flow.udps.packets.append(dict(zip(packet._fields, packet)))


def facts(packet):
    time, delta, direction, *others = packet
    found = {
        "fields": packet._fields,
        "length": len(packet),
        "first": (packet[0] == packet.time, packet[-1] == packet.tunnel_id, packet[1:3] == (delta, direction), len(others)),
        "is a tuple": isinstance(packet, tuple),
        "name": type(packet).__name__,
        "replaced": packet._replace(time=1, raw_size=2)[:4],
        "unchanged": packet.time == time,
        "equal": (
            packet == packet,
            packet == tuple(packet),
            packet != packet._replace(time=1),
            hash(packet) == hash(tuple(packet)),
        ),
        "index": (packet.index(packet.ip_packet), packet.count("not there")),
        "text": repr(packet).split(", src_ip")[0]
        == f"NFPacket(time={time}, delta_time={delta}, direction={direction}, raw_size={packet.raw_size}, "
        f"ip_size={packet.ip_size}, transport_size={packet.transport_size}, payload_size={packet.payload_size}",
        "dictionary": list(packet._asdict()) == list(packet._fields),
        "types": [type(value).__name__ for value in packet],
    }
    for change in "time", "nothing":
        try:
            setattr(packet, change, 3)
        except AttributeError:
            found["change of " + change] = "AttributeError"
    try:
        packet.nothing
    except AttributeError:
        found["no such field"] = "AttributeError"
    return found


if __name__ == "__main__":
    for decode_tunnels in True, False:
        flows = list(NFStreamer(source=sys.argv[1], udps=Packets(), n_dissections=0, decode_tunnels=decode_tunnels))
        flows.sort(key=lambda flow: (flow.bidirectional_first_seen_ms, flow.src_ip, flow.src_port, flow.dst_ip, flow.protocol))
        for name, fact in flows[0].udps.facts.items():
            print(name, fact)
        for flow in flows:
            for packet in flow.udps.packets[:12]:
                packet["ip_packet"] = len(packet["ip_packet"]), packet["ip_packet"][:20].hex()
                print(list(packet.values()))
