"""Examples of nfstream's documentation: early statistics, frames, plugins that count, slice, do SPLT again, ask a model.

capture: web.pcap
capture: corpus/facebook.pcap
capture: corpus/google_ssl.pcap
capture: corpus/steam.pcap
"""

import sys

import numpy
from nfstream import NFPlugin, NFStreamer


class PacketsOfSize(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.of_this_size = 1 if packet.raw_size == self.size else 0

    def on_update(self, packet, flow):
        if packet.raw_size == self.size:
            flow.udps.of_this_size += 1


class Slicer(NFPlugin):
    def on_init(self, packet, flow):
        if self.limit == 1:
            flow.expiration_id = -1

    def on_update(self, packet, flow):
        if self.limit == flow.bidirectional_packets:
            flow.expiration_id = -1


class Sequence(NFPlugin):
    """Direction, size and time of the first packets, in the accounting mode that is asked for."""

    @staticmethod
    def size(packet, mode):
        return (packet.raw_size, packet.ip_size, packet.transport_size, packet.payload_size)[mode]

    def on_init(self, packet, flow):
        flow.udps.directions, flow.udps.sizes, flow.udps.times = ([-1] * self.length for _ in range(3))
        flow.udps.directions[0], flow.udps.sizes[0], flow.udps.times[0] = 0, self.size(packet, self.mode), 0

    def on_update(self, packet, flow):
        place = flow.bidirectional_packets - 1
        if place < self.length:
            flow.udps.directions[place] = packet.direction
            flow.udps.sizes[place] = self.size(packet, self.mode)
            flow.udps.times[place] = packet.delta_time


class Prediction(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.model_prediction = 0

    def on_expire(self, flow):
        features = numpy.array([flow.bidirectional_packets, flow.bidirectional_bytes]).reshape((1, -1))
        flow.udps.model_prediction = self.my_model(features)


def my_model(features):
    return int(features.sum() > 2000)


if __name__ == "__main__":
    path = sys.argv[1]
    for flow in NFStreamer(source=path, n_dissections=0, splt_analysis=10):
        print(str(flow).replace("\n      ", " "))
    statistics = NFStreamer(source=path, n_dissections=0, statistical_analysis=True)
    for flow in statistics:
        print(
            str(flow).replace("\n      ", " ").split("dst2src_bytes=")[1].count("="),
            flow.bidirectional_packets,
            flow.bidirectional_max_ps,
        )
    print(
        statistics.to_pandas()[
            ["src_ip", "src_port", "dst_ip", "dst_port", "protocol", "bidirectional_packets", "bidirectional_bytes"]
        ].values.tolist()
    )
    print(statistics.to_csv(path=None, columns_to_anonymize=(), flows_per_file=0, rotate_files=0))
    extended = NFStreamer(source=path, udps=PacketsOfSize(size=66), n_dissections=0)
    print([flow.udps.of_this_size for flow in extended], extended.to_pandas()["udps.of_this_size"].sum())
    print([(f.bidirectional_packets, f.expiration_id) for f in NFStreamer(source=path, udps=Slicer(limit=7), n_dissections=0)])
    for mode in 0, 1, 2, 3:
        both = NFStreamer(source=path, splt_analysis=5, accounting_mode=mode, n_dissections=0, udps=Sequence(length=5, mode=mode))
        print([(f.udps.directions, f.udps.sizes, f.udps.times) == (f.splt_direction, f.splt_ps, f.splt_piat_ms) for f in both])
    print([flow.udps.model_prediction for flow in NFStreamer(source=path, n_dissections=0, udps=Prediction(my_model=my_model))])
