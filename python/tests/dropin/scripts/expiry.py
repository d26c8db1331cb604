"""Idle and active timeouts and expiry by a plugin.

capture: gaps.pcap
capture: http.pcap
capture: dns.pcap
capture: transfers.pcap
capture: corpus/anyconnect-vpn.pcap
capture: corpus/vnc.pcap
"""

import sys

from nfstream import NFPlugin, NFStreamer
from nfstream.plugins import FlowSlicer


def cut(**parameters):
    flows = NFStreamer(source=sys.argv[1], n_dissections=0, **parameters)
    return sorted(
        (f.bidirectional_first_seen_ms, f.src_port, f.dst_port, f.bidirectional_packets, f.bidirectional_bytes, f.expiration_id)
        for f in flows
    )


class EndOfConnection(NFPlugin):
    """A flow ends with a reset, or with the acknowledgement of the second FIN."""

    def on_init(self, packet, flow):
        flow.udps.fins = packet.fin

    def on_update(self, packet, flow):
        if packet.rst or (flow.udps.fins >= 2 and not packet.fin):
            flow.expiration_id = -1
        flow.udps.fins += packet.fin


class FirstPacketOnly(NFPlugin):
    def on_init(self, packet, flow):
        flow.expiration_id = -1


if __name__ == "__main__":
    for parameters in (
        {},
        {"idle_timeout": 0},
        {"idle_timeout": 1},
        {"idle_timeout": 2},
        {"active_timeout": 0},
        {"active_timeout": 1},
        {"active_timeout": 2, "idle_timeout": 1},
        {"udps": FlowSlicer(limit=1)},
        {"udps": FlowSlicer(limit=3)},
        {"udps": EndOfConnection()},
        {"udps": FirstPacketOnly()},
        {"udps": [EndOfConnection(), FlowSlicer(limit=4)], "idle_timeout": 1},
    ):
        found = cut(**parameters)
        named = {name: value for name, value in parameters.items() if name != "udps"}
        print(named, len(found), [sum(flow[5] == number for flow in found) for number in (-1, 0, 1)])
        for flow in found[:60]:
            print("  ", flow)
