"""What a flow is in Python."""

import copy
import gc
import multiprocessing
import pickle
import re
import weakref
from collections.abc import Mapping
from itertools import islice

import numpy
import pandas
import pytest

import nfstream
from nfstream import NFlow, NFPacket, NFPlugin, NFStreamer

TYPES = {
    **dict.fromkeys(["src_ip", "src_mac", "src_oui", "dst_ip", "dst_mac", "dst_oui"], str),
    **dict.fromkeys(["splt_direction", "splt_ps", "splt_piat_ms"], list),
    **dict.fromkeys(["application_name", "application_category_name", "requested_server_name"], str),
    "expiration_reason": str,
    **dict.fromkeys(["client_fingerprint", "server_fingerprint", "user_agent", "content_type"], str),
}


@pytest.fixture(scope="module")
def flows(web: str) -> list[NFlow]:
    return list(NFStreamer(web, statistical_analysis=True, splt_analysis=3))


def test_keys_values_and_attributes(flows: list[NFlow]) -> None:
    for flow in flows:
        keys, values = flow.keys(), flow.values()
        assert type(keys) is list and type(values) is list and len(keys) == len(values) == 29 + 2 + 48 + 3 + 9
        assert [getattr(flow, key) for key in keys] == values
        assert flow.items() == list(zip(keys, values))
        assert set(keys) | {"keys", "values", "items"} < set(dir(flow))
        for key, value in flow.items():
            floating = "_mean_" in key or "_stddev_" in key
            assert type(value) is TYPES.get(key, float if floating else int), key
        assert all(type(number) is int for number in flow.splt_piat_ms)


def test_strings(flows: list[NFlow]) -> None:
    flow = flows[0]
    values = flow.items()
    assert str(flow) == "NFlow(" + ",\n      ".join(f"{name}={value}" for name, value in values) + ")"
    assert repr(flow) == "NFlow(" + ", ".join(f"{name}={value!r}" for name, value in values) + ")"
    assert repr(flow).startswith("NFlow(id=0, expiration_id=0, src_ip='10.0.0.1', src_mac='02:00:00:00:00:01', ")


def test_what_is_no_attribute(web: str) -> None:
    flow = next(iter(NFStreamer(web, n_dissections=0)))
    with pytest.raises(AttributeError, match="^'NFlow' object has no attribute 'bogus'$"):
        flow.bogus
    with pytest.raises(AttributeError, match="'application_name': it comes with n_dissections above 0$"):
        flow.application_name
    assert hasattr(flow, "dst_ip") and not hasattr(flow, "application_name") and not hasattr(flow, "udps")
    for name in "bogus", "udps", "keys", "__class__":
        with pytest.raises(AttributeError, match=f"^'NFlow' objects have no column '{name}' that could be set$"):
            setattr(flow, name, "10.0.0.9")
        with pytest.raises(AttributeError):
            delattr(flow, name)
    with pytest.raises(AttributeError):
        del flow.src_ip
    assert type(flow) is NFlow and flow.__class__.__module__ == "nfstream"


def test_a_flow_is_a_mapping(flows: list[NFlow]) -> None:
    flow = flows[1]
    assert isinstance(flow, Mapping) and dict(flow) == flow.to_dict() == dict(flow.items()) == vars(flow)
    assert list(flow) == flow.keys() and len(flow) == len(flow.keys()) == len(flow.values())
    assert flow["src_ip"] == flow.src_ip == flow.get("src_ip") and "src_ip" in flow
    assert "bogus" not in flow and 0 not in flow and flow.get("bogus", 5) == 5 and flow.get("bogus") is None
    for name in "bogus", 0, "udps.bogus", None:
        with pytest.raises(KeyError):
            flow[name]
    assert pandas.DataFrame(flows)["dst_port"].to_list() == [flow.dst_port for flow in flows]


def test_names_that_flows_can_have(web: str) -> None:
    flow = next(iter(NFStreamer(web, statistical_analysis=True, splt_analysis=3, profile="nfstream")))
    slots = NFlow.__slots__
    assert slots[:4] == ("id", "expiration_id", "src_ip", "src_mac") and len(set(slots)) == len(slots)
    assert [name for name in slots if name in flow] == [name for name in flow if name in slots] == flow.keys()
    assert {"udps", "system_process_pid", "system_process_name"} <= set(slots)


