"""What a flow is in Python."""

import copy
import multiprocessing
import pickle

import pytest

import nfstream
from nfstream import NFlow, NFStreamer

TYPES = {
    **dict.fromkeys(["src_ip", "src_mac", "src_oui", "dst_ip", "dst_mac", "dst_oui"], str),
    **dict.fromkeys(["splt_direction", "splt_ps", "splt_piat_ms"], list),
    **dict.fromkeys(["application_name", "application_category_name", "requested_server_name"], str),
    **dict.fromkeys(["client_fingerprint", "server_fingerprint", "user_agent", "content_type"], str),
}


@pytest.fixture(scope="module")
def flows(web: str) -> list[NFlow]:
    return list(NFStreamer(web, statistical_analysis=True, splt_analysis=3))


def test_keys_values_and_attributes(flows: list[NFlow]) -> None:
    for flow in flows:
        keys, values = flow.keys(), flow.values()
        assert type(keys) is list and type(values) is list and len(keys) == len(values) == 29 + 48 + 3 + 9
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
    for name in "src_ip", "bogus":
        with pytest.raises(AttributeError):
            setattr(flow, name, "10.0.0.9")
    assert type(flow) is NFlow and flow.__class__.__module__ == "nfstream"


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


def test_copy(flows: list[NFlow]) -> None:
    assert copy.copy(flows[0]) == copy.deepcopy(flows[0]) == flows[0]


def ports(flow: NFlow) -> tuple[int, int]:
    return flow.src_port, flow.dst_port


def test_pickle_in_another_process(flows: list[NFlow]) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(ports, flows) == [ports(flow) for flow in flows]


def test_exports() -> None:
    assert nfstream.__all__ == [
        "DamageWarning", "F", "Interface", "NFEntry", "NFModel", "NFPacket", "NFPlugin", "NFStreamer", "NFlow", "P",
        "__version__", "interfaces",
    ]  # fmt: skip
    assert nfstream.__version__ == __import__("importlib.metadata").metadata.version("nfstream-rs")
