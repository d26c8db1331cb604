"""A subclass with an iteration of its own: files and frames have what it yields.

capture: web.pcap
capture: mail.pcap
"""

import csv
import sys

from nfstream import NFPlugin, NFStreamer


class OnlyTCP(NFStreamer):
    def __iter__(self):
        for flow in super().__iter__():
            if flow.protocol == 6:
                yield flow


class Limited(NFStreamer):
    def __init__(self, *args, most=3, **kwargs):
        super().__init__(*args, **kwargs)
        self.most = most

    def __iter__(self):
        for number, flow in enumerate(super().__iter__()):
            if number == self.most:
                return
            yield flow


class Renames(OnlyTCP):
    def __iter__(self):
        for flow in super().__iter__():
            flow.src_ip = "client"
            yield flow


class Ports(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.ports = f"{flow.src_port}-{flow.dst_port}"


class Exporter(NFStreamer):
    """A method of its own beside those that are there."""

    def dump(self, path):
        with open(path, "w", newline="") as file:
            writer = None
            for flow in self:
                writer = writer or csv.DictWriter(file, fieldnames=flow.keys())
                if file.tell() == 0:
                    writer.writeheader()
                writer.writerow(dict(zip(flow.keys(), flow.values())))


def show(streamer):
    frame = streamer.to_pandas()
    print(type(streamer).__name__, len(list(streamer)), streamer.to_csv("own.csv"), len(frame), frame["id"].tolist())
    with open("own.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    print(
        [row["id"] for row in rows],
        sorted({row["protocol"] for row in rows}),
        sorted({row["src_ip"] for row in rows}),
        list(rows[0]) == list(frame.columns),
    )
    print(len({row["src_ip"] for row in rows if len(row["src_ip"]) == 128}), [row.get("udps.ports") for row in rows][:3])


if __name__ == "__main__":
    for made in (
        OnlyTCP(source=sys.argv[1]),
        Limited(source=sys.argv[1], most=2, n_dissections=0),
        Renames(source=sys.argv[1], statistical_analysis=True, splt_analysis=2),
        OnlyTCP(source=sys.argv[1], udps=Ports()),
    ):
        show(made)
    hidden = OnlyTCP(source=sys.argv[1]).to_pandas(columns_to_anonymize=["src_ip"])
    print(len(hidden), hidden["src_ip"].str.len().unique().tolist())
    Exporter(source=sys.argv[1], n_dissections=0).dump("dumped.csv")
    Exporter(source=sys.argv[1], n_dissections=0).to_csv("written.csv")
    with open("dumped.csv", newline="") as dumped, open("written.csv", newline="") as written:
        print(list(csv.reader(dumped)) == list(csv.reader(written)))
    print(isinstance(hidden, type(None)), isinstance(made, NFStreamer), OnlyTCP(source=sys.argv[1]).source == sys.argv[1])
