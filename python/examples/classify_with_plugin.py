"""Trains a classifier of scikit-learn on the flows of captures, and lets a plugin say what it takes each flow for.

    python classify_with_plugin.py CAPTURE...

The classifier learns to tell applications by sizes and times alone: what they are, inspection of payloads has told.
"""

import sys

from nfstream import NFlow, NFPlugin, NFStreamer

try:
    from sklearn.ensemble import RandomForestClassifier
except ModuleNotFoundError:
    print("scikit-learn is not installed: pip install scikit-learn pandas", file=sys.stderr)
    sys.exit(0)

COLUMNS = [
    "protocol",
    "bidirectional_packets",
    "bidirectional_mean_ps",
    "bidirectional_stddev_ps",
    "src2dst_max_ps",
    "dst2src_max_ps",
    "bidirectional_mean_piat_ms",
    "bidirectional_psh_packets",
]


class Classifier(NFPlugin):
    """Sets ``flow.udps.prediction`` when a flow ends."""

    classifier: RandomForestClassifier

    def on_expire(self, flow: NFlow) -> None:
        row = [getattr(flow, name) for name in COLUMNS]
        flow.udps.prediction = self.classifier.predict([row])[0]


captures = sys.argv[1:]
flows = NFStreamer(captures, statistical_analysis=True).to_pandas()
forest = RandomForestClassifier(100, random_state=0)
forest.fit(flows[COLUMNS].to_numpy(), flows["application_name"])

# Usually another capture; and whether a classifier is any good can only be seen with flows that it was not trained on.
streamer = NFStreamer(captures, statistical_analysis=True, udps=Classifier(classifier=forest))
right = 0
for flow in streamer:
    right += flow.udps.prediction == flow.application_name
    print(f"{flow.src_ip} -> {flow.dst_ip}:{flow.dst_port}  {flow.application_name}  {flow.udps.prediction}")
print(f"{right} of {len(flows)} as inspection says")
