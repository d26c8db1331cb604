"""Trains a classifier on what is known after the first packets of a flow, and classifies flows by that.

    python classify_early.py CAPTURE...

A plugin takes the values for training; to use the model takes none.
"""

import sys
import tempfile
from pathlib import Path

from nfstream import NFlow, NFModel, NFPacket, NFPlugin, NFStreamer

try:
    import onnxruntime  # noqa: F401
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier
except ModuleNotFoundError as missing:
    print(f"{missing.name} is not installed: pip install scikit-learn skl2onnx onnxruntime", file=sys.stderr)
    sys.exit(0)

AFTER = 4
COLUMNS = ["protocol", "bidirectional_bytes", "bidirectional_duration_ms", "bidirectional_max_ps", "splt_ps"]


class Early(NFPlugin):
    """Sets ``flow.udps.early`` to the values after the first packets; of a flow that has fewer, to its last."""

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        self.on_update(packet, flow)

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        if flow.bidirectional_packets <= AFTER:
            flow.udps.early = [getattr(flow, name) for name in COLUMNS]


streamer = NFStreamer(sys.argv[1:], statistical_analysis=True, splt_analysis=AFTER, udps=Early())
flows = list(streamer)
early = dict(zip(COLUMNS, zip(*(flow.udps.early for flow in flows))))
rows = NFModel.matrix(early, COLUMNS)
forest = RandomForestClassifier(100, random_state=0).fit(rows, [flow.application_name for flow in flows])

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "early.onnx"
    model = NFModel.record(to_onnx(forest, rows[:1], options={"zipmap": False}), COLUMNS, after=AFTER)
    path.write_bytes(model.SerializeToString())

    streamer.udps = None
    streamer.model = NFModel(path)
    for flow in streamer:
        print(f"{flow.src_ip} -> {flow.dst_ip}:{flow.dst_port}  {flow.application_name}  {flow.prediction}")
