"""Flows as an Arrow stream: the same as by iterating, in whatever takes such streams."""

from pathlib import Path

import polars
import pyarrow
import pytest

from nfstream import DamageWarning, NFStreamer


@pytest.fixture
def streamer(web: str) -> NFStreamer:
    return NFStreamer(web, statistical_analysis=True, splt_analysis=5)


@pytest.fixture
def rows(streamer: NFStreamer) -> list[dict[str, object]]:
    return [dict(flow.items()) for flow in streamer]


def test_pyarrow(streamer: NFStreamer, rows: list[dict[str, object]]) -> None:
    table = pyarrow.table(streamer)
    assert table.to_pylist() == rows
    assert table.schema.field("src_port").type == pyarrow.uint16()
    assert table.schema.field("splt_ps").type.value_type == pyarrow.int64()
    assert b"bytes" == table.schema.field("bidirectional_bytes").metadata[b"unit"]
    assert pyarrow.RecordBatchReader.from_stream(streamer).read_all() == table


def test_polars(streamer: NFStreamer, rows: list[dict[str, object]]) -> None:
    assert polars.DataFrame(streamer).to_dicts() == rows
    assert polars.from_arrow(streamer).to_list() == rows


def test_pandas(streamer: NFStreamer, rows: list[dict[str, object]]) -> None:
    frame = pyarrow.table(streamer).to_pandas()
    assert list(frame.columns) == list(rows[0])
    for column in frame:
        values = map(list, frame[column]) if column.startswith("splt_") else frame[column]
        assert list(values) == [row[column] for row in rows]


def test_batches_are_cut(web: str) -> None:
    streamer = NFStreamer([web] * 700, idle_timeout=0)
    table = pyarrow.table(streamer)
    assert table["id"].to_pylist() == list(range(table.num_rows))
    assert [len(chunk) for chunk in table["id"].chunks[:-1]] == [65536] * (table.num_rows // 65536) != []


def test_no_flows(testdata: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes((testdata / "web.pcap").read_bytes()[:24])
    table = pyarrow.table(NFStreamer(empty))
    assert (table.num_rows, table.num_columns) == (0, 29 + 2 + 9)


def test_damage(testdata: Path) -> None:
    with pytest.warns(DamageWarning, match="damaged at byte 15125"):
        table = pyarrow.table(NFStreamer(testdata / "containers" / "http-truncated.pcap"))
    assert table.num_rows == 2


def test_an_error_within_the_stream(tmp_path: Path, web: str) -> None:
    late = tmp_path / "late.pcap"
    late.write_bytes(Path(web).read_bytes())
    reader = pyarrow.RecordBatchReader.from_stream(NFStreamer([web] * 3000 + [late], idle_timeout=0))
    late.write_bytes(b"no longer a capture")
    with pytest.raises((ValueError, OSError), match="late.pcap is not a capture file"):
        reader.read_all()


def test_a_capsule_that_nobody_takes_ends_its_run(web: str) -> None:
    capsule = NFStreamer([web] * 1000, idle_timeout=0).__arrow_c_stream__()
    assert "arrow_array_stream" in repr(capsule)
    del capsule
