"""Every run begins with plugins as they were given."""

import collections
import copy
import dataclasses
import gc
import json
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import Any

import pandas
import pandas.testing
import pytest

from nfstream import NFlow, NFPacket, NFPlugin, NFStreamer


class Seen(NFPlugin):
    """Whether a destination is new, and how many flows there were."""

    classes: list[str] = []
    count = 0

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.seen: set[str] = set()

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        flow.udps.new = int(flow.dst_ip not in self.seen and flow.dst_ip not in self.classes)
        self.seen.add(flow.dst_ip)
        self.classes.append(flow.dst_ip)
        self.count += 1


def test_runs_are_equal(web: str) -> None:
    plugin = Seen()
    streamer, other = NFStreamer(web, udps=plugin), NFStreamer(web, udps=plugin)
    first = [flow.udps.new for flow in streamer]
    assert sum(first) == len(plugin.seen) == 5 and plugin.count == 12, "it can be read after the run"
    assert [flow.udps.new for flow in other] == first == streamer.to_pandas()["udps.new"].to_list()
    assert (plugin.count, Seen.count, len(Seen.classes)) == (12, 0, 12)


def test_attributes_in_slots(web: str) -> None:
    @dataclasses.dataclass(slots=True)
    class Counts(NFPlugin):
        count: int = 0
        seen: set[str] = dataclasses.field(default_factory=set)

        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            self.count += 1
            self.seen.add(flow.dst_ip)
            flow.udps.counted = self.count, len(self.seen)

        def cleanup(self) -> None:
            if self.count > 100:
                del self.seen

    plugin = Counts(count=5)
    streamer = NFStreamer(web, udps=plugin)
    expected = [flow.udps.counted for flow in streamer]
    assert expected[-1] == (17, 5) == (plugin.count, len(plugin.seen))
    assert [flow.udps.counted for flow in streamer] == expected
    assert [(one.udps.counted, other.udps.counted) for one, other in zip(streamer, streamer)] == list(zip(expected, expected))
    plugin.count = 1000
    assert [flow.udps.counted[0] for flow in streamer] == list(range(1001, 1013))
    assert not hasattr(plugin, "seen") and [flow.udps.counted[1] for flow in streamer][-1] == 5
    plugin.seen = {"x"}
    for again in copy.copy(plugin), copy.deepcopy(plugin):
        assert (again.count, again.seen) == (1012, {"x"})


class OfItsClass(NFPlugin):
    """It keeps everything in its class, and asks for it by that name and as its own."""

    seen: set[str] = set()
    rows: list[int] = []
    by_host: collections.defaultdict[str, list[int]] = collections.defaultdict(list)
    made: list[NFPlugin] = []
    count = 0

    def __init__(self) -> None:
        OfItsClass.made.append(self)
        self.mine = OfItsClass.rows

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        OfItsClass.seen.add(flow.dst_ip)
        self.rows.append(flow.dst_port)
        OfItsClass.by_host[flow.dst_ip].append(1)
        OfItsClass.count += 1
        OfItsClass.added = {1}
        assert self.mine is self.rows is OfItsClass.rows and self.seen is OfItsClass.seen and self in self.made
        flow.udps.kept = [len(self.seen), len(OfItsClass.rows), len(self.by_host[flow.dst_ip]), self.count]

    def cleanup(self) -> None:
        OfItsClass.seen = set(OfItsClass.seen)


def test_a_class_is_one_with_its_plugins(web: str) -> None:
    plugin = OfItsClass()
    streamer, other = NFStreamer(web, udps=plugin), NFStreamer(web, udps=plugin)
    expected = [flow.udps.kept for flow in streamer]
    assert expected[-1][:2] == [5, 12] and expected[-1][3] == 12
    assert (len(OfItsClass.seen), len(OfItsClass.rows), OfItsClass.count) == (5, 12, 12), "it can be read after the run"
    assert [flow.udps.kept for flow in streamer] == [flow.udps.kept for flow in other] == expected
    given = OfItsClass.rows
    OfItsClass.rows.clear()
    OfItsClass.rows.append(80)
    OfItsClass.count = 100
    for _ in range(2):
        assert [flow.udps.kept[1::2] for flow in streamer] == [[number + 2, number + 101] for number in range(12)]
    assert OfItsClass.rows is given


