"""What plugins set of flows, in files and tables."""

import csv
import enum
import hashlib
import json
import sys
from pathlib import Path

import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest

from nfstream import DamageWarning, NFlow, NFPacket, NFPlugin, NFStreamer

KEY = b"a key that lasts"


class Of(enum.Enum):
    A = 1


class Everything(NFPlugin):
    """A column of every type, the same for all flows."""

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        flow.udps.whole = packet.raw_size
        flow.udps.real = packet.raw_size / 7
        flow.udps.truth = flow.dst_port == 53
        flow.udps.text = f'a, "b"\n{flow.dst_ip} é'
        flow.udps.sizes = [packet.raw_size, packet.ip_size]
        flow.udps.shares = (0.5, packet.raw_size / 3)
        flow.udps.words = [flow.dst_ip, "x"]
        flow.udps.nothing = None
        flow.udps.empty = ""
        flow.udps.member = Of.A
        flow.udps.mapping = {"a": [1, None]}
        flow.udps.scalar = numpy.float64(0.25)
        flow.udps.array = numpy.array([1, 2])
        flow.udps.src_ip = "not the column"


class Some(NFPlugin):
    """Other columns for other flows, and more as time goes by."""

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        if flow.dst_port == 53:
            flow.udps.name = f'line\n"{flow.src_port}",'
        elif flow.protocol == 6:
            flow.udps.port = flow.dst_port

    def on_expire(self, flow: NFlow) -> None:
        if flow.id >= 8:
            flow.udps.late = flow.id / 2


@pytest.fixture
def everything(place: Path) -> NFStreamer:
    return NFStreamer("web.pcap", udps=Everything(), splt_analysis=2)


@pytest.fixture
def some(place: Path) -> NFStreamer:
    return NFStreamer("web.pcap", udps=[NFPlugin(), Some()], splt_analysis=2)


def made(place: Path) -> list[str]:
    return sorted(file.name for file in place.iterdir() if file.name != "web.pcap")


def read(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file, strict=True))


def rows(streamer: NFStreamer) -> list[dict[str, object]]:
    return [dict(flow.items()) for flow in streamer]


def text(value: object) -> str:
    return "" if value is None else str(value.tolist() if isinstance(value, numpy.ndarray) else value)


def plain(value: object) -> object:
    """A value as JSON and Arrow have it."""
    if isinstance(value, Of):
        return str(value)
    if isinstance(value, (numpy.generic, numpy.ndarray)):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def test_without_a_plugin_that_sets_anything_files_are_the_same(place: Path) -> None:
    parameters = dict(statistical_analysis=True, splt_analysis=3, l7_metadata=True)
    plain, plugged = NFStreamer("web.pcap", **parameters), NFStreamer("web.pcap", udps=NFPlugin(), **parameters)
    for hidden in (), ["src_ip", "splt_ps"]:
        for method in "to_csv", "to_jsonl", "to_parquet":
            for name, streamer in ("plain", plain), ("plugged", plugged):
                assert getattr(streamer, method)(name, hidden, anonymization_key=KEY) == 12
            assert Path("plain").read_bytes() == Path("plugged").read_bytes(), method
        for method in "to_arrow", "to_polars":
            expected = getattr(plain, method)(hidden, anonymization_key=KEY)
            assert getattr(plugged, method)(hidden, anonymization_key=KEY).equals(expected)
        frame, expected = (one.to_pandas(hidden, anonymization_key=KEY) for one in (plugged, plain))
        pandas.testing.assert_frame_equal(frame, expected)


def test_csv(everything: NFStreamer) -> None:
    assert everything.to_csv() == 12
    expected = [{name: text(value) for name, value in row.items()} for row in rows(everything)]
    assert read("web.pcap.csv") == expected
    assert list(expected[0])[-14:][:3] == ["udps.whole", "udps.real", "udps.truth"]
    assert expected[0]["udps.truth"] == "True" and expected[0]["udps.nothing"] == ""


def test_jsonl(everything: NFStreamer) -> None:
    assert everything.to_jsonl("x.jsonl") == 12
    lines = [json.loads(line) for line in Path("x.jsonl").read_text().splitlines()]
    assert lines == [{name: plain(value) for name, value in row.items()} for row in rows(everything)]


