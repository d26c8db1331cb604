#!/usr/bin/env python3
"""Every documented name of nfstream 6.6's interface, and what it gives for one capture, as JSON.

    python3 bench/interface.py CAPTURE                       with the nfstream of this Python
    python3 bench/interface.py CAPTURE --against PYTHON      and what is different with that of another
    python3 bench/interface.py CAPTURE --digests             a digest of each part

The digests that nfstream 6.6.0 gives for testdata/web.pcap are kept in python/tests/interface.json, and tested against.
"""

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import warnings

# The numbers of nfstream 6.6; nfstream itself does not look here.
os.environ["NFSTREAM_PROFILE"] = "nfstream"

from nfstream import NFPlugin, NFStreamer  # noqa: E402
from nfstream.plugins import DHCP, JA4, MDNS, SPLT, FlowSlicer  # noqa: E402

PARAMETERS = {
    "decode_tunnels": True,
    "bpf_filter": None,
    "promiscuous_mode": True,
    "snapshot_length": 1536,
    "socket_buffer_size": 0,
    "idle_timeout": 120,
    "active_timeout": 1800,
    "accounting_mode": 0,
    "udps": None,
    "n_dissections": 20,
    "statistical_analysis": False,
    "splt_analysis": 0,
    "n_meters": 1,
    "max_nflows": 0,
    "performance_report": 0,
    "system_visibility_mode": 0,
    "system_visibility_poll_ms": 100,
}

#: Ours read as what they were set to; nfstream's do not.
NOT_READ_BACK = "udps", "bpf_filter", "n_meters", "max_nflows"

WRONG = {
    # None is the first interface here.
    "source": [5, "/nonexistent/capture.pcap", ["/nonexistent/capture.pcap"]],
    "decode_tunnels": [1, "True"],
    "promiscuous_mode": [1],
    "snapshot_length": [0, -1, "1536"],
    "socket_buffer_size": [-1, "0"],
    "idle_timeout": [-1, "120"],
    "active_timeout": [-1, "1800"],
    "accounting_mode": [-1, 4, "0"],
    "udps": [5, "plugin", [5]],
    "n_dissections": [-1, 65536, "20"],
    "statistical_analysis": [1],
    "splt_analysis": [-1, 65536, "0"],
    "n_meters": [-1, "1"],
    "max_nflows": [-1, "0"],
    "performance_report": [-1, "0"],
    "system_visibility_mode": [-1, 2, "0"],
    "system_visibility_poll_ms": [-1, "100"],
}

PACKET = (
    "time delta_time direction raw_size ip_size transport_size payload_size src_ip src_mac src_oui dst_ip dst_mac dst_oui "
    "src_port dst_port protocol vlan_id ip_version syn cwr ece urg ack psh rst fin tunnel_id"
).split()


ORDER = "bidirectional_first_seen_ms", "src_ip", "src_port", "dst_port", "bidirectional_bytes"


class Everything(NFPlugin):
    """Uses all that a plugin may use."""

    def on_init(self, packet, flow):
        flow.udps.packets = []
        flow.udps.so_far = []
        flow.udps.greeting = self.greeting
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        values = [getattr(packet, name) for name in PACKET]
        flow.udps.packets.append([*values, packet.ip_packet.hex()])
        flow.udps.so_far.append([flow.bidirectional_packets, flow.src2dst_bytes, flow.bidirectional_max_ps, flow.splt_ps[0]])

    def on_expire(self, flow):
        flow.udps.total = len(flow.udps.packets)

    def cleanup(self):
        del self.greeting


class Ends(NFPlugin):
    """Ends every flow of DNS with its first packet."""

    def on_init(self, packet, flow):
        if flow.dst_port == 53:
            flow.expiration_id = -1


class Counter(NFPlugin):
    """A column of a file."""

    def on_init(self, packet, flow):
        flow.udps.large = int(packet.raw_size >= self.least)

    def on_update(self, packet, flow):
        flow.udps.large += int(packet.raw_size >= self.least)


def row(flow):
    values = dict(zip(flow.keys(), flow.values()))
    return {name: value for name, value in values.items() if not name.startswith("udps.") and name != "id"}


def by_time(flows):
    """Flows that end at once come in another order than nfstream's, and have other ids."""
    return sorted(flows, key=lambda flow: [getattr(flow, name) for name in ORDER])


def flows_of(capture, **parameters):
    return by_time(NFStreamer(source=capture, n_meters=1, **parameters))


def refused(capture, name, value):
    try:
        NFStreamer(**{"source": capture, name: value})
    except ValueError:
        return "ValueError"
    return "accepted"


