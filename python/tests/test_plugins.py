"""Plugins: what they are shown, in which order, what they may do to a flow, and how a run with them ends."""

import gc
import pickle
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from threads import all_runs_end

from nfstream import DamageWarning, NFlow, NFPacket, NFPlugin, NFStreamer
from nfstream.plugins import FlowSlicer

SIZES = "raw_size", "ip_size", "transport_size", "payload_size"
ENDS = "ip", "mac", "oui"
FLAGS = "syn", "cwr", "ece", "urg", "ack", "psh", "rst", "fin"
ATTRIBUTES = [
    *("time", "delta_time", "direction", *SIZES),
    *(f"{side}_{end}" for side in ("src", "dst") for end in ENDS),
    *("src_port", "dst_port", "protocol", "vlan_id", "ip_version", "ip_packet", *FLAGS, "tunnel_id"),
]


class Recorder(NFPlugin):
    """Writes down what it is called for."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        self.calls.append(("init", packet.time, flow.bidirectional_packets))

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        self.calls.append(("update", packet.time, flow.bidirectional_packets))

    def on_expire(self, flow: NFlow) -> None:
        self.calls.append(("expire", flow.id, flow.bidirectional_packets))

    def cleanup(self) -> None:
        self.calls.append(("cleanup",))


class Kept(NFPlugin):
    """Keeps every packet with its flow."""

    def __init__(self) -> None:
        self.packets: list[tuple[NFPacket, NFlow]] = []

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        self.packets.append((packet, flow))

    on_update = on_init


def test_a_run_call_by_call(web: str) -> None:
    recorder = Recorder()
    flows = list(NFStreamer(web, udps=recorder))
    kinds = [call[0] for call in recorder.calls]
    assert kinds.count("init") == kinds.count("expire") == len(flows) == 12
    assert kinds.count("update") == 126 - 12 and kinds[-1] == "cleanup" and kinds.count("cleanup") == 1
    times = [call[1] for call in recorder.calls if call[0] in ("init", "update")]
    assert times == sorted(times)
    assert [call for call in recorder.calls if call[0] == "expire"] == [
        ("expire", flow.id, flow.bidirectional_packets) for flow in flows
    ]
    assert all(call[2] == 1 for call in recorder.calls if call[0] == "init")


@pytest.mark.parametrize("parameters", [{}, {"idle_timeout": 0}, {"active_timeout": 0}, {"max_nflows": 5}])
def test_flows_are_those_of_a_run_without_plugins(parameters: dict[str, int], testdata: Path) -> None:
    captures = sorted(testdata.glob("*.pcap"))
    options = dict(statistical_analysis=True, splt_analysis=5, l7_metadata=True, **parameters)
    plain = [flow.items() for flow in NFStreamer(captures, n_meters=1, **options)]
    for n_meters in 1, 2, 3:
        plugged = NFStreamer(captures, udps=NFPlugin(), n_meters=n_meters, **options)
        assert [flow.items() for flow in plugged] == plain


@pytest.mark.parametrize("name", ["web.pcap", "gtpu.pcap", "tzsp.pcap", "vlan.pcap", "ping.pcap", "raw-ip.pcap"])
def test_packets_add_up_to_flows(name: str, testdata: Path) -> None:
    for mode, size in enumerate(SIZES):
        kept = Kept()
        parameters = dict(accounting_mode=mode, statistical_analysis=True, splt_analysis=255, n_dissections=0)
        flows = list(NFStreamer(testdata / name, udps=kept, **parameters))
        for flow in flows:
            packets = [packet for packet, its_flow in kept.packets if its_flow is flow]
            first, forward = packets[0], [packet for packet in packets if packet.direction == 0]
            assert flow.bidirectional_packets == len(packets) and flow.src2dst_packets == len(forward)
            assert flow.bidirectional_bytes == sum(getattr(packet, size) for packet in packets)
            assert flow.bidirectional_first_seen_ms == first.time
            assert flow.bidirectional_last_seen_ms == packets[-1].time
            assert flow.splt_piat_ms[: len(packets)] == [packet.delta_time for packet in packets]
            assert flow.splt_direction[: len(packets)] == [packet.direction for packet in packets]
            for flag in FLAGS:
                total = sum(getattr(packet, flag) for packet in packets)
                assert getattr(flow, f"bidirectional_{flag}_packets") == total
            for packet in packets:
                sides = ("src", "dst") if packet.direction == 0 else ("dst", "src")
                for end in "ip", "port":
                    its_ends = [getattr(packet, f"{side}_{end}") for side in ("src", "dst")]
                    assert its_ends == [getattr(flow, f"{side}_{end}") for side in sides]
                for same in "protocol", "vlan_id", "ip_version", "tunnel_id":
                    assert getattr(packet, same) == getattr(flow, same)
                assert packet.ip_packet[0] >> 4 == packet.ip_version
                assert len(packet.ip_packet) >= packet.ip_size
            for column in "src_mac", "src_oui", "dst_mac", "dst_oui":
                assert getattr(first, column) == getattr(flow, column)


def test_a_packet(testdata: Path) -> None:
    kept = Kept()
    list(NFStreamer(testdata / "dns.pcap", udps=kept, max_nflows=1))
    packet, _ = kept.packets[0]
    values = {name: getattr(packet, name) for name in ATTRIBUTES}
    assert repr(packet) == "NFPacket(" + ", ".join(f"{name}={value!r}" for name, value in values.items()) + ")"
    assert type(packet) is NFPacket and type(values["ip_packet"]) is bytes
    assert all(type(values[name]) is int for name in (*SIZES, *FLAGS, "time", "delta_time", "protocol"))
    for name in "time", "bogus":
        with pytest.raises(AttributeError):
            setattr(packet, name, 1)


def test_a_flow_shows_its_values_so_far(web: str) -> None:
    class SoFar(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.seen = []
            flow.udps.largest = []
            self.on_update(packet, flow)

        def on_update(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.seen.append(dict(flow.items()[: len(flow.keys()) - 2]))
            flow.udps.largest.append(packet.raw_size)

    parameters = {"statistical_analysis": True, "splt_analysis": 4, "l7_metadata": True}
    plain = [dict(flow.items()) for flow in NFStreamer(web, **parameters)]
    for flow, expected in zip(NFStreamer(web, udps=SoFar(), **parameters), plain):
        seen = flow.udps.seen
        assert [values["bidirectional_packets"] for values in seen] == list(range(1, len(seen) + 1))
        for number, values in enumerate(seen, 1):
            sizes = flow.udps.largest[:number]
            assert list(values) == list(expected)
            assert values["bidirectional_bytes"] == sum(sizes)
            assert (values["bidirectional_min_ps"], values["bidirectional_max_ps"]) == (min(sizes), max(sizes))
            assert values["splt_ps"] == (sizes[:4] + [-1] * 4)[:4]
            assert values["expiration_id"] == 0
        # With the last packet all is known but what only the end of the flow tells: its id, its reason, and a guess.
        guesses = {name for name in expected if name.startswith("application_")}
        for name in expected.keys() - {"id", "expiration_reason"} - guesses:
            assert seen[-1][name] == expected[name], name
        assert seen[-1]["application_name"] in ("Unknown", expected["application_name"])


def test_what_can_be_set(web: str) -> None:
    class Setter(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            for name in "bogus", "udps":
                with pytest.raises(AttributeError, match=f"'{name}'.*: set flow.udps.{name}$"):
                    setattr(flow, name, 1)
            with pytest.raises(AttributeError):
                del flow.src_ip
            assert not hasattr(flow.udps, "bogus")
            flow.udps.one, flow.udps.other = 1, 2
            del flow.udps.other
            flow.udps.src_ip = "no column"

        def on_expire(self, flow: NFlow) -> None:
            flow.udps.late = flow.id

    for number, flow in enumerate(NFStreamer(web, udps=Setter(), n_dissections=0)):
        assert flow.keys()[-3:] == ["udps.one", "udps.src_ip", "udps.late"]
        assert flow.values()[-3:] == [1, "no column", number] and flow.src_ip != "no column"
        assert repr(flow.udps) == f"UDPS(one=1, src_ip='no column', late={number})"
        assert repr(flow).endswith(f", udps.one=1, udps.src_ip='no column', udps.late={number})")
        flow.udps.after = True
        assert "udps" in dir(flow) and flow.keys()[-1] == "udps.after"


@pytest.mark.parametrize("collection", [list, tuple])
def test_several_plugins_in_their_order(collection: type, web: str) -> None:
    calls: list[str] = []

    class First(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            calls.append("first init")
            flow.udps.names = [self.name]

        def on_update(self, packet: NFPacket, flow: NFlow) -> None:
            calls.append("first update")
            flow.udps.packet = packet

        def on_expire(self, flow: NFlow) -> None:
            calls.append("first expire")

        def cleanup(self) -> None:
            calls.append("first cleanup")

    class Second(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            calls.append("second init")
            flow.udps.names.append(self.name)

        def on_update(self, packet: NFPacket, flow: NFlow) -> None:
            calls.append("second update")
            assert flow.udps.packet is packet

        def on_expire(self, flow: NFlow) -> None:
            calls.append("second expire")

        def cleanup(self) -> None:
            calls.append("second cleanup")

    plugins = collection([First(name="a"), Second(name="b")])
    streamer = NFStreamer(web, udps=plugins)
    assert streamer.udps is plugins
    assert all(flow.udps.names == ["a", "b"] for flow in streamer)
    pairs = list(zip(calls[::2], calls[1::2]))
    assert all(first.replace("first", "second") == second for first, second in pairs)
    assert len(calls) == 2 * (126 + 12 + 1)


@pytest.mark.parametrize("udps", [1, "plugin", NFPlugin, [NFPlugin], [NFPlugin(), None], {1}, object()])
def test_what_is_no_plugin(udps: object, web: str) -> None:
    streamer = NFStreamer(web)
    for give in (lambda: NFStreamer(web, udps=udps), lambda: setattr(streamer, "udps", udps)):
        with pytest.raises(ValueError, match="^udps must be an NFPlugin or a list of them, not "):
            give()
    assert streamer.udps == () and len(list(streamer)) == 12


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_a_plugin_ends_flows(limit: int, web: str) -> None:
    recorder = Recorder()
    sliced = list(NFStreamer(web, udps=[FlowSlicer(limit=limit), recorder]))
    assert [flow.id for flow in sliced] == list(range(len(sliced)))
    assert sum(flow.bidirectional_packets for flow in sliced) == 126
    for flow in sliced:
        assert flow.bidirectional_packets <= limit
        assert flow.expiration_id == (-1 if flow.bidirectional_packets == limit else 0)
    packets = {flow: flow.bidirectional_packets for flow in NFStreamer(web)}
    assert len(sliced) == sum(-(-number // limit) for number in packets.values())
    if limit == 1:
        # A flow that ends with its first packet has ended before the next packet is seen.
        assert [call[0] for call in recorder.calls] == ["init", "expire"] * 126 + ["cleanup"]


def test_an_end_that_is_taken_back(web: str) -> None:
    class Undecided(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.expiration_id = -1
            assert flow.expiration_id == -1
            flow.expiration_id = 0

    flows = list(NFStreamer(web, udps=Undecided()))
    assert len(flows) == 12 and {flow.expiration_id for flow in flows} == {0}


class Failure(Exception):
    pass


def fail(plugin: NFPlugin) -> None:
    plugin.calls += 1
    if plugin.calls == plugin.at:
        raise plugin.failure


class FailsInInit(NFPlugin):
    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        fail(self)


class FailsInUpdate(NFPlugin):
    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        fail(self)


class FailsInExpire(NFPlugin):
    def on_expire(self, flow: NFlow) -> None:
        fail(self)


@pytest.mark.parametrize("failure", [Failure("mine"), KeyboardInterrupt(), SystemExit(3), StopIteration()], ids=repr)
@pytest.mark.parametrize("kind", [FailsInInit, FailsInUpdate, FailsInExpire])
def test_an_exception_reaches_the_caller(kind: type[NFPlugin], failure: BaseException, web: str) -> None:
    plain = list(NFStreamer([web] * 200, idle_timeout=0, n_meters=2, n_dissections=0, max_nflows=1000))
    plugin, recorder = kind(at=500, calls=0, failure=failure), Recorder()
    if kind is FailsInUpdate:
        plain = list(NFStreamer([web] * 200, n_meters=2, n_dissections=0, max_nflows=1000))
    options = {} if kind is FailsInUpdate else {"idle_timeout": 0}
    flows = iter(NFStreamer([web] * 200, udps=[plugin, recorder], n_meters=2, n_dissections=0, **options))
    seen = []
    # What ends an iteration cannot leave a generator as it is (PEP 479).
    expected = RuntimeError if isinstance(failure, StopIteration) else type(failure)
    with pytest.raises(expected) as told:
        for flow in flows:
            seen.append(flow)
    raised = told.value.__cause__ if expected is RuntimeError else told.value
    assert type(raised) is type(failure) and raised.args == failure.args
    frames = traceback.extract_tb(raised.__traceback__)
    assert frames[-1].name == "fail" and frames[-2].name.startswith("on_")
    assert [flow.id for flow in seen] == list(range(len(seen)))
    assert [flow.src_port for flow in seen] == [flow.src_port for flow in plain[: len(seen)]]
    expired = sum(call[0] == "expire" for call in recorder.calls)
    assert len(seen) == expired and recorder.calls[-1] == ("cleanup",)
    assert plugin.calls == 500 and next(flows, None) is None
    assert all_runs_end()


class Cleaner(NFPlugin):
    """Counts its runs and how often it was asked to clean up."""

    def __init__(self) -> None:
        self.cleaned = 0

    def cleanup(self) -> None:
        self.cleaned += 1


@pytest.fixture
def cleaner() -> Iterator[Cleaner]:
    cleaner = Cleaner()
    yield cleaner
    gc.collect()
    assert cleaner.cleaned == 1
    assert all_runs_end()


def test_cleanup_at_the_end(cleaner: Cleaner, web: str) -> None:
    assert sum(1 for _ in NFStreamer(web, udps=cleaner)) == 12


def test_cleanup_with_max_nflows(cleaner: Cleaner, web: str) -> None:
    assert sum(1 for _ in NFStreamer([web] * 500, udps=cleaner, max_nflows=3)) == 3


def test_cleanup_after_break(cleaner: Cleaner, web: str) -> None:
    for _ in NFStreamer([web] * 500, udps=cleaner, idle_timeout=0):
        break


def test_cleanup_of_a_closed_iterator(cleaner: Cleaner, web: str) -> None:
    flows = iter(NFStreamer([web] * 500, udps=cleaner, idle_timeout=0))
    assert next(flows).id == 0
    flows.close()
    assert cleaner.cleaned == 1 and next(flows, None) is None
    flows.close()


def test_cleanup_of_a_dropped_iterator(cleaner: Cleaner, web: str) -> None:
    flows = iter(NFStreamer([web] * 500, udps=cleaner, idle_timeout=0))
    assert next(flows).id == 0
    del flows


def test_cleanup_when_the_caller_fails(cleaner: Cleaner, web: str) -> None:
    with pytest.raises(Failure):
        for _ in NFStreamer([web] * 500, udps=cleaner, idle_timeout=0):
            raise Failure


def test_cleanup_when_a_capture_cannot_be_read(cleaner: Cleaner, web: str, tmp_path: Path) -> None:
    (tmp_path / "none.pcap").write_bytes(b"this is no capture, by any measure")
    with pytest.raises(ValueError, match="none.pcap is not a capture file"):
        list(NFStreamer(tmp_path / "none.pcap", udps=cleaner))


def test_cleanup_after_damage(cleaner: Cleaner, testdata: Path) -> None:
    with pytest.warns(DamageWarning, match="damaged at byte 15125") as warnings:
        assert sum(1 for _ in NFStreamer(testdata / "containers" / "http-truncated.pcap", udps=cleaner)) == 2
    assert [warning.filename for warning in warnings] == [__file__]


def test_cleanup_of_all_when_one_fails(cleaner: Cleaner, web: str) -> None:
    class Fails(NFPlugin):
        def cleanup(self) -> None:
            raise Failure

    seen = []
    with pytest.raises(Failure):
        for flow in NFStreamer(web, udps=[Fails(), cleaner]):
            seen.append(flow)
    assert len(seen) == 12


def test_an_iterator_that_was_never_begun_runs_nothing(web: str) -> None:
    cleaner = Cleaner()
    del [flows := iter(NFStreamer(web, udps=cleaner))][:]
    del flows
    gc.collect()
    assert cleaner.cleaned == 0
    assert all_runs_end()


def test_plugins_need_not_pickle_and_are_not_copied(web: str) -> None:
    plugin = Recorder()
    plugin.lock, plugin.generator, plugin.function = threading.Lock(), (n for n in ()), lambda: None
    with pytest.raises(TypeError):
        pickle.dumps(plugin)
    streamer = NFStreamer(web, udps=plugin)
    assert streamer.udps[0] is plugin
    assert sum(1 for _ in streamer) == 12 and len(plugin.calls) == 126 + 12 + 1


def test_plugins_run_in_the_thread_that_iterates(web: str) -> None:
    threads: set[int] = set()

    class Where(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            threads.add(threading.get_ident())

        def on_update(self, packet: NFPacket, flow: NFlow) -> None:
            threads.add(threading.get_ident())

        def on_expire(self, flow: NFlow) -> None:
            threads.add(threading.get_ident())

        def cleanup(self) -> None:
            threads.add(threading.get_ident())

    worker = threading.Thread(target=lambda: list(NFStreamer(web, udps=Where(), n_meters=3)))
    worker.start()
    worker.join()
    assert threads == {worker.ident}


def test_packets_that_are_kept(testdata: Path) -> None:
    class Described(Kept):
        def __init__(self) -> None:
            super().__init__()
            self.described: list[str] = []

        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            super().on_init(packet, flow)
            self.described.append(repr(packet))

        on_update = on_init

    captures = sorted(testdata.glob("*.pcap"))
    kept = Described()
    flows = list(NFStreamer(captures, udps=kept, n_dissections=0))
    gc.collect()
    assert len(kept.packets) == sum(flow.bidirectional_packets for flow in flows) > 1000
    assert [repr(packet) for packet, _ in kept.packets] == kept.described


def test_flows_that_are_kept(web: str) -> None:
    kept = Kept()
    flows = iter(NFStreamer(web, udps=kept, idle_timeout=1))
    first = next(flows)
    alive = [flow for _, flow in kept.packets if flow is not first]
    del flows
    gc.collect()
    # Of a flow whose run was left the values can still be read.
    assert first.bidirectional_packets >= 1 and pickle.loads(pickle.dumps(first)) == first
    assert all(flow.src_ip.count(".") == 3 or ":" in flow.src_ip for flow in alive)


def test_flows_and_packets_are_freed(web: str) -> None:
    class Weak(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            udps.append(weakref.ref(flow.udps))

    udps: list[weakref.ref[object]] = []
    for _ in NFStreamer(web, udps=Weak()):
        pass
    del _
    assert len(udps) == 12 and not any(reference() for reference in udps)


def test_pickled_flows_have_what_plugins_set(web: str) -> None:
    class Sets(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.sizes = [packet.raw_size]

    flows = list(NFStreamer(web, udps=Sets(), splt_analysis=2))
    restored = pickle.loads(pickle.dumps(flows))
    assert restored == flows and restored[3].udps.sizes == flows[3].udps.sizes
    restored[3].udps.sizes.append(0)
    assert restored != flows
    assert flows[0].udps == flows[0].udps and flows[0].udps != flows[1].udps and flows[0].udps != 5


def test_runs_side_by_side_share_a_plugin(web: str) -> None:
    recorder = Recorder()
    streamer = NFStreamer(web, udps=recorder)
    pairs = list(zip(streamer, streamer))
    assert all(first == second and first is not second for first, second in pairs) and len(pairs) == 12
    assert recorder.calls.count(("cleanup",)) >= 1


def test_a_run_inside_a_plugin(web: str) -> None:
    class Nested(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.flows = sum(1 for _ in NFStreamer(web, udps=NFPlugin(), n_meters=1))

    assert {flow.udps.flows for flow in NFStreamer(web, udps=Nested(), max_nflows=4)} == {12}


def test_an_iterator_that_is_asked_from_its_own_plugin(web: str) -> None:
    class Greedy(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            next(flows)

    flows = iter(NFStreamer(web, udps=Greedy()))
    with pytest.raises(ValueError, match="generator already executing"):
        next(flows)


def test_report_of_a_run_with_plugins(web: str) -> None:
    streamer = NFStreamer(web, udps=NFPlugin())
    assert sum(1 for _ in streamer) == 12
    assert (streamer.report.packets, streamer.report.flows) == (126, 12)