def test_numbers_that_json_does_not_have(place: Path) -> None:
    class Odd(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.values = [float("nan"), 1]
            flow.udps.value = float("inf")
            flow.udps.key = {(1, 2): 3}
            flow.udps.surrogate = "\ud800"
            flow.udps.itself = [flow.udps]

    streamer = NFStreamer("web.pcap", udps=Odd(), max_nflows=1)
    streamer.to_jsonl("x.jsonl")
    line = json.loads(Path("x.jsonl").read_text())
    shown = [line[f"udps.{name}"] for name in ("values", "value", "key", "surrogate")]
    assert shown == ["[nan, 1]", None, "{(1, 2): 3}", "\ud800"]
    streamer.to_csv("x.csv")
    assert read("x.csv")[0]["udps.surrogate"] == "\\ud800"
    assert streamer.to_arrow()["udps.surrogate"].to_pylist() == ["\\ud800"]


KINDS = {
    "whole": pyarrow.int64(),
    "real": pyarrow.float64(),
    "truth": pyarrow.bool_(),
    "text": pyarrow.string(),
    "sizes": pyarrow.list_(pyarrow.int64()),
    "shares": pyarrow.list_(pyarrow.float64()),
    "words": pyarrow.list_(pyarrow.string()),
    "nothing": pyarrow.string(),
    "empty": pyarrow.string(),
    "member": pyarrow.string(),
    "mapping": pyarrow.string(),
    "scalar": pyarrow.float64(),
    "array": pyarrow.list_(pyarrow.int64()),
    "src_ip": pyarrow.string(),
}


def test_tables(everything: NFStreamer) -> None:
    expected = [{name: plain(value) for name, value in row.items()} for row in rows(everything)]
    for row in expected:
        row["udps.mapping"] = str(row["udps.mapping"])
    table = everything.to_arrow()
    assert table.to_pylist() == everything.to_polars().to_dicts() == expected
    assert pyarrow.table(everything).equals(table) and polars.DataFrame(everything).to_dicts() == expected
    assert {name: table.schema.field(f"udps.{name}").type for name in KINDS} == KINDS
    assert everything.to_parquet("x.parquet") == 12
    assert pyarrow.parquet.read_table("x.parquet").equals(table)


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_pandas(with_pyarrow: bool, everything: NFStreamer, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [{name: plain(value) for name, value in row.items()} for row in rows(everything)]
    with monkeypatch.context() as packages:
        if not with_pyarrow:
            packages.setitem(sys.modules, "pyarrow", None)
        frame = everything.to_pandas(lists="list", empty_text="text")
        as_nfstream = everything.to_pandas()
        hidden = everything.to_pandas(["src_ip", "udps.whole"], anonymization_key=KEY)
    assert list(frame) == list(expected[0]) and len(frame) == 12
    assert [str(frame.dtypes[f"udps.{name}"]) for name in ("whole", "real", "truth")] == ["int64", "float64", "bool"]
    assert frame.pop("udps.nothing").isna().all()
    for row in expected:
        row["udps.mapping"] = str(row["udps.mapping"])
        row["udps.shares"] = tuple(row["udps.shares"])
        del row["udps.nothing"]
    assert frame.to_dict("records") == expected
    for column in "src_ip", "udps.whole":
        digests = [hashlib.blake2b(str(row[column]).encode(), key=KEY).hexdigest() for row in expected]
        assert hidden[column].to_list() == digests
    assert as_nfstream["udps.shares"].to_list() == [str(row["udps.shares"]) for row in expected]


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_text_that_is_empty_in_every_flow(with_pyarrow: bool, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as that of other columns."""

    class Empty(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.empty = ""
            flow.udps.nothing = None

        def on_expire(self, flow: NFlow) -> None:
            flow.user_agent = ""

    if not with_pyarrow:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    streamer = NFStreamer("web.pcap", udps=Empty())
    missing, text = streamer.to_pandas(), streamer.to_pandas(empty_text="text")
    for frame in missing, text:
        assert frame["udps.empty"].dtype == frame["udps.nothing"].dtype == frame["user_agent"].dtype
        assert frame["udps.empty"].isna().equals(frame["user_agent"].isna()) and frame["udps.nothing"].isna().all()
    assert missing["udps.empty"].isna().all() and text["udps.empty"].to_list() == [""] * 12


def test_columns_that_only_some_flows_have(some: NFStreamer) -> None:
    given = rows(some)
    names = ["udps.name", "udps.port", "udps.late"]
    assert [name for name in given[0] if name.startswith("udps.")] == names[:1]
    full = [{**dict.fromkeys(names), **row} for row in given]
    assert some.to_csv("x.csv") == 12
    assert list(read("x.csv")[0])[-3:] == names
    assert read("x.csv") == [{name: text(value) for name, value in row.items()} for row in full]
    some.to_jsonl("x.jsonl")
    assert [json.loads(line) for line in Path("x.jsonl").read_text().splitlines()] == given
    assert some.to_arrow().to_pylist() == some.to_polars().to_dicts() == full
    frame = some.to_pandas()
    assert [str(frame.dtypes[name]) for name in names[1:]] == ["float64", "float64"]
    for name in names:
        assert [None if value != value or value is None else value for value in frame[name]] == [
            row[name] for row in full
        ]


def test_columns_that_come_late_to_several_files(some: NFStreamer, place: Path) -> None:
    full = [{name: text(value) for name, value in row.items()} for row in rows(some)]
    assert some.to_csv("x.csv", flows_per_file=3) == 12
    assert made(place) == [f"x.{number}.csv" for number in range(4)]
    read_back = [row for number in range(4) for row in read(f"x.{number}.csv")]
    assert [{name: value for name, value in row.items() if value} for row in read_back] == [
        {name: value for name, value in row.items() if value} for row in full
    ]
    assert some.to_csv("x.csv", flows_per_file=3, rotate_files=2) == 12
    assert [int(row["id"]) for row in read("x.0.csv")] == [6, 7, 8]


def test_a_new_column_in_every_flow(place: Path) -> None:
    class New(NFPlugin):
        def on_expire(self, flow: NFlow) -> None:
            setattr(flow.udps, f"of {flow.id}", f'{flow.id}\n"' * 3)

    streamer = NFStreamer("web.pcap", udps=New())
    assert streamer.to_csv("x.csv") == 12
    for number, row in enumerate(read("x.csv")):
        assert [row[f"udps.of {other}"] for other in range(12)] == [
            f'{number}\n"' * 3 if other == number else "" for other in range(12)
        ]


def test_a_file_that_cannot_be_begun_again(some: NFStreamer) -> None:
    with pytest.raises(ValueError, match="/dev/null: the first line does not name the column udps.port, and can no longer be"):
        some.to_csv("/dev/null")
    assert NFStreamer("web.pcap", udps=Everything()).to_csv("/dev/null") == 12


def test_anonymisation(everything: NFStreamer) -> None:
    hidden = ["src_ip", "udps.whole", "udps.sizes", "udps.nothing", "udps.src_ip"]
    digest = lambda value: hashlib.blake2b(str(value).encode(), key=KEY).hexdigest()  # noqa: E731
    expected = [
        {
            name: digest(value) if name in hidden and value is not None else text(value)
            for name, value in row.items()
        }
        for row in rows(everything)
    ]
    everything.to_csv("x.csv", hidden, anonymization_key=KEY)
    assert read("x.csv") == expected
    assert everything.to_arrow(hidden, anonymization_key=KEY)["udps.whole"].to_pylist() == [
        row["udps.whole"] for row in expected
    ]
    seen = {flow.udps.text.split("\n")[1] for flow in everything}
    assert all("10." in text or ":" in text for text in seen), "plugins see what is"


def test_numbers_of_numpy_are_numbers(place: Path) -> None:
    class Sets(NFPlugin):
        def __init__(self, of: bool) -> None:
            super().__init__()
            self.number, self.array = (numpy.int64, numpy.array) if of else (int, list)

        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            number = self.number
            flow.udps.list = [number(1), number(2)]
            flow.udps.pair = (number(1), [number(flow.dst_port)])
            flow.udps.table = {number(7): number(8), "deep": {"er": [number(9)]}}
            flow.udps.array = self.array([number(1), number(2)])
            flow.udps.objects = self.array([number(1), None])
            flow.udps.mixed = number(1) if flow.dst_port == 53 else "text"
            flow.udps.set = {number(5)}
            flow.splt_ps = self.array([number(1), number(2)])
            itself: list[object] = []
            itself.append(itself)
            flow.udps.itself = itself

        def on_expire(self, flow: NFlow) -> None:
            flow.splt_ps = self.array([self.number(1), self.number(2)])

    ours, plain = (NFStreamer("web.pcap", udps=Sets(of), splt_analysis=2) for of in (True, False))
    for method in "to_csv", "to_jsonl", "to_parquet":
        for hidden in [], ["udps.list", "udps.array", "udps.mixed"]:
            for name, streamer in ("ours", ours), ("plain", plain):
                getattr(streamer, method)(name, hidden, anonymization_key=KEY)
            assert Path("ours").read_bytes() == Path("plain").read_bytes(), method
    assert ours.to_arrow().equals(plain.to_arrow()) and ours.to_polars().equals(plain.to_polars())
    for lists in "text", "list":
        pandas.testing.assert_frame_equal(ours.to_pandas(lists=lists), plain.to_pandas(lists=lists))
    assert set(ours.to_pandas()["udps.array"]) == {"[1, 2]"} and set(ours.to_pandas()["udps.set"]) == {"{5}"}


def test_times_of_numpy_are_text(place: Path) -> None:
    class Sets(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            time = numpy.datetime64("2020-01-01T00:00:01", "ns")
            flow.udps.time, flow.udps.times = time, numpy.array([time])

    row = NFStreamer("web.pcap", udps=Sets()).to_arrow().to_pylist()[0]
    assert row["udps.time"] == "2020-01-01T00:00:01.000000000" and row["udps.times"] == [row["udps.time"]]


def test_plugins_see_what_is_hidden_from_files(place: Path) -> None:
    class Sees(NFPlugin):
        def on_expire(self, flow: NFlow) -> None:
            flow.udps.is_known = flow.src_ip in ("10.0.0.1", "fd00::1")

    NFStreamer("web.pcap", udps=Sees()).to_csv("x.csv", ["src_ip"])
    assert {(len(row["src_ip"]), row["udps.is_known"]) for row in read("x.csv")} == {(128, "True")}


def test_unknown_columns_to_anonymize(everything: NFStreamer) -> None:
    with pytest.raises(ValueError, match="no column is called 'bogus'$"):
        everything.to_csv("x.csv", ["bogus", "src_ip"])
    for method in everything.to_arrow, everything.to_pandas:
        with pytest.warns(UserWarning, match="is called 'udps.bogus'$"):
            method(["udps.bogus", "udps.whole"])


def test_slips_in_names_of_what_plugins_set(place: Path) -> None:
    class Names(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.client_name = "secret"

    streamer = NFStreamer("web.pcap", udps=Names())
    for slip in "udps.client_nmae", "udps.CLIENT_NAME", "udps.Client_Name":
        message = f"^columns_to_anonymize: no column is called '{slip}': did you mean 'udps.client_name'\\?$"
        for write in streamer.to_csv, streamer.to_jsonl, streamer.to_parquet, lambda path, columns: streamer.to_pandas(columns):
            with pytest.raises(ValueError, match=message):
                write("flows", [slip])
    # Files that are whole stay when something fails: before the first one is, it is known.
    with pytest.raises(ValueError, match="did you mean 'udps.client_name'"):
        streamer.to_csv("flows", ["udps.CLIENT_NAME"], flows_per_file=1)
    assert [path.name for path in place.iterdir()] == ["web.pcap"]
    hidden = streamer.to_pandas(["udps.client_name"])
    assert set(hidden["udps.client_name"].map(len)) == {128}


def test_expiration_ids_that_plugins_set(place: Path) -> None:
    class Ends(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            if flow.dst_port == 53:
                flow.expiration_id = -1
            elif flow.dst_port == 80:
                flow.expiration_id = 7

        def on_expire(self, flow: NFlow) -> None:
            if flow.dst_port == 443:
                flow.expiration_id = 9

    streamer = NFStreamer("web.pcap", udps=Ends())
    seen = [flow.expiration_id for flow in streamer]
    assert set(seen) == {-1, 0, 7, 9}
    streamer.to_csv("x.csv")
    assert [int(row["expiration_id"]) for row in read("x.csv")] == streamer.to_pandas()["expiration_id"].to_list() == seen


def test_a_failing_plugin_leaves_what_was_there(place: Path) -> None:
    class Fails(NFPlugin):
        def on_expire(self, flow: NFlow) -> None:
            if flow.id == 7:
                raise ZeroDivisionError

    streamer = NFStreamer("web.pcap", udps=Fails())
    Path("x").write_text("what was there")
    for call in (
        *(lambda method=method: method("x") for method in (streamer.to_csv, streamer.to_jsonl, streamer.to_parquet)),
        *(streamer.to_arrow, streamer.to_polars, streamer.to_pandas, lambda: pyarrow.table(streamer)),
    ):
        with pytest.raises(ZeroDivisionError):
            call()
    assert made(place) == ["x"] and Path("x").read_text() == "what was there"


def test_no_flows(place: Path) -> None:
    Path("empty.pcap").write_bytes(Path("web.pcap").read_bytes()[:24])
    empty = NFStreamer("empty.pcap", udps=Everything())
    assert empty.to_csv("x.csv") == empty.to_jsonl("x.jsonl") == empty.to_parquet("x.parquet") == 0
    assert Path("x.csv").read_text() == ",".join(empty.to_pandas()) + "\n"
    assert len(empty.to_pandas()) == len(empty.to_arrow()) == pyarrow.parquet.read_table("x.parquet").num_rows == 0


def test_damage(testdata: Path, place: Path) -> None:
    streamer = NFStreamer(testdata / "containers" / "http-truncated.pcap", udps=NFPlugin())
    for method in streamer.to_csv, streamer.to_jsonl, streamer.to_parquet:
        with pytest.warns(DamageWarning, match="damaged at byte 15125") as warnings:
            assert method("x") == 2
        assert [warning.filename for warning in warnings] == [__file__]


def test_progress_and_report(everything: NFStreamer, capsys: pytest.CaptureFixture[str]) -> None:
    everything.to_csv("x.csv", progress=True)
    assert capsys.readouterr().err
    assert (everything.report.packets, everything.report.flows) == (126, 12)


def test_cleanup_when_a_file_cannot_be_written(place: Path) -> None:
    cleaned = []

    class Cleaner(Everything):
        def cleanup(self) -> None:
            cleaned.append(self)

        def on_expire(self, flow: NFlow) -> None:
            flow.udps.much = "x" * 100_000

    streamer = NFStreamer("web.pcap", udps=Cleaner())
    for number, method in enumerate((streamer.to_csv, streamer.to_jsonl), 1):
        with pytest.raises(OSError, match="No space left on device"):
            method("/dev/full")
        assert len(cleaned) == number


def test_interrupt(place: Path) -> None:
    class Interrupts(NFPlugin):
        def on_expire(self, flow: NFlow) -> None:
            if flow.id == 5:
                raise KeyboardInterrupt

    streamer = NFStreamer("web.pcap", udps=Interrupts())
    for call in lambda: streamer.to_csv("x"), lambda: streamer.to_parquet("x"), streamer.to_arrow, streamer.to_pandas:
        with pytest.raises(KeyboardInterrupt):
            call()
    assert made(place) == []


def test_a_failure_leaves_no_file_while_it_is_held(place: Path) -> None:
    class Fails(NFPlugin):
        def on_expire(self, flow: NFlow) -> None:
            raise ValueError("mine")

    for method in "to_csv", "to_jsonl", "to_parquet":
        with pytest.raises(ValueError, match="^mine$") as held:
            getattr(NFStreamer("web.pcap", udps=Fails()), method)("x")
        assert [path.name for path in place.iterdir()] == ["web.pcap"], held


def test_columns_that_are_chosen(place: Path) -> None:
    class Sees(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.other = 1
            flow.udps.seen = [flow.bidirectional_packets]
            if flow.dst_port == 53:
                flow.udps.name = flow.src_ip
            flow.application_name = "early"

        def on_update(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.seen.append(flow.bidirectional_packets)

        def on_expire(self, flow: NFlow) -> None:
            assert flow.bidirectional_packets == len(flow.udps.seen) and flow["dst_ip"] and "splt_ps" in flow
            flow.dst_port, flow.dst_ip = flow.dst_port + 1, "mine"

    class Own(NFStreamer):
        def __iter__(self):
            return (flow for flow in super().__iter__() if flow.protocol == 17)

    own = ["dst_port", "twice", "src_ip"]
    further = ["udps.name", "udps.seen"]
    parameters = dict(splt_analysis=2, features={"twice": "flow.dst_port * 2"})
    for streamer, plugged in (
        (NFStreamer("web.pcap", **parameters), []),
        (Own("web.pcap", **parameters), []),
        (NFStreamer("web.pcap", udps=Sees(), **parameters), further),
        (Own("web.pcap", udps=Sees(), **parameters), further),
    ):
        columns = own + plugged
        for hidden in [], ["src_ip", "dst_ip", *plugged]:
            given = dict(anonymization_key=KEY)
            frame = streamer.to_pandas(hidden, **given)
            expected = frame[columns]
            assert len(expected) == 12 if type(streamer) is NFStreamer else 0 < len(expected) < 12
            pandas.testing.assert_frame_equal(streamer.to_pandas(hidden, columns=columns, **given), expected)
            assert streamer.to_polars(hidden, columns=columns, **given).equals(streamer.to_polars(hidden, **given).select(columns))
            table = streamer.to_arrow(hidden, **given).select(columns)
            assert streamer.to_arrow(hidden, columns=columns, **given).equals(table)
            streamer.to_parquet("x.parquet", hidden, columns=columns, **given)
            assert pyarrow.parquet.read_table("x.parquet").equals(table)
            streamer.to_csv("x.csv", hidden, **given)
            whole = [{name: row[name] for name in columns} for row in read("x.csv")]
            streamer.to_csv("x.csv", hidden, columns=columns, **given)
            assert read("x.csv") == whole and list(read("x.csv")[0]) == columns
            streamer.to_jsonl("x.jsonl", hidden, **given)
            objects = [json.loads(line) for line in Path("x.jsonl").read_text().splitlines()]
            streamer.to_jsonl("x.jsonl", hidden, columns=iter(columns), **given)
            chosen = [json.loads(line) for line in Path("x.jsonl").read_text().splitlines()]
            assert chosen == [{name: one.get(name) for name in columns} for one in objects] and list(chosen[0]) == columns
    assert list(streamer.to_pandas(columns="id")) == ["id"]


def test_columns_that_cannot_be_chosen(place: Path) -> None:
    class Names(NFPlugin):
        def on_init(self, packet: NFPacket, flow: NFlow) -> None:
            flow.udps.client_name = "name"

    streamer = NFStreamer("web.pcap", udps=Names())
    for columns, message in (
        (["SRC_IP"], "no column is called SRC_IP; did you mean src_ip.*"),
        (["splt_ps"], "no column is called splt_ps: splt_analysis=20 .* adds it"),
        (["src_ip", "udps.client_nmae"], "columns: no column is called 'udps.client_nmae': did you mean 'udps.client_name'\\?"),
        (["udps.client_name"], r"columns: name at least one column of the flow itself, besides those of plugins \(udps.client_name\)"),
        ([], "no column is selected"),
        (["src_ip", "dst_ip", "src_ip"], "the column src_ip is selected twice"),
        (["id", "udps.client_name", "udps.client_name"], "columns: one is selected twice: .*"),
        (["udps.client_name", "src_ip"], r"columns: those of plugins \(udps.client_name\) must come after the others"),
    ):
        for write in streamer.to_csv, streamer.to_jsonl, streamer.to_parquet:
            with pytest.raises(ValueError, match=f"^{message}$"):
                write("x", columns=columns)
    assert made(place) == []
    with pytest.warns(UserWarning, match="^no column is called 'udps.bogus'$"):
        frame = streamer.to_pandas(columns=["src_ip", "udps.bogus"])
    assert list(frame) == ["src_ip", "udps.bogus"] and frame["udps.bogus"].isna().all()
