"""Flows, what plugins keep of them, and helpers that point back are given back.

by hand: in nfstream plugins are in another process, and what they keep of a packet does not come out of it
capture: web.pcap
"""

import gc
import sys
import weakref

from nfstream import NFPlugin, NFStreamer

alive = []


class Helper:
    def __init__(self, flow, packet):
        self.flow, self.packet = flow, packet
        alive.append(weakref.ref(self))


class Cycles(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.helper = Helper(flow, packet)

    def on_expire(self, flow):
        flow.udps.me = flow
        flow.udps.helper.udps = flow.udps


class Kept(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.helper = Helper(None, packet)


if __name__ == "__main__":
    for _ in range(5):
        for flow in NFStreamer(source=sys.argv[1], udps=Cycles(), n_dissections=0):
            flow.expiration_id = 1
        for flow in NFStreamer(source=sys.argv[1], udps=Kept(), n_dissections=0):
            flow.udps.helper.flow = flow
        for flow in NFStreamer(source=sys.argv[1], udps=Kept(), n_dissections=0):
            break
    del flow
    gc.collect()
    print(sum(reference() is not None for reference in alive), "helpers are still there")
    print(gc.is_tracked(next(iter(NFStreamer(source=sys.argv[1])))))
