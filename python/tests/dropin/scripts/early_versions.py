"""What other versions had: process() of version 2, statistics= of 4 and 5, entries and their conversions.

by hand: nfstream 6 has another interface
capture: web.pcap
"""

import json
import sys

from nfstream import NFPlugin, NFStreamer


class my_awesome_plugin(NFPlugin):
    """Version 2: every packet, the first included."""

    def process(self, pkt, flow):
        if pkt.length >= 60:
            flow.my_awesome_plugin += 1


class of_today(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.n = 1


if __name__ == "__main__":
    capture = sys.argv[1]
    print([flow.my_awesome_plugin for flow in NFStreamer(source=capture, plugins=[my_awesome_plugin()])])
    print(
        [
            flow.total_packets
            for flow in NFStreamer(
                source=capture, schema="nfentry", snaplen=65535, idle_timeout=30, active_timeout=300, dissect=True
            )
        ]
    )
    statistics = NFStreamer(source=capture, statistics=True, plugins=[])
    print([round(flow.bidirectional_mean_ps, 3) for flow in statistics][:3])
    entry = next(iter(NFStreamer(source=capture, schema="nfentry")))
    print(entry.to_namedtuple()._fields[:3], entry.to_namedtuple().src_port, json.loads(entry.to_json())["dst_port"])
    print(
        entry.application_name,
        entry.category_name,
        entry.client_info,
        entry.version,
        entry.first_seen,
        entry.last_seen,
        entry.duration,
    )

    # Public code tries one way, and the other after a TypeError.
    try:
        streamer = NFStreamer(source=capture, plugins=[of_today()])
    except (TypeError, ValueError) as error:
        print(type(error).__name__)
        streamer = NFStreamer(source=capture, udps=of_today())
    print(sum(flow.udps.n for flow in streamer))
    try:
        from nfstream.streamer import Streamer
    except ImportError as error:
        print("NFStreamer" in str(error))
