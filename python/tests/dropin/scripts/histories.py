"""What plugins keep of a flow while it goes on: lists, times, periods, bursts, answers; temporary things are deleted at its end.

capture: web.pcap
capture: gaps.pcap
capture: ssh.pcap
capture: mail.pcap
"""

import sys

import numpy as np
from nfstream import NFPlugin, NFStreamer


class Times(NFPlugin):
    """Times between the packets of each direction, as a summary under names that are put together."""

    def on_init(self, packet, flow):
        flow.udps.first_time = packet.time
        flow.udps.last = {0: None, 1: None}
        flow.udps.gaps = {0: [], 1: []}
        flow.udps.relative = []
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        before = flow.udps.last[packet.direction]
        if before is not None:
            flow.udps.gaps[packet.direction].append(packet.time - before)
        flow.udps.last[packet.direction] = packet.time
        flow.udps.relative.append(packet.time - flow.udps.first_time)

    def on_expire(self, flow):
        for direction, prefix in ((0, "fwd"), (1, "bwd")):
            gaps = flow.udps.gaps[direction]
            for name, function in ("min", min), ("max", max), ("total", sum), ("count", len):
                setattr(flow.udps, f"{prefix}_gap_{name}", function(gaps) if gaps else 0)
        flow.udps.relative = flow.udps.relative[-5:]
        for name in ("first_time", "last", "gaps"):
            if hasattr(flow.udps, name):
                delattr(flow.udps, name)


class ActiveIdle(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.active, flow.udps.idle = [], []
        flow.udps.last_ms = flow.udps.begun_ms = packet.time

    def on_update(self, packet, flow):
        if packet.time - flow.udps.last_ms > self.threshold:
            flow.udps.idle.append(packet.time - flow.udps.last_ms)
            flow.udps.active.append(flow.udps.last_ms - flow.udps.begun_ms)
            flow.udps.begun_ms = packet.time
        flow.udps.last_ms = packet.time

    def on_expire(self, flow):
        flow.udps.active.append(flow.udps.last_ms - flow.udps.begun_ms)
        flow.udps.active_max, flow.udps.idle_max = max(flow.udps.active), max(flow.udps.idle, default=0.0)
        del flow.udps.last_ms, flow.udps.begun_ms


class Burst:
    def __init__(self, direction):
        self.direction, self.packets, self.bytes = direction, 0, 0

    def add(self, packet):
        self.packets += 1
        self.bytes += packet.payload_size


class Bursts(NFPlugin):
    """Objects of a class of one's own, which leave before the flow does."""

    def on_init(self, packet, flow):
        flow.udps.bursts = []
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        if not flow.udps.bursts or flow.udps.bursts[-1].direction != packet.direction:
            flow.udps.bursts.append(Burst(packet.direction))
        flow.udps.bursts[-1].add(packet)

    def on_expire(self, flow):
        bursts = flow.udps.bursts
        flow.udps.n_bursts = len(bursts)
        flow.udps.longest_burst = max(burst.packets for burst in bursts)
        flow.udps.burst_bytes = [burst.bytes for burst in bursts if burst.direction == 1][:5]
        del flow.udps.bursts


class Answers(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.answer_ms = []
        flow.udps.side, flow.udps.since = packet.direction, packet.time

    def on_update(self, packet, flow):
        if packet.direction != flow.udps.side:
            flow.udps.answer_ms.append(packet.time - flow.udps.since)
            flow.udps.side, flow.udps.since = packet.direction, packet.time

    def on_expire(self, flow):
        del flow.udps.since
        del flow.udps.side


class Matrix(NFPlugin):
    """An array that is filled packet by packet."""

    def on_init(self, packet, flow):
        flow.udps.matrix = np.zeros((self.rows, 4), dtype=int)
        self.fill(packet, flow)

    def on_update(self, packet, flow):
        if flow.bidirectional_packets <= self.rows:
            self.fill(packet, flow)

    def fill(self, packet, flow):
        row = packet.direction, packet.payload_size, packet.delta_time, packet.syn << 2 | packet.ack << 1 | packet.fin
        flow.udps.matrix[flow.bidirectional_packets - 1] = row

    def on_expire(self, flow):
        flow.udps.filled = int(np.count_nonzero(flow.udps.matrix.any(axis=1)))
        flow.udps.matrix = [list(map(int, row)) for row in flow.udps.matrix]


class Buckets(NFPlugin):
    BOUNDS = (128, 256, 512, 1024, 65536)

    def on_init(self, packet, flow):
        for bound in self.BOUNDS:
            setattr(flow.udps, f"up_to_{bound}", 0)
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        bound = next(bound for bound in self.BOUNDS if packet.raw_size <= bound)
        setattr(flow.udps, f"up_to_{bound}", getattr(flow.udps, f"up_to_{bound}") + 1)


class Enriched(NFPlugin):
    """A dictionary that several plugins put something into."""

    def on_init(self, packet, flow):
        flow.udps.enrichments = flow.udps.enrichments if hasattr(flow.udps, "enrichments") else {}
        flow.udps.enrichments[self.name] = {}
        flow.udps.detections = getattr(flow.udps, "detections", 0)
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        if packet.src_ip not in flow.udps.enrichments[self.name]:
            flow.udps.enrichments[self.name][packet.src_ip] = len(packet.src_ip)
            flow.udps.detections += 1


class LargeGaps(NFPlugin):
    """Reads the columns of the flow while it goes on."""

    def on_init(self, packet, flow):
        flow.udps.rates = []

    def on_update(self, packet, flow):
        if flow.bidirectional_duration_ms:
            flow.udps.rates.append(flow.bidirectional_bytes * 8 // flow.bidirectional_duration_ms)
        flow.udps.rates = flow.udps.rates[-3:]
        flow.udps.seen = (
            flow.src2dst_packets,
            flow.dst2src_packets,
            flow.bidirectional_last_seen_ms - flow.bidirectional_first_seen_ms,
        )


if __name__ == "__main__":
    plugins = [Times(), ActiveIdle(threshold=1000), Bursts(), Answers(), Matrix(rows=8), Buckets()]
    plugins += [Enriched(name="geo"), Enriched(name="noise"), LargeGaps()]
    for flow in NFStreamer(source=sys.argv[1], udps=plugins, n_dissections=0):
        print(flow.id, flow.src_port, vars(flow.udps))
    frame = NFStreamer(source=sys.argv[1], udps=plugins, n_dissections=0).to_pandas()
    print([name for name in frame.columns if name.startswith("udps.")])
    print(frame["udps.matrix"][0], frame["udps.enrichments"][0], frame["udps.idle_max"].sum())