def files(capture):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "flows.csv")
        streamer = NFStreamer(source=capture, n_meters=1, udps=Counter(least=1000), splt_analysis=2)
        total = streamer.to_csv(path=path, columns_to_anonymize=["src_ip"], flows_per_file=0)
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
        several = streamer.to_csv(path=os.path.join(folder, "part.csv"), flows_per_file=5, rotate_files=2)
        return {
            "to_csv": total,
            "columns": list(rows[0]),
            "digests": [sorted({len(one["src_ip"]) for one in rows}), len({one["src_ip"] for one in rows})],
            "rows": sorted([one["src_port"], one["splt_ps"], one["udps.large"], one["application_name"]] for one in rows),
            "to_csv in parts": [several, sorted(name for name in os.listdir(folder) if name.startswith("part"))],
        }


def frames(capture):
    frame = NFStreamer(source=capture, n_meters=1, udps=Counter(least=1000)).to_pandas(columns_to_anonymize=["dst_ip"])
    frame = frame.sort_values(["bidirectional_first_seen_ms", "src_port"])
    return {
        "columns": list(frame.columns),
        "types": {name: str(kind) for name, kind in frame.dtypes.items() if str(kind) in ("int64", "float64")},
        "large": frame["udps.large"].tolist(),
        "digests": frame["dst_ip"].str.len().tolist(),
        "bytes": int(frame["bidirectional_bytes"].sum()),
    }


def shipped(capture):
    flows = flows_of(capture, udps=[SPLT(sequence_length=4, accounting_mode=2), JA4(), MDNS()], n_dissections=0)
    sliced = flows_of(capture, udps=FlowSlicer(limit=4))
    asked = flows_of(capture, udps=DHCP())
    return {
        "SPLT": [[flow.udps.splt_direction, flow.udps.splt_ps, flow.udps.splt_piat_ms] for flow in flows],
        # Ours has no JA4S: its licence is not free.
        "JA4": [flow.udps.ja4 for flow in flows],
        "MDNS": [flow.udps.mdns_ptr for flow in flows],
        "FlowSlicer": [[flow.src_port, flow.bidirectional_packets, flow.expiration_id] for flow in sliced],
        "DHCP": [str(flow.udps.dhcp_msg_type) for flow in asked],
    }


def interface(capture):
    """All of it, by what it is about."""
    streamer = NFStreamer(source=capture, **PARAMETERS)
    plugged = flows_of(capture, udps=Everything(greeting="hello"), statistical_analysis=True, splt_analysis=3)
    first = plugged[0]
    return {
        "parameters": {name: getattr(streamer, name) for name in PARAMETERS if name not in NOT_READ_BACK},
        "refused": {name: [refused(capture, name, value) for value in values] for name, values in WRONG.items()},
        "flows": [row(flow) for flow in flows_of(capture)],
        "all columns": [row(flow) for flow in flows_of(capture, statistical_analysis=True, splt_analysis=3)],
        "sizes": [[row(flow) for flow in flows_of(capture, accounting_mode=mode, n_dissections=0)] for mode in (1, 2, 3)],
        "timeouts": [row(flow) for flow in flows_of(capture, idle_timeout=0, active_timeout=0, n_dissections=0)],
        "list of sources": len(flows_of([capture, capture])),
        "without tunnels": flows_of(capture, decode_tunnels=False)[0].keys(),
        "plugins": [[flow.udps.packets, flow.udps.so_far, flow.udps.greeting, flow.udps.total] for flow in plugged],
        "names of udps": first.keys()[-4:],
        "str": str(flows_of(capture)[0]),
        "ends": sorted([flow.src_port, flow.expiration_id] for flow in flows_of(capture, udps=[Ends()])),
        "files": files(capture),
        "frames": frames(capture),
        "nfstream.plugins": shipped(capture),
    }


def digests(parts):
    """A digest of each part."""
    return {name: hashlib.sha256(json.dumps(part).encode()).hexdigest()[:16] for name, part in parts.items()}


def differences(ours, theirs, at=""):
    """Where two values differ, in lines."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in dict.fromkeys([*ours, *theirs]):
            yield from differences(ours.get(name), theirs.get(name), f"{at}/{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, f"{at}/{number}")
    elif ours != theirs and not (isinstance(ours, float) and abs(ours - theirs) < 1e-9 * abs(ours)):
        yield f"{at}: {ours!r}, not {theirs!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture")
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter that has another nfstream")
    parser.add_argument("--digests", action="store_true", help="a digest of each part")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    ours = json.loads(json.dumps(interface(arguments.capture)))
    if arguments.digests:
        print(json.dumps(digests(ours), indent=4))
        return 0
    if arguments.against is None:
        json.dump(ours, sys.stdout, indent=None, separators=(",", ":"))
        return 0
    command = [arguments.against, __file__, arguments.capture]
    theirs = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    lines = list(differences(ours, theirs))
    print(*lines, f"{len(lines)} differences", sep="\n")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
