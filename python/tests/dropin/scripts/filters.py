"""bpf_filter: which flows are left.

needs: libpcap
capture: web.pcap
capture: services.pcap
capture: corpus/skype_udp.pcap
"""

import sys

from nfstream import NFStreamer

if __name__ == "__main__":
    for expression in (
        None,
        "",
        "tcp",
        "udp",
        "icmp or icmp6",
        "ip6",
        "tcp port 80",
        "udp port 53",
        "host 10.0.0.53",
        "src net 10.0.0.0/24 and not port 443",
        "tcp[tcpflags] & tcp-syn != 0",
        "len > 1000",
        "portrange 1-1023 and udp",
        "vlan",
    ):
        flows = NFStreamer(source=sys.argv[1], bpf_filter=expression, n_dissections=0)
        print(
            repr(expression),
            sorted((f.src_ip, f.src_port, f.dst_ip, f.dst_port, f.protocol, f.bidirectional_packets) for f in flows),
        )
    for wrong in "tcp port", "not a filter", "src host 10.0.0.300":
        try:
            print(len(list(NFStreamer(source=sys.argv[1], bpf_filter=wrong))))
        except ValueError:
            print("ValueError")
