"""Features: the same as a plugin computes, in every output, and mistakes told."""

import json
import math
import pickle
import statistics
from pathlib import Path

import polars
import pyarrow
import pytest

from nfstream import F, NFPlugin, NFStreamer, P
from nfstream._engine import packet_fields
from nfstream.expression import PacketFields

FLAGS = ("syn", "cwr", "ece", "urg", "ack", "psh", "rst", "fin")


def entropy(payload: bytes) -> float:
    shares = [payload.count(byte) / len(payload) for byte in set(payload)]
    return -sum(share * math.log2(share) for share in shares)


class Everything(NFPlugin):
    """Keeps every packet, and says at the end what the features below say."""

    def on_init(self, packet, flow):
        flow.udps.packets = []
        self.on_update(packet, flow)

    def on_update(self, packet, flow):
        header = packet.ip_packet
        is_tcp = packet.protocol == 6 and packet.transport_size >= 20
        transport = packet.ip_packet[packet.ip_size - packet.transport_size :] if packet.transport_size else b""
        window = int.from_bytes(transport[14:16], "big") if is_tcp else 0
        payload = packet.ip_packet[: packet.ip_size][packet.ip_size - packet.payload_size :] if packet.payload_size else b""
        ttl = header[8] if packet.ip_version == 4 else header[7]
        flow.udps.packets.append(
            {name: getattr(packet, name) for name in packet_fields() if hasattr(packet, name)}
            | {"window": window, "ttl": ttl, "payload_entropy": entropy(payload) if payload else 0.0}
        )
        assert flow.big == sum(packet["raw_size"] >= 666 for packet in flow.udps.packets)
        assert flow.up_share == pytest.approx(self.expected(flow)["up_share"])

    def on_expire(self, flow):
        flow.udps.expected = self.expected(flow)
        del flow.udps.packets

    def expected(self, flow):
        packets = flow.udps.packets
        of = lambda name: [packet[name] for packet in packets]  # noqa: E731
        up = [packet for packet in packets if packet["direction"] == 0]
        down = [packet for packet in packets if packet["direction"] == 1]
        gaps = [packet["delta_time"] for packet in packets[1:]]
        return {
            "big": sum(packet["raw_size"] >= 666 for packet in packets),
            "up_max": max((packet["payload_size"] for packet in up), default=0),
            "down_min": min((packet["payload_size"] for packet in down), default=0),
            "up_share": sum(packet["ip_size"] for packet in up) / flow.bidirectional_bytes,
            "pushes": sum(packet["psh"] and not packet["fin"] for packet in packets),
            "mean_gap": sum(gaps) / len(gaps) if gaps else 0.0,
            "std_size": statistics.stdev(of("raw_size")) if len(packets) > 1 else 0.0,
            "var_down": statistics.variance([p["raw_size"] for p in down]) if len(down) > 1 else 0.0,
            "ports": min(len(set(of("src_port"))), 32),
            "ttls": max(of("ttl")) - min(of("ttl")),
            "first_window": packets[0]["window"],
            "last_window": packets[-1]["window"],
            "entropy": max(of("payload_entropy")),
            "down_entropy": sum(p["payload_entropy"] for p in down) / len(down) if down else 0.0,
            "duration": max(of("time")) - min(of("time")),
            "flags": sum(packet[flag] << bit for packet in packets for bit, flag in enumerate(FLAGS)),
            "secure": int(flow.dst_port == 443),
        }


