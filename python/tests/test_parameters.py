"""Every parameter: what it may be set to, and what it is told otherwise."""

import inspect
import re

import numpy
import pytest

from nfstream import NFModel, NFPlugin, NFStreamer, _engine

PLUGIN = NFPlugin()
NEITHER = [None, 1, 0, 1.0, "True"]
NO_NUMBER = [-1, None, 0.5, 1.0, "1", [], numpy.int64(1)]
NO_TIME = [-1, -0.5, None, float("nan"), "1", [], numpy.int64(1)]
NO_NAME = [1, True, "", "Accurate", []]
SECONDS = 18_446_744_073_709_551

# What only the profile decides, unless it is set.
BY_PROFILE = ([True, False, None], [1, 0, 1.0, "True"])

# Name: values that are accepted, and that are ValueErrors.
PARAMETERS = {
    "decode_tunnels": ([True, False], NEITHER),
    "bpf_filter": ([None, "", "tcp", "tcp prt 443"], [5, True, []]),
    "promiscuous_mode": ([True, False], NEITHER),
    "snapshot_length": ([1, True, 1536, 10**12], [0, False, *NO_NUMBER]),
    "socket_buffer_size": ([0, True, 2**31 - 1], [2**31, *NO_NUMBER]),
    "idle_timeout": ([0, True, 120, 0.5, 1e-3, 2**40, SECONDS], [SECONDS + 1, 10**30, *NO_TIME]),
    "active_timeout": ([0, True, 1800, 2.5, 2**40, SECONDS], [SECONDS + 1, 10**30, *NO_TIME]),
    "accounting_mode": ([0, 1, 2, 3, True, False], [4, *NO_NUMBER]),
    "udps": ([[PLUGIN], (PLUGIN, PLUGIN), [], (), {}], [5, "plugin", [5], [PLUGIN, 5], NFPlugin, [NFPlugin], object(), {"a": PLUGIN}]),
    "n_dissections": ([0, 1, True, 20, 255, 256, 65535], [65536, 10**12, *NO_NUMBER]),
    "statistical_analysis": ([True, False], NEITHER),
    "splt_analysis": ([0, 1, True, 255, 256, 65535], [65536, 10**12, *NO_NUMBER]),
    "n_meters": ([0, 1, 3, True, 10**12], NO_NUMBER),
    "max_nflows": ([0, 1, True, 10**30], NO_NUMBER),
    "performance_report": ([0, 1, True, 10**12], NO_NUMBER),
    "system_visibility_mode": ([0, False, 1, True], [2, *NO_NUMBER]),
    "system_visibility_poll_ms": ([0, 1, True, 10**12], NO_NUMBER),
    "rules": ([(), []], [5, None, ""]),
    "l7_metadata": ([True, False], NEITHER),
    "progress": ([True, False], NEITHER),
    "features": ([{"a": "1"}, {}, None], [5, "sum(syn)", ["sum(syn)"]]),
    "model": ([None], [5, "model.onnx", NFModel]),
    "plugins": ([None, [PLUGIN], (PLUGIN,), []], [5, "plugin", [5], [PLUGIN, 5], NFPlugin, [NFPlugin], [PLUGIN, PLUGIN]]),
    "schema": ([None, "nflow", "nfentry"], [1, "", "NFEntry", True]),
    "system_metadata": ([True, False], NEITHER),
    "max_active_flows": ([0, 1, True, 10**30], NO_NUMBER),
    "max_memory": ([None, 0, 10**9, 10**30], [value for value in NO_NUMBER if value is not None]),
    "libpcap": ([True, False], NEITHER),
    "hardware_timestamps": ([True, False], NEITHER),
    "tcp_analysis": ([True, False], NEITHER),
    "icmp_analysis": ([True, False], NEITHER),
    "profile": (["accurate", "nfstream", None], NO_NAME),
    "mend_lengths": BY_PROFILE,
    "fragments": BY_PROFILE,
    "split_connections": BY_PROFILE,
    "tcp_close": ([True, False], NEITHER),
    "linger": ([0, 2, 0.25, SECONDS], [SECONDS + 1, *NO_TIME]),
    "orientation": (["first-packet", "handshake", "service", "local:10.0.0.0/8,fd00::/8", None], [*NO_NAME, "local:", "local:10.0.0.0/33"]),
    "connection_columns": BY_PROFILE,
    "vlan_in_key": ([True, False], NEITHER),
    "tunnel_types": (["all", "nfstream", None], NO_NAME),
    "tunnel_key": (["shared", "all", "none", None], NO_NAME),
    "tunnel_columns": ([True, False], NEITHER),
    "reorder": ([0, 1, 50, 10**12], NO_NUMBER),
    "dedup": ([0, 1, 50, 10**12], NO_NUMBER),
    "mend_clock": BY_PROFILE,
    "check_fractions": BY_PROFILE,
    "checksums": (["ignore", "count", "drop"], [None, *NO_NAME]),
    "slice": ([0, 1, 0.1, SECONDS], [SECONDS + 1, *NO_TIME]),
    "skip_padding": BY_PROFILE,
    "mark_guesses": BY_PROFILE,
}

# Other names that the first published interface has for some.
EARLY = (
    "snaplen promisc statistics dissect max_tcp_dissections max_udp_dissections enable_guess account_ip_padding_size "
    "strict_timestamp"
).split()


