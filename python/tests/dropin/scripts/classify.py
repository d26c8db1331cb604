"""Models in plugins and over flows: features by name, arrays, early verdicts, flows that end once they are known.

capture: web.pcap
capture: mail.pcap
"""

import pickle
import sys

import numpy as np
import pandas as pd
from nfstream import NFPlugin, NFStreamer

FEATURES = ["bidirectional_packets", "bidirectional_bytes", "bidirectional_mean_ps", "src2dst_max_ps", "no_such_feature"]


class Model:
    """In the place of one of scikit-learn's."""

    def predict(self, rows):
        return np.array([int(np.asarray(row, dtype=float).sum()) % 3 for row in rows])

    def predict_proba(self, rows):
        return np.array([[1 - 1 / (1 + len(row)), 1 / (1 + len(row))] for row in rows])


class Prediction(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.model_prediction = 0

    def on_expire(self, flow):
        to_predict = np.array([flow.bidirectional_packets, flow.bidirectional_bytes]).reshape((1, -1))
        flow.udps.model_prediction = int(self.model.predict(to_predict)[0])


class Early(NFPlugin):
    """Decides after so many packets, and ends the flow."""

    def on_init(self, packet, flow):
        flow.udps.sizes = [packet.raw_size]
        flow.udps.verdict = None

    def on_update(self, packet, flow):
        flow.udps.sizes.append(packet.raw_size * (-1 if packet.direction else 1))
        if len(flow.udps.sizes) == self.after:
            flow.udps.verdict = ["chat", "file", "video"][int(self.model.predict([flow.udps.sizes])[0])]
            flow.expiration_id = -1


class Pending(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.prediction, flow.udps.confidence = "PENDING", 0.0

    def on_expire(self, flow):
        try:
            seconds = flow.bidirectional_duration_ms / 1000.0
            rates = {"packets": flow.bidirectional_packets / seconds, "bytes": flow.bidirectional_bytes / seconds}
            row = pd.DataFrame([rates]).fillna(0)
            flow.udps.prediction = ["benign", "flood", "scan"][int(self.model.predict(row.values)[0])]
            flow.udps.confidence = float(self.model.predict_proba(row.values)[0][0])
        except ZeroDivisionError:
            flow.udps.prediction = "NONE"


def row_of(flow):
    return [getattr(flow, feature, 0) for feature in FEATURES]


if __name__ == "__main__":
    model = pickle.loads(pickle.dumps(Model()))
    for flow in NFStreamer(source=sys.argv[1], udps=Prediction(model=model), n_dissections=0):
        print(flow.id, flow.udps.model_prediction, type(flow.udps.model_prediction).__name__)
    for flow in sorted(
        NFStreamer(source=sys.argv[1], udps=Early(model=model, after=4), n_dissections=0),
        key=lambda flow: (flow.bidirectional_first_seen_ms, flow.src_port, flow.bidirectional_packets, flow.bidirectional_bytes),
    ):
        print(flow.src_port, flow.dst_port, flow.expiration_id, flow.udps.sizes, flow.udps.verdict)
    streamer = NFStreamer(source=sys.argv[1], statistical_analysis=True, n_dissections=0, udps=Pending(model=model))
    rows, names = [], []
    for flow in streamer:
        print(flow.id, flow.udps.prediction, round(flow.udps.confidence, 3))
        rows.append(row_of(flow))
        names.append(f"{flow.src_ip}:{flow.src_port} -> {flow.dst_ip}:{flow.dst_port}")
    print(dict(zip(names, model.predict(rows).tolist())))

    frame = streamer.to_pandas()
    X = frame.select_dtypes(include=[np.number]).drop(columns=["id", "expiration_id"], errors="ignore")
    X = X.replace([np.inf, -np.inf], np.nan).fillna(0)
    print(X.shape, X.dtypes.astype(str).value_counts().sort_index().to_dict(), int(X.to_numpy().astype(float)[:, 15:].sum()))
    wanted = ["bidirectional_packets", "bidirectional_mean_ps", "dst2src_stddev_ps"]
    print(frame[wanted].round(6).values.tolist(), np.round(frame[wanted].corr().values, 6).tolist())
    print(frame.groupby("udps.prediction")["bidirectional_bytes"].agg(["count", "sum"]).to_dict())
