"""Columns of statistical_analysis and splt_analysis, in each accounting mode.

capture: web.pcap
capture: http-ipv6.pcap
capture: ssh.pcap
capture: gaps.pcap
capture: fragments.pcap
capture: corpus/skype_udp.pcap
capture: corpus/quic_q50.pcap
capture: corpus/ssdp-m-search.pcap
"""

import sys

from nfstream import NFStreamer
from nfstream.plugins import SPLT

if __name__ == "__main__":
    for mode in 0, 1, 2, 3:
        streamer = NFStreamer(source=sys.argv[1], n_dissections=0, accounting_mode=mode, statistical_analysis=True, splt_analysis=7)
        for flow in streamer:
            # The last digits of a mean and a deviation are a matter of the order of sums.
            print(mode, flow.id, [round(value, 9) if isinstance(value, float) else value for value in flow.values()[13:]])
    print(flow.keys())
    print([type(value).__name__ for value in flow.values()])
    for mode in 0, 1, 2, 3:
        plugin = SPLT(sequence_length=10, accounting_mode=mode)
        for flow in NFStreamer(source=sys.argv[1], splt_analysis=10, accounting_mode=mode, n_dissections=0, udps=plugin):
            same = (
                flow.udps.splt_direction == flow.splt_direction,
                flow.udps.splt_ps == flow.splt_ps,
                flow.udps.splt_piat_ms == flow.splt_piat_ms,
            )
            print(mode, flow.id, same)
