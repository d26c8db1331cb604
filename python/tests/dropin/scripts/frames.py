"""to_pandas: columns, kinds, values; lists and empty text as unchanged scripts expect them.

capture: web.pcap
capture: ping.pcap
"""

import sys

import numpy as np
import pandas as pd
from nfstream import NFPlugin, NFStreamer


def kind(column):
    # Text is of another type in pandas 2 and 3.
    if pd.api.types.is_bool_dtype(column):
        return "bool"
    if pd.api.types.is_numeric_dtype(column):
        return str(column.dtype)
    return "text"


class Values(NFPlugin):
    """Attributes of every kind."""

    def on_init(self, packet, flow):
        flow.udps.number = 1
        flow.udps.fraction = 1.5
        flow.udps.text = 'a,b"c'
        flow.udps.empty = ""
        flow.udps.nothing = None
        flow.udps.digits = "007"
        flow.udps.code = "NA"
        flow.udps.flag = flow.protocol == 6
        flow.udps.whole = [1, 2]
        flow.udps.fractions = [0.5]
        flow.udps.words = ["x", "y"]
        flow.udps.none_yet = []
        flow.udps.pair = (1, 2)
        flow.udps.named = {"k": 1}
        flow.udps.raw = b"\x00\x01"
        flow.udps.sometimes = "" if flow.protocol == 6 else "udp"
        flow.udps.sometimes_number = None if flow.protocol == 6 else 7
        flow.udps.unknown = float("nan")


if __name__ == "__main__":
    frame = NFStreamer(source=sys.argv[1], n_dissections=0, statistical_analysis=True, splt_analysis=3, udps=Values()).to_pandas()
    print(frame.shape, list(frame.index) == list(range(len(frame))))
    for name in frame.columns:
        column = frame[name]
        print(
            name,
            kind(column) if column.notna().any() else "nothing",
            column.isna().sum(),
            [value for value in column.dropna().tolist() if value == value][:4],
        )
    plain = NFStreamer(source=sys.argv[1]).to_pandas()
    print(plain.shape, [(name, int(plain[name].isna().sum())) for name in ("requested_server_name", "content_type")])
    print(plain["application_name"].tolist(), plain["requested_server_name"].fillna("-").tolist())
    print(
        type(plain["src_ip"][0]).__name__,
        type(plain["src_port"][0].item()).__name__,
        np.issubdtype(plain["bidirectional_bytes"].dtype, np.integer),
    )
