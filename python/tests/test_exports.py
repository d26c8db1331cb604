"""Flows as files and tables: what is in them, and what is left when something goes wrong."""

import csv
import errno
import hashlib
import json
import logging
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas
import pandas.testing
import polars
import pyarrow
import pyarrow.parquet
import pytest

from nfstream import DamageWarning, NFlow, NFPacket, NFPlugin, NFStreamer

KEY = b"a key that lasts"


@pytest.fixture
def streamer(place: Path) -> NFStreamer:
    return NFStreamer("web.pcap", statistical_analysis=True, splt_analysis=3)


@pytest.fixture
def rows(streamer: NFStreamer) -> list[dict[str, object]]:
    return [dict(flow.items()) for flow in streamer]


def made(place: Path) -> list[str]:
    """Names of the files beside the capture."""
    return sorted(file.name for file in place.iterdir() if file.name != "web.pcap")


def read(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def ids(path: str) -> list[int]:
    return [int(row["id"]) for row in read(path)]


def test_csv(streamer: NFStreamer, rows: list[dict[str, object]], place: Path) -> None:
    assert streamer.to_csv() == 12
    assert made(place) == ["web.pcap.csv"]
    assert read("web.pcap.csv") == [{name: str(value) for name, value in row.items()} for row in rows]
    for path in "own.csv", place / "own.csv", b"own.csv":
        assert streamer.to_csv(path) == 12
        assert Path("own.csv").read_bytes() == Path("web.pcap.csv").read_bytes()


def test_csv_of_several_captures_is_named_after_the_first(place: Path) -> None:
    shutil.copy("web.pcap", "second.pcap")
    assert NFStreamer((place / "second.pcap", "web.pcap")).to_csv() == 12
    assert made(place) == ["second.pcap", "second.pcap.csv"]


@pytest.mark.parametrize(
    ("path", "flows_per_file", "rotate_files", "files"),
    [
        ("x.csv", 5, 0, {"x.0.csv": range(5), "x.1.csv": range(5, 10), "x.2.csv": range(10, 12)}),
        ("x.csv", 6, 0, {"x.0.csv": range(6), "x.1.csv": range(6, 12)}),
        ("x.csv", 12, 0, {"x.0.csv": range(12)}),
        ("x.csv", 5, 1, {"x.0.csv": range(10, 12)}),
        ("x.csv", 5, 2, {"x.0.csv": range(10, 12), "x.1.csv": range(5, 10)}),
        ("x.csv", 3, 3, {"x.0.csv": range(9, 12), "x.1.csv": range(3, 6), "x.2.csv": range(6, 9)}),
        ("x.csv", 0, 2, {"x.csv": range(12)}),
        ("x.csv", True, False, {f"x.{number}.csv": [number] for number in range(12)}),
        (None, 10, 0, {"web.pcap.0.csv": range(10), "web.pcap.1.csv": range(10, 12)}),
        ("csv", 10, 0, {"csv.0": range(10), "csv.1": range(10, 12)}),
    ],
)
def test_several_files(
    path: str | None, flows_per_file: int, rotate_files: int, files: dict[str, range], streamer: NFStreamer, place: Path
) -> None:
    assert streamer.to_csv(path, (), flows_per_file, rotate_files) == 12
    assert made(place) == sorted(files)
    assert {name: ids(name) for name in files} == {name: list(numbers) for name, numbers in files.items()}


def test_only_the_name_of_a_file_is_numbered(streamer: NFStreamer, place: Path) -> None:
    Path("csv.csv").mkdir()
    assert streamer.to_csv("csv.csv/csv.csv", flows_per_file=7) == 12
    assert sorted(os.listdir("csv.csv")) == ["csv.0.csv", "csv.1.csv"]


def test_jsonl(streamer: NFStreamer, rows: list[dict[str, object]]) -> None:
    assert streamer.to_jsonl("flows.jsonl") == 12
    assert [json.loads(line) for line in Path("flows.jsonl").read_text().splitlines()] == rows


def test_parquet(streamer: NFStreamer, rows: list[dict[str, object]]) -> None:
    assert streamer.to_parquet(Path("flows.parquet")) == 12
    assert pyarrow.parquet.read_table("flows.parquet").to_pylist() == rows


def test_arrow_and_polars(streamer: NFStreamer, rows: list[dict[str, object]]) -> None:
    table, frame = streamer.to_arrow(), streamer.to_polars()
    assert isinstance(table, pyarrow.Table) and isinstance(frame, polars.DataFrame)
    assert table.to_pylist() == frame.to_dicts() == rows
    assert table.schema.field("src_port").type == pyarrow.uint16()


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_pandas(
    with_pyarrow: bool, streamer: NFStreamer, rows: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    streamer.l7_metadata = True
    metadata = [flow.l7 for flow in streamer]
    with monkeypatch.context() as packages:
        if not with_pyarrow:
            packages.setitem(sys.modules, "pyarrow", None)
        frame = streamer.to_pandas(lists="list", empty_text="text")
        as_nfstream = streamer.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and list(frame.index) == list(range(12))
    assert frame.pop("l7").to_list() == metadata
    assert list(frame) == list(rows[0]) and frame.to_dict("records") == rows
    text = pandas.Series([""], dtype=str).dtype
    for name, value in rows[0].items():
        expected = {int: "int64", float: "float64", str: text, list: object}[type(value)]
        assert frame.dtypes[name] == expected, name
    assert type(frame["splt_ps"][0]) is list
    for row in rows:
        row.update((name, str(value)) for name, value in row.items() if isinstance(value, list))
    assert as_nfstream.pop("l7").to_list() == metadata and as_nfstream.fillna("").to_dict("records") == rows
    for name in "requested_server_name", "user_agent", "splt_ps":
        assert as_nfstream.dtypes[name] == text
        assert as_nfstream[name].isna().to_list() == [row[name] == "" for row in rows], name
    assert as_nfstream.groupby("splt_direction").size().sum() == len(as_nfstream.drop_duplicates()) == 12


def test_choices_of_pandas(streamer: NFStreamer) -> None:
    for options in {"lists": "tuple"}, {"empty_text": None}, {"lists": True}:
        (name, value), = options.items()
        with pytest.raises(ValueError, match=f"^{name} must be '.*' or '.*', not {value!r}$"):
            streamer.to_pandas(**options)


@pytest.mark.parametrize("with_pyarrow", [True, False])
def test_no_flows(with_pyarrow: bool, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("empty.pcap").write_bytes(Path("web.pcap").read_bytes()[:24])
    full, empty = (NFStreamer(path, splt_analysis=1, l7_metadata=True) for path in ("web.pcap", "empty.pcap"))
    with monkeypatch.context() as packages:
        if not with_pyarrow:
            packages.setitem(sys.modules, "pyarrow", None)
        frame, expected = empty.to_pandas(), full.to_pandas()
    assert len(frame) == 0
    pandas.testing.assert_series_equal(frame.dtypes, expected.dtypes)
    assert empty.to_arrow().schema == full.to_arrow().schema
    assert empty.to_csv("empty.csv") == empty.to_csv("empty.csv", flows_per_file=3) == 0
    assert Path("empty.csv").read_text() == Path("empty.0.csv").read_text() == ",".join(frame) + "\n"


@pytest.mark.parametrize("package", ["pandas", "polars", "pyarrow"])
def test_packages_are_asked_for_by_name(package: str, streamer: NFStreamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, package)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if "site-packages" not in path])
    method = {"pyarrow": "to_arrow"}.get(package, f"to_{package}")
    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'nfstream-rs\[{package}\]'") as told:
        getattr(streamer, method)()
    assert told.value.name == package


def digest(value: object, key: bytes = KEY) -> str:
    return hashlib.blake2b(str(value).encode(), key=key).hexdigest()


# One of each type, two that hold the same addresses, one that is often empty.
HIDDEN = ["id", "src_ip", "src_mac", "dst_mac", "splt_ps", "bidirectional_mean_ps", "user_agent"]


def test_anonymisation(streamer: NFStreamer, rows: list[dict[str, object]]) -> None:
    expected = [{name: digest(value) if name in HIDDEN else value for name, value in row.items()} for row in rows]
    assert streamer.to_csv("x.csv", HIDDEN, anonymization_key=KEY) == 12
    assert read("x.csv") == [{name: str(value) for name, value in row.items()} for row in expected]
    streamer.to_jsonl("x.jsonl", HIDDEN, anonymization_key=KEY)
    assert [json.loads(line) for line in Path("x.jsonl").read_text().splitlines()] == expected
    streamer.to_parquet("x.parquet", HIDDEN, anonymization_key=bytearray(KEY))
    assert pyarrow.parquet.read_table("x.parquet").to_pylist() == expected
    assert streamer.to_arrow(HIDDEN, anonymization_key=memoryview(KEY)).to_pylist() == expected
    assert streamer.to_polars(HIDDEN, anonymization_key=KEY).to_dicts() == expected
    frame = streamer.to_pandas(HIDDEN, anonymization_key=KEY, lists="list", empty_text="text")
    assert frame.to_dict("records") == expected
    assert [dict(flow.items()) for flow in streamer] == rows, "only where it was asked for"


def test_anonymisation_without_pyarrow(streamer: NFStreamer, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as packages:
        packages.setitem(sys.modules, "pyarrow", None)
        frame = streamer.to_pandas(HIDDEN, anonymization_key=KEY)
    assert frame["id"].to_list() == [digest(number) for number in range(12)]


def test_a_key_is_fresh_unless_it_is_given(streamer: NFStreamer) -> None:
    first, second = (streamer.to_pandas(["src_mac", "dst_mac"]) for _ in range(2))
    for frame in first, second:
        assert set(frame["src_mac"].map(len)) == {128} and frame["src_mac"].nunique() == 1
        assert frame["src_mac"][0] != frame["dst_mac"][0]
    assert first["src_mac"][0] != second["src_mac"][0]


def test_names_of_columns_to_anonymize(streamer: NFStreamer) -> None:
    for columns in "src_ip", ("src_ip",), {"src_ip"}, iter(["src_ip", "src_ip"]), {"src_ip": 1}:
        assert streamer.to_pandas(columns, anonymization_key=KEY)["src_ip"][0] == digest("10.0.0.1")
    # There is no such column with these parameters: nothing of it can be seen.
    assert streamer.to_pandas(["src_ip", "splt_ps", "l7"], anonymization_key=KEY)["src_ip"][0] == digest("10.0.0.1")
    for columns in None, 5:
        with pytest.raises(TypeError):
            streamer.to_csv("x.csv", columns)


def test_unknown_names_of_columns_to_anonymize(streamer: NFStreamer, place: Path) -> None:
    with pytest.raises(ValueError, match="^columns_to_anonymize: no column is called 'src_pi', 5: did you mean 'src_ip'\\?$"):
        streamer.to_csv("x.csv", ["src_pi", "dst_ip", 5])
    for method in streamer.to_pandas, streamer.to_polars, streamer.to_arrow:
        with pytest.raises(ValueError, match="no column is called 'bogus'$"):
            method(["bogus"])
        with pytest.raises(ValueError, match="no column is called 'SRC_IP': did you mean 'src_ip'\\?$"):
            method(["SRC_IP"])
    assert made(place) == []


@pytest.mark.parametrize(
    ("key", "error"), [(b"", ValueError), (b"k" * 65, ValueError), ("k", TypeError), (5, TypeError)]
)
@pytest.mark.parametrize("columns", [(), ["src_ip"]])
def test_wrong_keys(key: object, error: type, columns: list[str], streamer: NFStreamer, place: Path) -> None:
    with pytest.raises(error, match="^anonymization_key must "):
        streamer.to_csv("x.csv", columns, anonymization_key=key)
    assert made(place) == []


@pytest.mark.parametrize("name", ["flows_per_file", "rotate_files"])
@pytest.mark.parametrize("value", [-1, 1.0, None, "1", []])
def test_wrong_numbers(name: str, value: object, streamer: NFStreamer, place: Path) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be "):
        streamer.to_csv("x.csv", **{"flows_per_file": 5, name: value})
    assert made(place) == []


def test_numbers_beyond_all_bounds(streamer: NFStreamer, place: Path) -> None:
    assert streamer.to_csv("x.csv", flows_per_file=2**70, rotate_files=2**70) == 12
    assert made(place) == ["x.0.csv"] and len(read("x.0.csv")) == 12


def test_paths_that_cannot_be_written(streamer: NFStreamer, place: Path) -> None:
    for path, kind, number in [
        ("", FileNotFoundError, errno.ENOENT),
        (".", IsADirectoryError, errno.EISDIR),
        ("none/x.csv", FileNotFoundError, errno.ENOENT),
        ("web.pcap/x.csv", NotADirectoryError, errno.ENOTDIR),
        ("/dev/full", OSError, errno.ENOSPC),
    ]:
        with pytest.raises(kind) as told:
            streamer.to_csv(path)
        assert (told.value.errno, told.value.filename) == (number, path)
    for path in 5, [], True:
        with pytest.raises(TypeError):
            streamer.to_csv(path)
    with pytest.raises(ValueError):
        streamer.to_csv("nul\0.csv")
    assert made(place) == []


def test_a_capture_is_not_written_over(streamer: NFStreamer, web: str) -> None:
    Path("link.csv").symlink_to("web.pcap")
    for path in "web.pcap", "./web.pcap", "link.csv":
        with pytest.raises(ValueError, match="is a capture to read"):
            streamer.to_csv(path)
    assert Path("web.pcap").read_bytes() == Path(web).read_bytes()


def late_error(streamer: NFStreamer) -> NFStreamer:
    """Captures of which the last is none any more when it is its turn."""
    Path("late.pcap").write_bytes(Path("web.pcap").read_bytes())
    streamer.source = ["web.pcap"] * 3000 + ["late.pcap"]
    streamer.idle_timeout = 0
    return streamer


def test_an_error_leaves_what_was_there(streamer: NFStreamer, place: Path) -> None:
    late = late_error(streamer)
    Path("late.pcap").write_bytes(b"no capture at all, and never was")
    Path("x.csv").write_text("what was there")
    for write in late.to_csv, late.to_jsonl, late.to_parquet:
        with pytest.raises(ValueError, match="late.pcap is not a capture file"):
            write("x.csv")
    for method in late.to_arrow, late.to_polars, late.to_pandas:
        with pytest.raises(ValueError, match="late.pcap is not a capture file"):
            method()
    assert made(place) == ["late.pcap", "x.csv"] and Path("x.csv").read_text() == "what was there"


def test_damage(testdata: Path, place: Path) -> None:
    streamer = NFStreamer(testdata / "containers" / "http-truncated.pcap")
    for method in streamer.to_csv, streamer.to_jsonl, streamer.to_parquet:
        with pytest.warns(DamageWarning, match="damaged at byte 15125") as warnings:
            assert method("x") == 2
        assert [warning.filename for warning in warnings] == [__file__]
    for method in streamer.to_arrow, streamer.to_polars, streamer.to_pandas:
        with pytest.warns(DamageWarning, match="damaged at byte 15125"):
            assert len(method()) == 2
    assert len(streamer.report.damages) == 1 and "damaged at byte 15125" in str(streamer.report)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["to_arrow", "to_polars", "to_pandas"])
def test_damage_as_an_error(method: str, testdata: Path) -> None:
    with pytest.raises(DamageWarning):
        getattr(NFStreamer(testdata / "containers" / "http-truncated.pcap"), method)()


class OnlyTcp(NFStreamer):
    """Chooses flows, and changes them."""

    def __iter__(self) -> Iterator[NFlow]:
        for flow in super().__iter__():
            if flow.protocol == 6:
                if isinstance(flow, NFlow):
                    flow.application_name = "Mine"
                yield flow


class Counts(NFPlugin):
    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        flow.udps.port = flow.dst_port


@pytest.mark.parametrize("udps", [None, Counts()])
@pytest.mark.parametrize("schema", [None, "nfentry"])
def test_an_iteration_of_ones_own(schema: str | None, udps: NFPlugin | None, place: Path) -> None:
    streamer = OnlyTcp("web.pcap", splt_analysis=2, udps=udps, schema=schema)
    frame = NFStreamer("web.pcap", splt_analysis=2, udps=udps).to_pandas()
    frame = frame[frame["protocol"] == 6].reset_index(drop=True)
    if schema is None:
        frame["application_name"] = "Mine"
    assert len(list(streamer)) == len(frame) == 5
    pandas.testing.assert_frame_equal(streamer.to_pandas(), frame)
    assert streamer.to_csv("x.csv") == 5
    read_back = pandas.read_csv("x.csv")
    assert list(read_back) == list(frame)
    assert read_back["id"].to_list() == frame["id"].to_list()
    assert read_back["application_name"].equals(frame["application_name"].astype(read_back["application_name"].dtype))
    assert streamer.to_arrow().num_rows == len(polars.DataFrame(streamer)) == streamer.to_parquet("x.parquet") == 5
    assert streamer.report.flows == 12 and streamer.report.packets == 126
    hidden = streamer.to_pandas(["src_ip", "application_name"], anonymization_key=KEY)
    for name in "src_ip", "application_name":
        assert hidden[name].to_list() == frame[name].map(digest).to_list()


def test_flows_of_another_run(web: str, place: Path) -> None:
    class Kept(NFStreamer):
        def __iter__(self) -> Iterator[NFlow]:
            yield from FLOWS

    class Rows(NFStreamer):
        def __iter__(self) -> Iterator[NFlow]:
            yield from ({"src_ip": "10.0.0.1"} for _ in range(2))  # type: ignore[misc]

    FLOWS = list(NFStreamer(web))
    assert Kept(web).to_csv("x.csv") == 12 == len(Kept(web).to_pandas())
    for kept, columns in (Kept(web), ["src_ip"]), (Kept(web, splt_analysis=1), []):
        with pytest.raises(TypeError, match="^the flow comes from another run"):
            kept.to_csv("y.csv", columns)
    FLOWS = [pickle.loads(pickle.dumps(flow)) for flow in FLOWS]
    with pytest.raises(TypeError, match="^the flow comes from another run"):
        Kept(web).to_parquet("y.parquet")
    with pytest.raises(TypeError, match="^files and tables need NFlow objects, but Rows.__iter__ gave a dict$"):
        Rows(web).to_csv("y.csv")
    assert made(place) == ["x.csv"]


@pytest.mark.parametrize(
    "call",
    ["streamer.to_csv('x')", "streamer.to_parquet('x')", "streamer.to_arrow()", "streamer.to_pandas()", "polars.DataFrame(streamer)"],
)
def test_other_threads_run_meanwhile(call: str, place: Path) -> None:
    # The run waits for what another thread writes, which is a script of its own because it would hang for ever.
    os.mkfifo("fifo")
    script = (
        "import threading, nfstream, polars\n"
        "def write():\n"
        "    with open('web.pcap', 'rb') as capture, open('fifo', 'wb', buffering=0) as fifo:\n"
        "        while part := capture.read(1000):\n"
        "            fifo.write(part)\n"
        "writer = threading.Thread(target=write)\n"
        "writer.start()\n"
        "streamer = nfstream.NFStreamer('fifo')\n"
        f"{call}\n"
        "writer.join()\n"
        "print(streamer.report.flows)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (run.stdout, run.stderr) == ("12\n", "")


def test_logging(streamer: NFStreamer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="nfstream"):
        streamer.to_csv("x.csv")
    (record,) = caplog.records
    assert record.name == "nfstream" and record.getMessage().startswith("x.csv: 12 flows from 126 packets")
