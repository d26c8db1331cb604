"""to_csv: where files are, how they are called, what they hold, what is returned; rotation; errors.

capture: web.pcap
capture: http.pcap
"""

import csv
import os
import pathlib
import sys

from nfstream import NFStreamer


def rows(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def there():
    return sorted(name for name in os.listdir(".") if "csv" in name)


def outcome(call):
    try:
        return call()
    except Exception as error:
        return type(error).__name__


if __name__ == "__main__":
    capture = sys.argv[1]
    streamer = NFStreamer(source=capture, n_dissections=0, statistical_analysis=True, splt_analysis=4)
    print(streamer.to_csv(), there())
    table = rows(capture + ".csv")
    flows = list(streamer)
    print(
        table[0] == flows[0].keys(),
        len(table),
        [row == [str(value) for value in flow.values()] for row, flow in zip(table[1:], flows)],
    )
    print([cell for cell in table[1] if "[" in cell])
    os.remove(capture + ".csv")

    print(streamer.to_csv("own.csv"), streamer.to_csv(path=pathlib.Path("path.csv")), streamer.to_csv("own.csv"), there())
    print(rows("own.csv") == rows("path.csv") == table)
    for name in there():
        os.remove(name)

    print(streamer.to_csv(path="parts.csv", flows_per_file=2), there())
    print([[row[0] for row in rows(name)] for name in there()])
    for name in there():
        os.remove(name)
    print(streamer.to_csv(path="ring.csv", flows_per_file=1, rotate_files=2), there())
    print([[row[0] for row in rows(name)] for name in there()])
    for name in there():
        os.remove(name)
    print(streamer.to_csv(path="all.csv", flows_per_file=1000), there(), streamer.to_csv(path="one.csv", rotate_files=3), there())
    for name in there():
        os.remove(name)

    for wrong in -1, "yes", None, 1.5:
        print(
            outcome(lambda: streamer.to_csv("wrong.csv", flows_per_file=wrong)),
            outcome(lambda: streamer.to_csv("wrong.csv", rotate_files=wrong)),
        )
    print(outcome(lambda: streamer.to_csv("no-folder/flows.csv")), there())
    limited = NFStreamer(source=capture, max_nflows=3)
    print(limited.to_csv("limited.csv"), len(rows("limited.csv")), [flow.id for flow in limited], len(limited.to_pandas()))