def test_columns_can_be_set(web: str) -> None:
    flow, other = islice(NFStreamer(web, statistical_analysis=True, splt_analysis=2), 2)
    flow.application_name, flow.dst_port, flow.bidirectional_mean_ps, flow.splt_ps = "Mine", True, 5, (7, 8)
    flow["src_ip"] = flow.user_agent = None
    flow.content_type = 7
    assert (flow.application_name, flow["dst_port"], flow.bidirectional_mean_ps, flow.splt_ps) == ("Mine", 1, 5.0, [7, 8])
    assert flow.src_ip is None and type(flow.dst_port) is int and type(flow.bidirectional_mean_ps) is float
    assert flow.to_dict()["application_name"] == "Mine" and "application_name=Mine" in str(flow)
    assert other.application_name != "Mine" and flow != other
    for made in copy.copy(flow), copy.deepcopy(flow), pickle.loads(pickle.dumps(flow)):
        assert made == flow and hash(made) == hash(flow)
        assert made.user_agent is None and made.content_type == 7
        made.application_name, made.user_agent, made.content_type = "Another", "text", "text"
        assert made != flow and copy.copy(made) == made and made.user_agent == made.content_type == "text"
        with pytest.raises(TypeError, match="^dst_port is an int"):
            made.dst_port = "https"
    flow.splt_ps = numpy.array([1, 2])
    assert flow.splt_ps == [1, 2] and type(flow.splt_ps) is list
    for name, value in ("dst_port", "https"), ("dst_port", 1.5), ("bidirectional_mean_ps", "1"), ("splt_ps", [None]):
        with pytest.raises(TypeError, match=f"^{name} is a.* cannot be set to {re.escape(repr(value))}$"):
            setattr(flow, name, value)
    for name, value in ("dst_port", 65_536), ("protocol", -1):
        with pytest.raises(OverflowError, match=f"^{name} is uint.*, and cannot be set to {value}$"):
            setattr(flow, name, value)
    with pytest.raises(KeyError):
        flow["bogus"] = 1
    with pytest.raises(AttributeError, match="^attribute 'l7' of 'NFlow' objects cannot be set$"):
        next(iter(NFStreamer(web, l7_metadata=True))).l7 = {}


def test_subclasses() -> None:
    class Mine(NFlow):
        def both(self) -> str:
            return f"{self.src_ip} {self.note}"

    flow = Mine({"src_ip": "10.0.0.1", "src_port": 5})
    flow.note, flow.src_port = "seen", 6
    assert flow.both() == "10.0.0.1 seen" and isinstance(flow, NFlow) and dict(flow) == {"src_ip": "10.0.0.1", "src_port": 6}
    for made in copy.copy(flow), copy.deepcopy(flow):
        assert type(made) is Mine and made == flow and made.both() == flow.both()


def test_hash(web: str) -> None:
    """Flows that differ have hashes that differ, also where they begin at the same time and port."""
    flows = list(NFStreamer([web] * 500, idle_timeout=0))
    assert len({hash(flow) for flow in flows}) > 0.9 * len({(flow.src_port, flow.dst_port, flow.src_ip,
        flow.bidirectional_first_seen_ms) for flow in flows})
    columns = {"src_port": 1, "bidirectional_first_seen_ms": 5, "dst_port": 80, "src_ip": "10.0.0.1"}
    several = [NFlow({**columns, "dst_ip": f"10.0.{high}.{low}"}) for high in range(4) for low in range(256)]
    assert len(set(map(hash, several))) == len(several)


def test_circles_are_collected(web: str) -> None:
    class Helper:
        def __init__(self, flow: NFlow) -> None:
            self.flow = flow

    helpers: list[weakref.ref[Helper]] = []

    class Circle(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.helper = helper = Helper(flow)
            flow.application_name = helper
            helpers.append(weakref.ref(helper))

    gc.collect()
    for _ in range(2):
        assert len(list(NFStreamer(web, udps=Circle()))) == 12
    next(iter(NFStreamer(web, udps=Circle())))
    gc.collect()
    assert len(helpers) > 24 and not any(helper() for helper in helpers)


def test_equality(flows: list[NFlow], web: str) -> None:
    again = list(NFStreamer(web, statistical_analysis=True, splt_analysis=3))
    assert again == flows and set(again) == set(flows) and len(set(flows)) == 12
    assert flows[0] != flows[1] and flows[0] != 0 and flows[0] is not None
    fewer = next(iter(NFStreamer(web)))
    assert fewer.id == flows[0].id and fewer != flows[0]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol: int, flows: list[NFlow]) -> None:
    restored = pickle.loads(pickle.dumps(flows, protocol))
    assert restored == flows and set(restored) == set(flows)
    assert [repr(flow) for flow in restored] == [repr(flow) for flow in flows]
    assert restored[3].keys() == flows[3].keys() and restored[3].splt_ps == flows[3].splt_ps
    assert pickle.loads(pickle.dumps(restored)) == flows
    with pytest.raises(AttributeError):
        restored[0].bogus


def test_patterns_of_mappings(web: str) -> None:
    for flow in next(iter(NFStreamer(web))), NFlow({"src_ip": "10.0.0.1", "dst_port": 53}):
        match flow:
            case {"src_ip": ip, "bogus": _}:
                raise AssertionError(ip)
            case [*_]:
                raise AssertionError(flow)
            case {"src_ip": "10.0.0.1" as ip, "dst_port": 53, **others}:
                assert {"src_ip": ip, "dst_port": 53, **others} == dict(flow)
            case _:
                raise AssertionError(flow)


def test_copy(flows: list[NFlow]) -> None:
    assert copy.copy(flows[0]) == copy.deepcopy(flows[0]) == flows[0]


def ports(flow: NFlow) -> tuple[int, int]:
    return flow.src_port, flow.dst_port


def test_pickle_in_another_process(flows: list[NFlow]) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(ports, flows) == [ports(flow) for flow in flows]


def test_exports() -> None:
    assert nfstream.__all__ == [
        "DamageWarning", "Interface", "NFEntry", "NFModel", "NFPacket", "NFPlugin", "NFStreamer", "NFlow", "__version__",
        "interfaces",
    ]  # fmt: skip
    assert nfstream.__version__ == __import__("importlib.metadata").metadata.version("nfstream-rs")
