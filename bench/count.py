"""count.py CAPTURE OPTIONS plugin|feature: counts large packets of every flow, by a plugin or by an expression; OPTIONS is JSON."""

import json
import sys

from nfstream import NFPlugin, NFStreamer


class Large(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.large = int(packet.raw_size >= 666)

    def on_update(self, packet, flow):
        if packet.raw_size >= 666:
            flow.udps.large += 1


def by_plugin(capture, options):
    return sum(flow.udps.large for flow in NFStreamer(source=capture, udps=Large(), **options))


def by_feature(capture, options):
    return sum(flow.large for flow in NFStreamer(source=capture, features={"large": "sum(raw_size >= 666)"}, **options))


if __name__ == "__main__":
    count = {"plugin": by_plugin, "feature": by_feature}[sys.argv[3]]
    print(count(sys.argv[1], json.loads(sys.argv[2])))
