"""Plugins that come with nfstream: DHCP, MDNS, FlowSlicer, SPLT.

capture: services.pcap
capture: web.pcap
"""

import sys

from nfstream import NFStreamer
from nfstream.plugins import DHCP, MDNS, SPLT, FlowSlicer

if __name__ == "__main__":
    for flow in NFStreamer(source=sys.argv[1], udps=DHCP(), bpf_filter=None, n_dissections=0):
        if 68 in (flow.src_port, flow.dst_port) or flow.id == 0:
            print(flow.src_ip, flow.dst_ip, {name: str(value) for name, value in vars(flow.udps).items()})
    for flow in NFStreamer(source=sys.argv[1], udps=MDNS(), n_dissections=0):
        if 5353 in (flow.src_port, flow.dst_port) and flow.ip_version == 4:
            print(flow.src_ip, flow.dst_ip, flow.udps.mdns_ptr)
    cut = NFStreamer(source=sys.argv[1], udps=[FlowSlicer(limit=2), SPLT(sequence_length=3, accounting_mode=1)], n_dissections=0)
    print(sorted((f.src_port, f.dst_port, f.bidirectional_packets, f.expiration_id, f.udps.splt_ps, f.udps.splt_direction) for f in cut))