def test_runs_at_the_same_time(web: str) -> None:
    plugin = Seen()
    expected = [(flow.udps.new, flow.udps.new) for flow in NFStreamer(web, udps=plugin)]
    streamer = NFStreamer(web, udps=plugin)
    assert [(one.udps.new, other.udps.new) for one, other in zip(streamer, streamer)] == expected
    assert [streamer.to_pandas()["udps.new"].sum() for _ in streamer] == [5] * 12


def test_one_plugin_twice(web: str) -> None:
    class Counts(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            self.calls = getattr(self, "calls", 0) + 1

    plugin = Counts()
    for _ in range(2):
        list(NFStreamer(web, udps=[plugin, plugin]))
        assert plugin.calls == 24


def test_cleanup_may_delete(web: str) -> None:
    class Cleans(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.x = self.table.get(flow.dst_port, 0)

        def cleanup(self) -> None:
            del self.table

    streamer = NFStreamer(web, udps=Cleans(table={443: 7}))
    assert [sum(flow.udps.x for flow in streamer) for _ in range(3)] == [14, 14, 14]


def test_what_is_set_between_runs_holds(web: str) -> None:
    class Least(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            self.calls = self.calls + 1 if hasattr(self, "calls") else 1
            flow.udps.large = flow.dst_port >= self.least

    plugin = Least(least=80, other=5)
    streamer = NFStreamer(web, udps=plugin)
    first = sum(flow.udps.large for flow in streamer)
    plugin.least = 443
    del plugin.other
    second = sum(flow.udps.large for flow in streamer)
    assert first > second > 0 and vars(plugin) == {"least": 443, "calls": 12}


def test_what_cannot_be_copied_is_shared(web: str) -> None:
    class Writes(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            with self.lock:
                self.kept.append(flow.dst_port)
                self.by[flow.dst_port].append(Refuses())
            flow.udps.kept = self.by[flow.dst_port], len(self.kept)

        def __copy__(self) -> NFPlugin:
            raise RuntimeError

        __deepcopy__ = __setattr__ = __copy__

    class Refuses:
        def __deepcopy__(self, memo: object) -> object:
            raise RuntimeError

        __reduce_ex__ = __deepcopy__

    lock = threading.Lock()
    plugin = Writes()
    vars(plugin).update(lock=lock, kept=collections.deque(), of={"x": Refuses()}, by=collections.defaultdict(list, x=[lock]))
    given = plugin.kept
    for _ in range(2):
        list(NFStreamer(web, udps=plugin))
        assert plugin.lock is lock and len(plugin.kept) == 12 and not given and plugin.by["x"] == [lock]
    streamer = NFStreamer(web, udps=plugin)
    assert [one.udps.kept[1] for one, _ in zip(streamer, streamer)] == list(range(1, 13))
    assert streamer.to_pandas()["udps.kept"].str.contains("Refuses").all()


def test_an_iterator_that_is_left_to_the_end_of_the_program(web: str) -> None:
    script = (
        "import sys\nfrom nfstream import NFPlugin, NFStreamer\n"
        "class Cleans(NFPlugin):\n"
        "    def cleanup(self):\n"
        "        sys.stdout.write('cleaned')\n"
        "parameters = {sys.argv[2]: [Cleans()]}\n"
        "flows = iter(NFStreamer(sys.argv[1], **parameters))\n"
        "next(flows)\n"
    )
    for parameter in "udps", "plugins":
        command = [sys.executable, "-c", script, web, parameter]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        assert (run.stdout, run.stderr) == ("cleaned", ""), parameter


def test_values_are_shared_as_they_were(web: str) -> None:
    class Fills(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            with self.state["lock"]:
                self.rows.append(flow.dst_port)

    rows: list[int] = []
    lock = threading.Lock()
    plugin = Fills(rows=rows, state={"rows": rows, "lock": lock})
    for _ in range(2):
        list(NFStreamer(web, udps=plugin))
        assert len(plugin.rows) == 12 and plugin.state["rows"] is plugin.rows and plugin.state["lock"] is lock


def test_a_run_that_could_not_begin(web: str) -> None:
    class Refuses:
        def __deepcopy__(self, memo: object) -> object:
            if refuses:
                raise KeyboardInterrupt
            return self

    class Counts(NFPlugin):
        calls = 0

        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            self.calls += 1

    refuses = True
    plugin = Counts(value=Refuses())
    streamer = NFStreamer(web, udps=plugin)
    with pytest.raises(KeyboardInterrupt):
        list(streamer)
    refuses = False
    for _ in range(2):
        list(streamer)
        assert plugin.calls == 12


def test_a_plugin_that_knows_itself_is_collected(web: str) -> None:
    class Itself(NFPlugin):
        pass

    plugin = Itself(known=[], table={})
    plugin.known.append(plugin)
    list(NFStreamer(web, udps=plugin))
    assert plugin.known[0] is plugin
    reference = weakref.ref(plugin)
    del plugin
    gc.collect()
    assert reference() is None


def test_a_plugin_that_knows_its_streamer(web: str) -> None:
    class Reports(NFPlugin):
        def cleanup(self) -> None:
            self.flows = self.streamer.report.flows

    plugin = Reports()
    plugin.streamer = streamer = NFStreamer(web, udps=plugin)
    list(streamer)
    assert plugin.streamer is streamer and plugin.flows == 12


def test_what_a_plugin_goes_on_to_change(web: str) -> None:
    class Grows(NFPlugin):
        def on_expire(self, flow: NFlow) -> None:
            self.ids.append(flow.id)
            flow.udps.ids = self.ids

    streamer = NFStreamer(web, udps=Grows(ids=[]))
    expected = [list(range(number + 1)) for number in range(12)]
    assert streamer.to_pandas(lists="list")["udps.ids"].to_list() == expected
    assert streamer.to_polars()["udps.ids"].to_list() == expected


def test_plugins_know_each_other(web: str) -> None:
    class Reads(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.count = self.seen.count
            self.tables["seen"].append(self.seen.tables is self.tables)

    tables: dict[str, list[bool]] = {"seen": []}
    seen = Seen(tables=tables)
    reads = Reads(seen=seen, tables=tables)
    for order in [seen, reads], [reads, seen]:
        streamer = NFStreamer(web, udps=order)
        for _ in range(2):
            counts = [flow.udps.count for flow in streamer]
            assert counts == list(range(order[0] is seen, 12 + (order[0] is seen))) and reads.seen is seen
            assert seen.tables["seen"] == [True] * 12


class Names(NFPlugin):
    def on_expire(self, flow: NFlow) -> None:
        flow.application_name = "Mine"
        flow.bidirectional_packets = 5
        flow.splt_ps = [1, 2]
        flow.vlan_id = flow.vlan_id + 1


class Reads(NFPlugin):
    def on_expire(self, flow: NFlow) -> None:
        flow.udps.read = f"{flow.application_name} {flow['bidirectional_packets']}"


def test_columns_that_plugins_set(web: str) -> None:
    streamer = NFStreamer(web, udps=[Names(), Reads()], splt_analysis=2, features={"double": "bidirectional_packets * 2"})
    expected = [("Mine", 5, [1, 2], 1, 10, "Mine 5")] * 12
    names = ["application_name", "bidirectional_packets", "splt_ps", "vlan_id", "double", "udps.read"]

    def rows(columns: dict[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
        return list(zip(*(columns[name] for name in names)))

    flows = list(streamer)
    assert [tuple(flow[name] for name in names) for flow in flows] == expected
    assert rows(streamer.to_arrow().to_pydict()) == expected
    assert rows(streamer.to_pandas(lists="list").to_dict("list")) == expected
    assert rows(streamer.to_polars().to_dict(as_series=False)) == expected
    hidden = streamer.to_arrow(["application_name"], anonymization_key=b"k").to_pydict()["application_name"]
    assert len(set(hidden)) == 1 and len(hidden[0]) == 128


def test_what_is_set_while_a_flow_is_alive(web: str) -> None:
    """As with nfstream it holds until the run finds the value anew; what the first packet decides is never found anew."""

    class Sets(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.application_name, flow.src_ip, flow.bidirectional_bytes = "Early", 5, 1000
            assert (flow.application_name, flow.src_ip, flow.bidirectional_bytes) == ("Early", 5, 1000)
            with pytest.raises(OverflowError):
                flow.src_port = 70_000
            with pytest.raises(TypeError):
                flow.src_port = "http"

        def on_expire(self, flow: NFlow) -> None:
            assert flow.application_name != "Early" and flow.src_ip == 5

    class Sees(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.seen = [flow.bidirectional_bytes]

        def on_update(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.seen.append(flow.bidirectional_bytes)

    plain = NFStreamer(web).to_pandas()
    streamer = NFStreamer(web, udps=[Sets(), Sees()])
    for flow in streamer:
        assert flow.udps.seen[0] == 1000 > flow.udps.seen[1] and flow.udps.seen[1:] == sorted(flow.udps.seen[1:])
    frame = streamer.to_pandas().drop(columns="udps.seen")
    assert set(frame["src_ip"]) == {"5"}
    pandas.testing.assert_frame_equal(frame.drop(columns="src_ip"), plain.drop(columns="src_ip"))


def test_a_packet_is_a_named_tuple(web: str) -> None:
    kept: list[NFPacket] = []

    class Keeps(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            kept.append(packet)

    list(NFStreamer(web, udps=Keeps()))
    packet = kept[1]
    values = tuple(getattr(packet, name) for name in NFPacket._fields)
    assert tuple(packet) == values == (*packet,) and len(packet) == len(values) == 28
    assert packet._asdict() == dict(zip(packet._fields, values))
    assert (packet[0], packet[-1], packet[1:4]) == (values[0], values[-1], values[1:4])
    assert packet == packet == values and packet != kept[0] and hash(packet) == hash(values)
    assert packet.raw_size in packet and packet.index(packet.time) == 0 and packet.count(values[0]) >= 1
    made = packet._replace(time=1)
    assert made == (1, *values[1:]) and made._fields == packet._fields and made.src_ip == packet.src_ip
    for again in copy.copy(packet), copy.deepcopy(packet), pickle.loads(pickle.dumps(packet)):
        assert again == packet and again.dst_port == packet.dst_port
    assert packet._make(values) == values and packet._field_defaults == {} and isinstance(packet, Sequence)
    assert packet + (1,) == (*values, 1) and (1,) + packet == (1, *values) and packet * 2 == 2 * packet == values + values
    assert sorted(kept) == sorted(map(tuple, kept)) and kept[0] < packet <= values and not packet > values
    assert pandas.DataFrame(kept).equals(pandas.DataFrame(map(tuple, kept), columns=packet._fields))
    assert json.loads(json.dumps(packet._asdict(), default=str))["src_port"] == packet.src_port
    for wrong in (lambda: packet < 5, lambda: packet + [1], lambda: packet * "x", lambda: [1] + packet):
        with pytest.raises(TypeError):
            wrong()
    for index in 28, -29:
        with pytest.raises(IndexError):
            packet[index]
    with pytest.raises(ValueError):
        packet._replace(bogus=1)
    with pytest.raises(AttributeError):
        packet.time = 1
    match packet:
        case NFPacket(time, _, direction):
            assert (time, direction) == (values[0], values[2])
        case _:
            raise AssertionError(packet)
    match packet:
        case (first, *others):
            assert (first, *others) == values
        case _:
            raise AssertionError(packet)
