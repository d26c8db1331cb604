"""Plugins with a memory of their own: counters over all flows, windows, thresholds, names from a table.

capture: web.pcap
capture: dns.pcap
capture: mail.pcap
"""

import sys
from collections import defaultdict, deque

from nfstream import NFPlugin, NFStreamer

total = 0
begun = None


class Rates(NFPlugin):
    """Variables of the module, as many scripts have them."""

    def on_init(self, packet, flow):
        global total, begun
        flow.expiration_id = 0
        total += 1
        if begun is None:
            begun = packet.time
        flow.udps.number = total
        flow.udps.after = packet.time - begun
        flow.udps.alarm = False

    def on_update(self, packet, flow):
        if flow.bidirectional_packets > 10:
            flow.udps.alarm = True


class Window(NFPlugin):
    """How many flows the client began within the last milliseconds."""

    def __init__(self, milliseconds, **kwargs):
        super().__init__(**kwargs)
        self.milliseconds = milliseconds
        self.begun = defaultdict(deque)

    def on_init(self, packet, flow):
        times = self.begun[packet.src_ip]
        times.append(packet.time)
        while times[0] < packet.time - self.milliseconds:
            times.popleft()
        flow.udps.recent = len(times)
        flow.udps.label = self.labels.get(packet.dst_port, "-")


class Scans(NFPlugin):
    ports = {}

    def on_init(self, packet, flow):
        self.ports.setdefault((packet.src_ip, packet.dst_ip), set()).add(packet.dst_port)
        flow.udps.ports = len(self.ports[packet.src_ip, packet.dst_ip])

    def on_expire(self, flow):
        flow.udps.verdict = "scan" if flow.udps.ports > self.most else "benign"


class Table(NFPlugin):
    """Open flows by an identifier that is made of their columns."""

    def on_init(self, packet, flow):
        flow.udps.key = "-".join(map(str, (flow.src_ip, flow.src_port, flow.dst_ip, flow.dst_port, flow.protocol)))
        self.open[flow.udps.key] = 1
        flow.udps.open_before = len(self.open)

    def on_update(self, packet, flow):
        self.open[flow.udps.key] += 1

    def on_expire(self, flow):
        flow.udps.counted = self.open.pop(flow.udps.key)


class Handshake(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.syn_seen, flow.udps.synack_seen, flow.udps.ack_seen = bool(packet.syn and not packet.ack), False, False
        flow.udps.flags = [packet.fin + 2 * packet.syn + 4 * packet.rst + 8 * packet.psh + 16 * packet.ack]

    def on_update(self, packet, flow):
        if flow.udps.syn_seen and packet.syn and packet.ack:
            flow.udps.synack_seen = True
        elif flow.udps.synack_seen and packet.ack == True:  # noqa: E712
            flow.udps.ack_seen = True
        flow.udps.flags.append(packet.fin + 2 * packet.syn + 4 * packet.rst + 8 * packet.psh + 16 * packet.ack)


if __name__ == "__main__":
    plugins = [Rates(), Window(20, labels={53: "dns", 25: "smtp"}), Scans(most=2), Table(open={}), Handshake()]
    for flow in NFStreamer(source=sys.argv[1], udps=plugins, n_dissections=0):
        print(vars(flow.udps))
        if flow.udps.alarm and flow.udps.verdict != "scan":
            print("alarm", flow.udps.key, flow.bidirectional_packets)
