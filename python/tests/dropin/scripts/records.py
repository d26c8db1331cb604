"""What loops make of flows: rows of a database, data classes, sessions, hosts, lines of text.

capture: web.pcap
capture: mail.pcap
capture: dns.pcap
"""

import argparse
import dataclasses
import datetime
import hashlib
import ipaddress
import json
import logging
import sqlite3
import sys
from collections import Counter, defaultdict, namedtuple
from types import SimpleNamespace

from nfstream import NFStreamer

PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP"}
ATTRIBUTES = ["id", "src_ip", "src_port", "dst_ip", "dst_port", "protocol", "no_such_attribute"]
Endpoint = namedtuple("Endpoint", "address port")


@dataclasses.dataclass
class Record:
    src: Endpoint
    dst: Endpoint
    packets: int
    octets: int
    seconds: float
    tags: list = dataclasses.field(default_factory=list)


def record_of(flow):
    src, dst = Endpoint(flow.src_ip or "0.0.0.0", flow.src_port or 0), Endpoint(flow.dst_ip or "0.0.0.0", flow.dst_port or 0)
    return Record(src, dst, flow.bidirectional_packets, flow.bidirectional_bytes, flow.bidirectional_duration_ms / 1000)


def session_of(flow):
    return tuple(sorted([(flow.src_ip, flow.src_port), (flow.dst_ip, flow.dst_port)])), flow.protocol


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("-i", "--idle", type=int, default=999999999)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    try:
        streamer = NFStreamer(
            source=arguments.source,
            idle_timeout=arguments.idle,
            active_timeout=999999999,
            splt_analysis=True,
            performance_report=False,
            n_meters=1,
        )
    except (FileNotFoundError, PermissionError, ValueError) as error:
        raise SystemExit(f"cannot read: {error}")

    for number, flow in enumerate(streamer):
        start = datetime.datetime.fromtimestamp(flow.bidirectional_first_seen_ms / 1000, datetime.timezone.utc)
        protocol = PROTOCOLS.get(flow.protocol, "?")
        print(f"{number:>3} {start:%H:%M:%S.%f} {flow.src_ip:>15}:{flow.src_port:<5} -> {flow.dst_ip:>15}:{flow.dst_port:<5} {protocol}")
    print(flow.splt_ps, flow.splt_direction, {name: getattr(flow, name, None) for name in ATTRIBUTES})

    records = [record_of(flow) for flow in streamer]
    print([dataclasses.astuple(record)[:4] for record in records][:3], sum(record.octets for record in records))
    print(json.dumps(dataclasses.asdict(records[0])), SimpleNamespace(**dict(zip(flow.keys(), flow.values()))).dst_port)

    database = sqlite3.connect(":memory:")
    database.execute("create table flows (src text, dst text, port integer, application text, octets integer)")
    database.executemany(
        "insert into flows values (?, ?, ?, ?, ?)",
        ((f.src_ip, f.dst_ip, f.dst_port, f.application_name.split(".")[0], f.bidirectional_bytes) for f in streamer),
    )
    print(database.execute("select src, count(*), sum(octets) from flows group by src order by src").fetchall())

    hosts, talkers, sessions = defaultdict(set), Counter(), defaultdict(list)
    for flow in streamer:
        if ":" in flow.src_ip:
            continue
        hosts[flow.src_ip].add(flow.dst_ip)
        talkers.update({flow.src_ip: flow.src2dst_bytes, flow.dst_ip: flow.dst2src_bytes})
        sessions[session_of(flow)].append(flow.id)
    print({host: sorted(peers) for host, peers in hosts.items()}, talkers.most_common(3), len(sessions))
    print(
        sorted({ipaddress.ip_address(flow.dst_ip).is_private for flow in streamer}),
        all(isinstance(flow.vlan_id, int) for flow in streamer),
    )
    keys = [hashlib.md5(f"{f.src_ip}{f.src_port}{f.dst_ip}{f.dst_port}{f.protocol}".encode()).hexdigest()[:8] for f in streamer]
    print(keys, len(set(keys)))
    tcp, udp = [flow for flow in streamer if flow.protocol == 6], [flow for flow in streamer if flow.protocol == 17]
    print(
        len(tcp),
        len(udp),
        max((flow.bidirectional_duration_ms for flow in tcp), default=0),
        any(flow.expiration_id for flow in tcp),
    )
    print(
        ["{0:15s} --> {1:15s}, {2:8d} |".format(flow.src_ip, flow.dst_ip, int(flow.bidirectional_bytes)) for flow in streamer][-1]
    )
    print("\n".join(line.strip().rstrip(",") for line in str(flow).splitlines()[14:18]))