def test_the_parameters_of_the_engine_are_documented_typed_and_in_the_signature() -> None:
    section = inspect.getdoc(NFStreamer).partition("Parameters\n")[2].partition("\nRaises\n")[0]
    documented = re.findall(r"^(\w+) : ", section, re.MULTILINE)
    own = ["source", "udps", "progress", "features", "model", "plugins", "schema"]
    assert sorted(documented) == sorted([*own, *_engine.PARAMETERS])
    signature = inspect.signature(NFStreamer).parameters
    annotated = {name: kind for name, kind in NFStreamer.__annotations__.items() if not name.startswith("_")}
    assert annotated == {name: signature[name].annotation for name in _engine.PARAMETERS}


def test_every_parameter_is_tested() -> None:
    assert ["source", *PARAMETERS, *EARLY, "unknown"] == list(inspect.signature(NFStreamer).parameters)


@pytest.mark.parametrize("name", PARAMETERS)
def test_values(name: str, web: str) -> None:
    accepted, wrong = PARAMETERS[name]
    streamer = NFStreamer(source=web)
    default = inspect.signature(NFStreamer).parameters[name].default
    assert getattr(streamer, name) == (() if name == "udps" else default)
    for value in accepted:
        assert getattr(NFStreamer(source=web, **{name: value}), name) is value
        setattr(streamer, name, value)
        assert getattr(streamer, name) is value
    for value in wrong:
        with pytest.raises(ValueError, match=name) as told:
            NFStreamer(source=web, **{name: value})
        assert told.type is ValueError and repr(value) in str(told.value)
        with pytest.raises(ValueError):
            setattr(streamer, name, value)
        assert getattr(streamer, name) is accepted[-1]


def test_messages(web: str) -> None:
    def message(**parameters: object) -> str:
        with pytest.raises(ValueError) as told:
            NFStreamer(**{"source": web, **parameters})
        return str(told.value)

    assert message(source=[]) == "source must name at least one capture file, not be an empty list"
    assert message(source=[web, 5]) == "source[1] must be the path of a capture file, not 5"
    assert message(source=5) == "source must be the path of a capture file or the name of an interface, not 5"
    assert message(decode_tunnels=1) == "decode_tunnels must be True or False, not 1"
    assert message(max_nflows=-1) == "max_nflows must be a whole number of flows, 0 or more, not -1"
    assert message(splt_analysis=65536) == "splt_analysis must be a whole number of packets from 0 to 65535, not 65536"
    assert message(accounting_mode=4) == "accounting_mode must be 0 (raw), 1 (IP), 2 (transport) or 3 (payload), not 4"
    assert message(max_memory=-1) == "max_memory must be None or a whole number of bytes, 0 or more, not -1"
    fraction = "idle_timeout must be 0 or a number of seconds from 0.001 to 18446744073709551, not 0.0001"
    assert message(idle_timeout=0.0001) == fraction
    assert message(splt_analysis=120.0).endswith(", not 120.0: convert it from float with int()")
    assert message(n_dissections=numpy.int64(5)).endswith(": convert it from int64 with int()")
    assert message(rules=[5]) == "rules must be the path of a file, or a list or tuple of paths, not [5]"
    assert message(bpf_filter=5) == "bpf_filter must be a string or None, not 5"


LARGEST = """idle_timeout active_timeout n_meters max_nflows max_active_flows max_memory snapshot_length performance_report system_visibility_poll_ms""".split()


@pytest.mark.parametrize("largest", LARGEST)
def test_a_run_stands_the_largest_values(largest: str, web: str) -> None:
    value = SECONDS if largest.endswith("timeout") else 10**30
    assert len(list(NFStreamer(source=web, **{largest: value}))) == 12


def test_parameters_hold_for_the_runs_after(web: str) -> None:
    streamer = NFStreamer(source=web, n_meters=1)
    before = iter(streamer)
    streamer.max_nflows = 3
    streamer.splt_analysis = 2
    assert [len(list(flows)) for flows in (before, streamer)] == [12, 3]
    assert all(len(flow.splt_ps) == 2 for flow in streamer)
    streamer.decode_tunnels = False
    assert not any(hasattr(flow, "tunnel_id") for flow in streamer)
    streamer.accounting_mode = 3
    assert [flow.src2dst_bytes for flow in streamer] == [33, 255, 68]


def test_names_that_are_no_parameters(web: str) -> None:
    with pytest.raises(TypeError, match="^NFStreamer has no parameter 'statistical_analisys': did you mean 'statistical_analysis'\\?$"):
        NFStreamer(web, statistical_analisys=True)
    with pytest.raises(TypeError, match="^NFStreamer has no parameter 'colour'$"):
        NFStreamer(web, colour=True)
    streamer = NFStreamer(web)
    with pytest.raises(AttributeError, match="no parameter 'statistical_analisys': did you mean 'statistical_analysis'\\?$"):
        streamer.statistical_analisys = True
    with pytest.raises(AttributeError, match="no parameter 'colour'"):
        streamer.colour = "red"
    assert not hasattr(streamer, "colour")


def test_attributes_of_subclasses(web: str) -> None:
    class Mine(NFStreamer):
        rule: str

        def __init__(self, *arguments: object, colour: str, **parameters: object) -> None:
            self.colour = colour
            super().__init__(*arguments, **parameters)
            self.rule = "mine"

    streamer = Mine(web, colour="red", max_nflows=3)
    assert (streamer.colour, streamer.rule, len(list(streamer))) == ("red", "mine", 3)
    with pytest.raises(AttributeError, match="did you mean 'statistical_analysis'.*declare an attribute of that name in Mine$"):
        streamer.statistical_analisys = True
    with pytest.raises(TypeError, match="did you mean 'max_nflows'"):
        Mine(web, colour="red", max_nflow=3)
