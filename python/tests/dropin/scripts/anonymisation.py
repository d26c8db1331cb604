"""columns_to_anonymize: digests in files and frames, the same for the same value, new with every call.

capture: web.pcap
"""

import contextlib
import csv
import hashlib
import io
import string
import sys

from nfstream import NFPlugin, NFStreamer
from nfstream.anonymizer import NFAnonymizer

HIDDEN = ["src_ip", "dst_ip", "src_port", "requested_server_name"]


class Peer(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.peer = flow.dst_ip


def is_digest(text):
    return isinstance(text, str) and len(text) == 128 and set(text) <= set(string.hexdigits.lower())


if __name__ == "__main__":
    streamer = NFStreamer(source=sys.argv[1])
    plain = streamer.to_pandas(columns_to_anonymize=[])
    hidden = streamer.to_pandas(columns_to_anonymize=HIDDEN)
    print(
        [name for name in plain.columns if not plain[name].equals(hidden[name])]
        == [name for name in plain.columns if name in HIDDEN]
    )
    for name in HIDDEN:
        values = dict(zip(plain[name].fillna(""), hidden[name]))
        print(
            name,
            all(map(is_digest, hidden[name])),
            len(values),
            len(set(hidden[name])),
            [values[value] for value in plain[name].fillna("")] == hidden[name].tolist(),
        )
    again = streamer.to_pandas(columns_to_anonymize=HIDDEN)
    print(set(again["src_ip"]) & set(hidden["src_ip"]))
    print(set(hidden["src_ip"]) & set(hidden["dst_ip"]) == set())
    print(streamer.to_pandas(columns_to_anonymize=("src_mac",))["src_mac"].nunique(), streamer.to_pandas(())["src_mac"].nunique())

    print(streamer.to_csv("hidden.csv", columns_to_anonymize=HIDDEN))
    with open("hidden.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    print([all(is_digest(row[name]) for row in rows) for name in HIDDEN], [row["dst_port"] for row in rows])
    print(len({row["src_ip"] for row in rows}), len({row["src_port"] for row in rows}))

    try:
        # nfstream prints a warning.
        with contextlib.redirect_stdout(io.StringIO()):
            flows = len(streamer.to_pandas(columns_to_anonymize=["src_pi"]))
        print("a typo:", flows)
    except ValueError:
        print("a typo: ValueError")

    peers = NFStreamer(source=sys.argv[1], udps=Peer()).to_pandas(columns_to_anonymize=["dst_ip", "udps.peer"])
    print(is_digest(peers["udps.peer"][0]), (peers["udps.peer"] == peers["dst_ip"]).all())

    anonymizer = NFAnonymizer(["dst_ip", "dst_port"])
    flows = list(NFStreamer(source=sys.argv[1]))
    processed = [anonymizer.process(flow) for flow in flows]
    print([[is_digest(value) for value in values].count(True) for values in processed])
    key = anonymizer._secret
    print(len(key), processed[0][6] == hashlib.blake2b(b"10.0.0.53", digest_size=64, key=key).hexdigest())
    print(
        processed[0][9] == hashlib.blake2b(b"53", digest_size=64, key=key).hexdigest(), flows[0].dst_ip, type(processed[0]).__name__
    )
    print(NFAnonymizer([]).process(flows[0]) == flows[0].values())
