"""A list of captures is one capture.

capture: dns.pcap web.pcap
capture: gaps.pcap gaps.pcap
"""

import sys

from nfstream import NFStreamer

if __name__ == "__main__":
    for sources in sys.argv[1:], sys.argv[1:][::-1], sys.argv[1:2]:
        streamer = NFStreamer(source=sources, n_dissections=0)
        flows = sorted(
            (f.bidirectional_first_seen_ms, f.src_port, f.dst_port, f.bidirectional_packets, f.bidirectional_bytes)
            for f in streamer
        )
        print(len(flows), streamer.source == sources, flows)
    print(sorted(flow.id for flow in NFStreamer(source=sys.argv[1:])))
    print(NFStreamer(source=sys.argv[1:]).to_csv("both.csv"))
    for wrong in [], [sys.argv[1], "missing.pcap"], [5]:
        try:
            NFStreamer(source=wrong)
        except ValueError:
            print("ValueError")
