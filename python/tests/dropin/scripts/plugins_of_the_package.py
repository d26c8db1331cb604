"""Plugins that come with nfstream: DHCP, MDNS, FlowSlicer, SPLT.

capture: services.pcap
capture: web.pcap
capture: corpus/dhcp.pcapng
capture: corpus/mdns.pcap
"""

import sys

from nfstream import NFStreamer
from nfstream.plugins import DHCP, MDNS, SPLT, FlowSlicer


def ordered(flows):
    return sorted(
        flows, key=lambda flow: (flow.bidirectional_first_seen_ms, flow.src_ip, flow.src_port, flow.dst_ip, flow.dst_port)
    )


if __name__ == "__main__":
    for flow in ordered(NFStreamer(source=sys.argv[1], udps=DHCP(), bpf_filter=None, n_dissections=0)):
        if 68 in (flow.src_port, flow.dst_port):
            print(flow.src_ip, flow.dst_ip, {name: str(value) for name, value in vars(flow.udps).items()})
    for flow in ordered(NFStreamer(source=sys.argv[1], udps=MDNS(), n_dissections=0)):
        if 5353 in (flow.src_port, flow.dst_port) and flow.ip_version == 4:
            print(flow.src_ip, flow.dst_ip, flow.udps.mdns_ptr)
    cut = NFStreamer(source=sys.argv[1], udps=[FlowSlicer(limit=2), SPLT(sequence_length=3, accounting_mode=1)], n_dissections=0)
    print(
        sorted(
            (f.src_port, f.dst_port, f.bidirectional_packets, f.expiration_id, f.udps.splt_ps, f.udps.splt_direction) for f in cut
        )
    )