FEATURES = {
    "big": (P.raw_size >= 666).sum(),
    "up_max": P.payload_size.filter(P.direction == 0).max(),
    "down_min": P.payload_size.filter(P.direction == 1).min(),
    "up_share": P.ip_size.filter(P.direction == 0).sum() / F.bidirectional_bytes,
    "pushes": (P.psh & ~P.fin).count(),
    "mean_gap": P.delta_time.filter(P.index > 0).mean(),
    "std_size": P.raw_size.std(),
    "var_down": P.raw_size.filter(P.direction == 1).var(),
    "ports": "n_unique(src_port)",
    "ttls": P.ttl.max() - P.ttl.min(),
    "first_window": P.window.first(),
    "last_window": P.window.last(),
    "entropy": P.payload_entropy.max(),
    "down_entropy": P.payload_entropy.filter(P.direction == 1).mean(),
    "duration": P.time.max() - P.time.min(),
    "flags": sum((getattr(P, flag) * 2**bit for bit, flag in enumerate(FLAGS)), 0 * P.syn).sum(),
    "secure": F.dst_port == 443,
}


def test_features_are_what_a_plugin_computes(testdata: Path) -> None:
    captures = sorted(map(str, testdata.glob("*.pcap")))
    # What a whole datagram says is in no packet that a plugin sees.
    flows = list(NFStreamer(captures, features=FEATURES, udps=Everything(), fragments=False))
    assert len(flows) > 200
    for flow in flows:
        values = {name: getattr(flow, name) for name in FEATURES}
        assert values == pytest.approx(flow.udps.expected, rel=1e-9, abs=1e-9)
    without = NFStreamer(captures, features=FEATURES, n_meters=2, fragments=False)
    keys = flows[0].keys()[:-1]
    assert [flow.keys() for flow in without] == [keys] * len(flows)
    assert [flow.values() for flow in without] == [flow.values()[:-1] for flow in flows]


def test_features_are_columns_of_every_output(web: str, tmp_path: Path) -> None:
    streamer = NFStreamer(web, features={"big": (P.raw_size >= 666).sum(), "share": "sum(payload_size) / bidirectional_bytes"})
    expected = [(flow.big, flow.share) for flow in streamer]
    table = pyarrow.table(streamer)
    assert table.schema.names[-2:] == ["big", "share"]
    assert (table.schema.field("big").type, table.schema.field("share").type) == (pyarrow.int64(), pyarrow.float64())
    assert table.schema.field("big").metadata == {b"doc": b"sum(raw_size >= 666)", b"unit": b"packets"}
    assert table.schema.field("share").metadata == {b"doc": b"sum(payload_size) / bidirectional_bytes"}
    assert list(zip(table["big"].to_pylist(), table["share"].to_pylist())) == expected
    assert polars.DataFrame(streamer).select("big", "share").rows() == expected

    streamer.to_csv(str(tmp_path / "flows.csv"), columns_to_anonymize=["src_ip"])
    lines = (tmp_path / "flows.csv").read_text().splitlines()
    assert lines[0].endswith(",big,share")
    assert [line.rsplit(",", 2)[1:] for line in lines[1:]] == [[str(big), str(share)] for big, share in expected]
    streamer.to_jsonl(tmp_path / "flows.jsonl")
    rows = map(json.loads, (tmp_path / "flows.jsonl").read_text().splitlines())
    assert [(row["big"], row["share"]) for row in rows] == expected
    flow = next(iter(streamer))
    assert pickle.loads(pickle.dumps(flow)) == flow


