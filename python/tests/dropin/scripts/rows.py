"""Files that scripts write and read again: by csv and pandas, one for each capture, temporary ones, with labels.

capture: web.pcap dns.pcap http.pcap
"""

import ast
import csv
import glob
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
from nfstream import NFPlugin, NFStreamer


class Sizes(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.sizes = [packet.raw_size]
        flow.udps.pairs = [(packet.direction, packet.raw_size)]

    def on_update(self, packet, flow):
        flow.udps.sizes.append(packet.raw_size)
        flow.udps.pairs.append((packet.direction, packet.raw_size))


def by_temporary_file(capture):
    path = os.path.join(tempfile.gettempdir(), f"flows_{os.getpid()}.csv")
    count = NFStreamer(source=capture, n_dissections=0).to_csv(path=path)
    frame = pd.read_csv(path)
    os.unlink(path)
    return count, frame


if __name__ == "__main__":
    folder = Path("out")
    folder.mkdir()
    for capture in sorted(glob.glob("*.pcap")):
        target = folder / (os.path.splitext(capture)[0] + ".csv")
        flows = NFStreamer(source=capture, statistical_analysis=True, splt_analysis=10).to_csv(
            path=str(target), columns_to_anonymize=[], flows_per_file=0, rotate_files=0
        )
        print(capture, flows, len(pd.read_csv(target)))
    print(sorted(os.listdir(folder)))
    whole = pd.concat([pd.read_csv(file).assign(label=file.stem) for file in sorted(folder.glob("*.csv"))])
    print(
        whole.shape,
        whole["label"].value_counts().sort_index().to_dict(),
        whole["application_name"].value_counts().sort_index().to_dict(),
    )

    count, frame = by_temporary_file(sys.argv[2])
    print(count, frame.shape, frame["dst_port"].tolist())

    print(NFStreamer(source=sys.argv[1], udps=Sizes()).to_csv(path=f"{sys.argv[1]}.sizes.csv"))
    frame = pd.read_csv(f"{sys.argv[1]}.sizes.csv")
    print(frame["udps.sizes"].map(ast.literal_eval).map(sum).tolist() == frame["bidirectional_bytes"].tolist())
    print([pairs[:2] for pairs in frame["udps.pairs"].map(ast.literal_eval)])

    with open("manual.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "src", "dst", "bytes"])
        for flow in NFStreamer(source=sys.argv[3]):
            writer.writerow([flow.bidirectional_first_seen_ms, flow.src_ip, flow.dst_ip, flow.bidirectional_bytes])
    print(Path("manual.csv").read_text().splitlines())

    with open("flows.jsonl", "w") as file:
        for flow in NFStreamer(source=sys.argv[3], splt_analysis=2):
            file.write(json.dumps(dict(zip(flow.keys(), flow.values()))) + "\n")
    print([json.loads(line)["splt_ps"] for line in open("flows.jsonl")])

    NFStreamer(source=sys.argv[1]).to_csv("parts.csv", flows_per_file=5)
    parts = sorted(glob.glob("parts.*.csv"))
    print(parts, [sum(1 for _ in open(part)) for part in parts])
    usage = Counter()
    for part in parts:
        with open(part, newline="") as file:
            for row in csv.DictReader(file):
                usage[row["application_name"]] += int(row["bidirectional_bytes"])
    print(sorted(usage.items()))
    appended = Path("appended.csv")
    for capture in sys.argv[1:]:
        NFStreamer(source=capture).to_pandas().to_csv(appended, mode="a", header=not appended.exists(), index=False)
    print(len(pd.read_csv(appended)))
