"""What notebooks do with frames.

capture: web.pcap
capture: dns.pcap
capture: http.pcap
"""

import datetime
import io
import json
import os
import sys

import numpy as np
import pandas as pd
from nfstream import NFStreamer

KEY = ["src_ip", "src_port", "dst_ip", "dst_port", "protocol"]

if __name__ == "__main__":
    frame = NFStreamer(source=sys.argv[1], statistical_analysis=True, splt_analysis=3).to_pandas(columns_to_anonymize=[])
    print(frame[[*KEY, "application_name"]].head(3).values.tolist(), frame.shape[0], frame.empty)
    print(frame["dst_port"].value_counts().sort_index().to_dict(), frame["protocol"].map({6: "TCP", 17: "UDP", 1: "ICMP"}).tolist())
    print(frame.groupby("application_name")["bidirectional_bytes"].sum().to_dict())
    print(
        frame.groupby(["src_ip", "dst_ip"])
        .agg(packets=("bidirectional_packets", "sum"), flows=("id", "count"))
        .reset_index()
        .values.tolist()
    )
    print(
        frame[frame["application_name"].isin(["HTTP", "TLS"])]["id"].tolist(),
        frame.query("protocol == 17 and bidirectional_packets > 2")["id"].tolist(),
    )
    print(
        frame[frame["application_name"].str.contains("TLS|SMTP")].index.tolist(),
        frame.loc[frame["dst_port"] == 80, "requested_server_name"].tolist(),
    )

    frame["up_ratio"] = frame["src2dst_bytes"] / (frame["bidirectional_bytes"] + 1e-9)
    frame["pps"] = np.where(
        frame["bidirectional_duration_ms"] > 0,
        frame["bidirectional_packets"] / frame["bidirectional_duration_ms"].replace(0, 1) * 1000,
        0,
    )
    print(frame["up_ratio"].round(6).tolist(), frame["pps"].round(6).tolist())
    begun = pd.to_datetime(frame["bidirectional_first_seen_ms"], unit="ms")
    print(begun.min().isoformat(), (begun.max() - begun.min()).total_seconds(), begun.dt.second.tolist())
    print(datetime.datetime.fromtimestamp(frame["bidirectional_last_seen_ms"].max() / 1000.0, datetime.timezone.utc).isoformat())
    print(
        frame.sort_values("bidirectional_bytes", ascending=False)["id"].head(3).tolist(),
        frame.nlargest(2, "bidirectional_packets")["id"].tolist(),
    )
    print(frame["bidirectional_first_seen_ms"].diff().fillna(0).astype(int).tolist())

    text = frame.drop(columns=["up_ratio", "pps"]).to_csv(index=False)
    again, wanted = (
        pd.read_csv(io.StringIO(text)),
        NFStreamer(source=sys.argv[1], statistical_analysis=True, splt_analysis=3).to_pandas(),
    )
    print(pd.testing.assert_frame_equal(again.dropna(axis=1, how="all"), wanted.dropna(axis=1, how="all")))
    print(json.loads(frame[KEY].to_json(orient="records"))[0], len(frame.to_dict("records")), frame[KEY].drop_duplicates().shape)
    print(
        frame.dropna(axis=1, how="all").select_dtypes(include="number").shape[1],
        frame.isnull().sum().loc[["src_ip", "src_port"]].tolist(),
    )
    print(frame.drop(columns=frame.filter(regex="^(src|dst)_|application|_fingerprint|_ms$").columns).columns.tolist())
    print(int(frame.duplicated(subset=["src_ip", "dst_ip"]).sum()), frame["src_ip"].nunique(), frame["dst_ip"].unique().tolist())
    print(frame.describe().loc[["min", "max"], ["bidirectional_packets", "bidirectional_mean_ps"]].round(6).values.tolist())
    print(pd.crosstab(frame["application_name"], frame["protocol"]).values.tolist(), pd.get_dummies(frame["protocol"]).shape)
    for _, row in frame.head(2).iterrows():
        print(row["src_ip"], int(row["src_port"]), row["splt_ps"], row.get("label", "-"))
    print([tuple(row) for row in frame[KEY].itertuples(index=False)][:2])

    frame["label"] = "benign"
    frame["file"] = os.path.basename(sys.argv[1])
    both = pd.concat([frame, frame.assign(label="attack")], ignore_index=True)
    print(both.shape[0], both["label"].value_counts().sort_index().to_dict())
    pairs = frame[KEY].merge(both[[*KEY, "label"]], on=KEY, how="left")
    print(len(pairs), both.groupby("label")["bidirectional_packets"].mean().round(6).to_dict())
    lists = pd.DataFrame(frame["splt_ps"].str.strip("[]").str.split(",").tolist()).astype(int).add_prefix("ps_")
    print(
        pd.concat([frame[["id"]], lists], axis=1).iloc[0].tolist(),
        frame.pivot_table(index="dst_port", values="bidirectional_bytes", aggfunc="max").index.tolist(),
    )
    frame.insert(0, "number", range(1, 1 + len(frame)))
    del frame["src_oui"]
    print(
        frame.columns[:4].tolist(),
        frame.set_index("id").loc[0, "dst_ip"],
        frame["requested_server_name"].fillna("unknown").tolist(),
    )
