"""Links and tunnels: what is looked into, and what is one flow.

capture: gtpu.pcap
capture: capwap.pcap
capture: tzsp.pcap
capture: gre.pcap
capture: vxlan.pcap
capture: vlan.pcap
capture: mpls.pcap
capture: pppoe.pcap
capture: cooked-v1.pcap
capture: raw-ip.pcap
capture: loopback.pcap
capture: ip-in-ipv4.pcap
capture: ip-in-ipv6.pcap
"""

import sys

from nfstream import NFStreamer

if __name__ == "__main__":
    for decode_tunnels in True, False:
        for flow in NFStreamer(source=sys.argv[1], decode_tunnels=decode_tunnels, n_dissections=0):
            tunnel = flow.tunnel_id if decode_tunnels else hasattr(flow, "tunnel_id")
            print(
                *(decode_tunnels, flow.src_ip, flow.src_port, flow.dst_ip, flow.dst_port, flow.protocol, flow.ip_version),
                *(flow.vlan_id, tunnel, flow.bidirectional_packets, flow.bidirectional_bytes, flow.src_mac, flow.dst_oui),
            )
