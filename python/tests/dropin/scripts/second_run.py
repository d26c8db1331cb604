"""The same streamer several times: plugins are as new in each run.

capture: web.pcap
"""

import sys

from nfstream import NFPlugin, NFStreamer


class Seen(NFPlugin):
    def __init__(self):
        self.seen = set()

    def on_init(self, packet, flow):
        flow.udps.is_new = int(flow.dst_ip not in self.seen)
        self.seen.add(flow.dst_ip)


class Numbered(NFPlugin):
    number = 0

    def on_init(self, packet, flow):
        self.number += 1
        flow.udps.number = self.number


class CleansUp(NFPlugin):
    """As the documentation of nfstream's NFPlugin suggests."""

    def on_init(self, packet, flow):
        flow.udps.name = self.names.get(flow.dst_port, "other")

    def cleanup(self):
        del self.names


class Counts(NFPlugin):
    def on_init(self, packet, flow):
        self.counts[flow.protocol] = self.counts.get(flow.protocol, 0) + 1
        flow.udps.before = dict(self.counts)


if __name__ == "__main__":
    streamer = NFStreamer(source=sys.argv[1], udps=[Seen(), Numbered(), CleansUp(names={53: "dns", 80: "web"}), Counts(counts={})])
    for _ in range(3):
        print([(flow.udps.is_new, flow.udps.number, flow.udps.name, sum(flow.udps.before.values())) for flow in streamer])
    frame = streamer.to_pandas()
    print(frame["udps.is_new"].tolist(), frame["udps.number"].tolist(), frame["udps.name"].tolist())
    print(streamer.to_csv("one.csv"), streamer.to_csv("two.csv"), open("one.csv").read() == open("two.csv").read())
    for flow in streamer:
        break
    print([flow.udps.number for flow in streamer], frame.equals(streamer.to_pandas()))
    for _ in streamer:
        print(len(list(streamer)), streamer.to_csv("inner.csv"))
        break
