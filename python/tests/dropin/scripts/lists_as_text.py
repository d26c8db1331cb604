"""Lists of a frame are text, which scripts parse in many ways.

capture: web.pcap
capture: ssh.pcap
"""

import ast
import json
import sys

import numpy as np
import pandas as pd
from nfstream import NFStreamer

if __name__ == "__main__":
    frame = NFStreamer(source=sys.argv[1], splt_analysis=6, n_dissections=0).to_pandas()
    sizes = frame["splt_ps"]
    print(sizes.tolist())
    print(sizes.apply(json.loads).tolist() == sizes.apply(ast.literal_eval).tolist())
    print([[int(size) for size in text.strip("[]").split(", ")] for text in sizes])
    print(
        sizes.str.replace("[", "", regex=False)
        .str.replace("]", "", regex=False)
        .str.split(",", expand=True)
        .astype(int)
        .sum()
        .tolist()
    )
    print(np.vstack(sizes.map(lambda text: np.fromstring(text[1:-1], dtype=int, sep=","))).shape)
    print(pd.DataFrame(sizes.apply(json.loads).tolist(), columns=[f"size_{i}" for i in range(6)]).max().tolist())
    print(frame.groupby("splt_direction").size().sort_index().to_dict())
    print(frame.drop_duplicates().shape, frame["splt_direction"].nunique(), sorted(frame["splt_direction"].unique()))
    print(frame["splt_direction"].value_counts().sort_index().tolist(), frame.duplicated().any())
    print(frame["splt_piat_ms"].map(type).map(lambda of: of.__name__).unique().tolist(), frame["splt_ps"].str.len().tolist())
    print(json.loads(frame[["src_port", "splt_ps"]].to_json(orient="records"))[0])
    for flow in NFStreamer(source=sys.argv[1], splt_analysis=6, n_dissections=0):
        print(
            type(flow.splt_ps).__name__,
            flow.splt_ps == json.loads(sizes[flow.id]),
            np.array(flow.splt_ps)[np.array(flow.splt_direction) == 0].tolist(),
        )