def test_operators_write_what_the_engine_reads() -> None:
    expressions = {
        "raw_size - (ttl - 1)": P.raw_size - (P.ttl - 1),
        "raw_size - ttl - 1": P.raw_size - P.ttl - 1,
        "(raw_size + 1) * 2": (P.raw_size + 1) * 2,
        "2 * (raw_size % 3 // 4 / 1.5)": 2 * (P.raw_size % 3 // 4 / 1.5),
        "1 - -raw_size": 1 - -P.raw_size,
        "-(raw_size + 1)": -(P.raw_size + 1),
        "not (syn and ack)": ~(P.syn & P.ack),
        "not syn == ack": ~(P.syn == P.ack),
        "(not syn) == ack": ~P.syn == P.ack,
        "(raw_size > 5) == (ttl < 4)": (P.raw_size > 5) == (P.ttl < 4),
        "raw_size > 5": 5 < P.raw_size,
        "syn or ack and fin": P.syn | P.ack & P.fin,
        "(syn or ack) and fin": (P.syn | P.ack) & P.fin,
        "raw_size == -1": P.raw_size == -1,
        "1 // raw_size": 1 // P.raw_size,
        "raw_size != 1": P.raw_size != True,  # noqa: E712
        "ttl where syn and ack": P.ttl.filter(P.syn).filter(P.ack),
    }
    for text, expression in expressions.items():
        assert repr(expression) == text
    assert list(PacketFields.__annotations__) == packet_fields()
    assert dir(P) == sorted(packet_fields())


def test_python_computes_as_the_engine_does(web: str) -> None:
    for text in ("7 // -2", "-7 % 3", "7 % -3", "2 + 3 * 4 - 5 / 2", "-7.5 // 2", "1 < 2 < 3", "not 1 == 2", "7 - 2 - 1", "0x1f + 1_0"):
        flow = next(iter(NFStreamer(web, features={"value": text}, n_dissections=0)))
        assert flow.value == eval(text), text


def test_mistakes_are_told(web: str) -> None:
    def mistake(features: object) -> str:
        with pytest.raises(ValueError) as raised:
            NFStreamer(web, features=features)  # type: ignore[arg-type]
        return str(raised.value)

    assert mistake({"x": "sum(raw_sise)"}) == (
        "feature x, column 5: packets have no field `raw_sise`; did you mean raw_size?\n    sum(raw_sise)\n        ^"
    )
    assert mistake({"x": F.bidirectional_syn_packets}).startswith(
        "feature x, column 1: flows have no column `bidirectional_syn_packets` with these parameters"
        ": statistical_analysis=True (--statistical-analysis) adds it"
    )
    assert mistake({"x": (P.raw_size & P.syn).sum()}).startswith("feature x, column 5: expected a condition")
    assert mistake({"src_ip": "1"}) == "two columns are called src_ip: every column needs a name of its own"
    assert mistake({"2x": "1"}).startswith('invalid feature name "2x": use letters, digits and _')
    assert mistake({"keys": "1"}) == "a feature cannot be called keys: flows have an attribute of that name"
    assert mistake({"udps": "1"}) == "a feature cannot be called udps: flows have an attribute of that name"
    assert mistake({3: "1"}) == "the name of a feature must be a string, not 3"
    assert mistake({"x": P.syn.filter(P.ack)}) == (
        "feature x: syn where ack is about each packet; end it with a function of packets, such as .sum()"
    )
    assert mistake({"x": 3}) == "feature x must be an expression or its text, not 3"
    assert mistake("sum(syn)") == "features must be a dict of names and expressions, not 'sum(syn)'"

    streamer = NFStreamer(web, statistical_analysis=True, features={"x": F.bidirectional_syn_packets})
    with pytest.raises(ValueError):
        streamer.features = {"x": "?"}
    assert repr(streamer.features) == "{'x': flow.bidirectional_syn_packets}"
    streamer.statistical_analysis = False
    with pytest.raises(ValueError, match="flows have no column"):
        next(iter(streamer))


def test_expressions_are_not_answers() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        1 < P.ttl < 9
    with pytest.raises(TypeError, match="join conditions with &, | and ~"):
        P.syn and P.ack
    with pytest.raises(TypeError, match="raw_size and flow.src_port cannot be combined"):
        P.raw_size + F.src_port
    with pytest.raises(TypeError, match="filter takes a condition of packets"):
        P.raw_size.filter(F.src_port == 1)
    with pytest.raises(TypeError, match="unsupported operand"):
        P.raw_size + "1"
    with pytest.raises(ValueError, match="inf cannot be written"):
        P.raw_size < math.inf
    with pytest.raises(AttributeError, match="packets have no field 'raw_sise'"):
        P.raw_sise
    with pytest.raises(TypeError, match="unhashable"):
        {P.raw_size}
