"""The examples of the first versions' documentation, on the capture that they name.

by hand: nfstream 6 has another interface
capture: corpus/facebook.pcap
"""

import sys

from nfstream import NFPlugin, NFStreamer


class my_awesome_plugin(NFPlugin):
    def process(self, pkt, flow):
        if pkt.length >= 666:
            flow.my_awesome_plugin += 1


class packet_with_666_size(NFPlugin):
    def on_init(self, pkt):
        if pkt.raw_size == 666:
            return 1
        else:
            return 0

    def on_update(self, pkt, flow):
        if pkt.raw_size == 666:
            flow.packet_with_666_size += 1


class seen(NFPlugin):
    def on_init(self, obs):
        return 1

    def on_update(self, obs, entry):
        entry.seen += 1


if __name__ == "__main__":
    print([flow.my_awesome_plugin for flow in NFStreamer(source=sys.argv[1], plugins=[my_awesome_plugin()])])
    print([flow.packet_with_666_size for flow in NFStreamer(source=sys.argv[1], plugins=[packet_with_666_size()])])
    print([(entry.seen, entry.total_packets) for entry in NFStreamer(source=sys.argv[1], plugins=[seen()])])
    entry = next(iter(NFStreamer(source=sys.argv[1], schema="nfentry")))
    print(
        entry.flow_id,
        entry.first_seen,
        entry.src_ip,
        entry.total_bytes,
        entry.application_name,
        entry.client_info,
        entry.j3a_server,
    )
