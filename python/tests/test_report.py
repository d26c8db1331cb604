"""What a streamer tells of its runs, on terminals and in notebooks."""

import copy
import math
import pickle
import re
import shutil
import sys
from pathlib import Path

import polars
import pytest

from nfstream import NFStreamer, progress


@pytest.fixture
def streamer(web: str) -> NFStreamer:
    return NFStreamer(web)


@pytest.mark.parametrize("run", [list, polars.DataFrame, lambda streamer: streamer.to_csv("/dev/null")])
def test_every_run_is_counted(run: object, streamer: NFStreamer) -> None:
    assert streamer.report is None
    run(streamer)
    counters = vars(streamer.report)
    assert counters.pop("elapsed") > 0
    live = dict.fromkeys(["dropped_by_kernel", "dropped_by_interface", "active_flows", "hidden_sockets"], 0)
    live |= {"out_of_room": 0, "cut_inspections": 0}
    of_the_file = {"packets": 126, "bytes": 41414, "flows": 12, "filtered": 0, "ignored": {}, "damages": []}
    clock = dict.fromkeys(["jumps_ahead", "steps_back", "clock_mended"], (0, 0.0, 0))
    clock |= {"latest": 0.0, "notices": {}}
    assert counters == {**of_the_file, **clock, **live, "packets_by_meter": [], "interrupted": False}


def test_steps_of_the_clock_are_counted(tmp_path: Path, web: str) -> None:
    later = shutil.copy(web, tmp_path / "later.pcap")
    streamer = NFStreamer([web, later, web])
    list(streamer)
    report = streamer.report
    assert report.jumps_ahead == (0, 0.0, 0)
    assert (report.steps_back.count, report.steps_back.frame) == (2, 127)
    window = math.ceil(report.latest * 1000)
    told = f"time runs backwards 2 times, by up to {report.steps_back.largest:,} s (at packet 127); reorder={window} sorts"
    assert told in str(report)
    streamer.reorder = window
    list(streamer)
    assert streamer.report.steps_back.count == 0


def test_a_report_is_of_the_last_run(streamer: NFStreamer, testdata: Path) -> None:
    list(streamer)
    earlier = streamer.report
    streamer.source = testdata / "refused.pcap"
    assert streamer.report.packets == 126
    streamer.to_csv("/dev/null")
    assert (earlier.packets, streamer.report.packets) == (126, 4)


def test_a_run_that_is_left(web: str) -> None:
    streamer = NFStreamer([web] * 1000, idle_timeout=0)
    for _ in streamer:
        break
    assert 0 < streamer.report.packets < 126_000


def test_printing(testdata: Path) -> None:
    streamer = NFStreamer(testdata / "fragments.pcap")
    list(streamer)
    noticed = ", ".join(f"{name} ({count:,})" for name, count in streamer.report.notices.items())
    assert "fragments (" in noticed and str(streamer.report).endswith(f"\nnoticed: {noticed}")
    streamer.fragments = False
    list(streamer)
    report = streamer.report
    (count,) = report.ignored.values()
    assert re.fullmatch(
        rf"[\d,]+ flows? from {report.packets} packets \([\d,]+ bytes\) in [\d.]+ s, [\d,]+ packets/s\n"
        rf"{count} packets? ignored: IP fragment other than the first \({count}\)",
        str(report),
    )
    assert repr(report).startswith(f"Report(packets={report.packets}, bytes=")
    assert f"<th>packets</th><td>{report.packets}</td>" in report._repr_html_()


def test_a_streamer_shows_its_parameters(web: str) -> None:
    streamer = NFStreamer(web, decode_tunnels=False, splt_analysis=3, udps=[])
    assert repr(streamer) == f"NFStreamer(source={web!r}, decode_tunnels=False, splt_analysis=3)"
    assert streamer._repr_html_() == (
        f"<table><caption>NFStreamer</caption><tbody><tr><th>source</th><td>{web}</td></tr>"
        "<tr><th>decode_tunnels</th><td>False</td></tr><tr><th>splt_analysis</th><td>3</td></tr></tbody></table>"
    )
    list(streamer)
    assert "<th>flows</th><td>12</td>" in streamer._repr_html_()


def test_a_flow_shows_its_columns(streamer: NFStreamer) -> None:
    flow = next(iter(streamer))
    rows = re.findall("<tr><th>(.*?)</th><td>(.*?)</td></tr>", flow._repr_html_())
    assert rows == [(name, str(value)) for name, value in flow.items()]


def test_streamers_are_copied_without_their_runs(streamer: NFStreamer) -> None:
    list(streamer)
    for other in copy.copy(streamer), copy.deepcopy(streamer), pickle.loads(pickle.dumps(streamer)):
        assert repr(other) == repr(streamer) and other.report is None
        assert list(other) == list(streamer)


RUNS = {
    "iterating": lambda web: list(NFStreamer(web, progress=True)),
    "file": lambda web: NFStreamer(web).to_csv("/dev/null", progress=True),
    "table": lambda web: NFStreamer(web).to_polars(progress=True),
}


@pytest.mark.parametrize("run", RUNS)
def test_progress_in_a_plain_line(
    run: str, web: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    RUNS[run](web)
    assert capsys.readouterr() == ("", "100% of 0.0 MB: 126 packets, 12 flows\n")


def test_no_progress_unless_it_is_asked_for(web: str, capsys: pytest.CaptureFixture) -> None:
    NFStreamer(web).to_csv("/dev/null")
    assert capsys.readouterr() == ("", "")


def test_progress_on_a_terminal(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress.PlainBar()
    bar.update(0, None, 1000, 20)
    bar.update(5_000_000, 10_000_000, 2, 1)
    bar.close()
    lines = ["1,000 packets, 20 flows", "50% of 10.0 MB: 2 packets, 1 flows"]
    assert capsys.readouterr().err == "".join(f"\r{line}\x1b[K" for line in lines) + "\n"
    left = progress.PlainBar()
    left.update(0, None, 1, 1)
    del left
    assert capsys.readouterr().err == "\r1 packets, 1 flows\x1b[K\n"


class Tqdm:
    """Notes what a tqdm bar is told."""

    def __init__(self, **options: object) -> None:
        self.options, self.n, self.notes, self.closed = options, 0, {}, False
        bars.append(self)

    def update(self, n: int) -> None:
        self.n += n

    def set_postfix(self, *, refresh: bool, **notes: int) -> None:
        self.notes = notes

    def close(self) -> None:
        self.closed = True


bars: list[Tqdm] = []


@pytest.mark.parametrize("run", RUNS)
def test_progress_with_tqdm(run: str, web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", sys)
    monkeypatch.setitem(sys.modules, "tqdm.auto", type(sys)("tqdm.auto"))
    monkeypatch.setattr(sys.modules["tqdm.auto"], "tqdm", Tqdm, raising=False)
    bars.clear()
    RUNS[run](web)
    (bar,) = bars
    size = Path(web).stat().st_size
    assert (bar.options["total"], bar.options["unit"], bar.n, bar.closed) == (size, "B", size, True)
    assert bar.notes == {"flows": 12}


def test_flows_that_end_for_want_of_room(web: str) -> None:
    streamer = NFStreamer(web, n_meters=1, max_active_flows=4)
    assert [flow.expiration_id for flow in streamer].count(2) == 8
    assert (streamer.report.out_of_room, streamer.report.cut_inspections) == (8, 0)
    assert "8 flows of these ended early, because there was no room for more" in str(streamer.report)
    assert len(list(NFStreamer(web, max_memory=500 * 10**6))) == len(list(NFStreamer(web, max_memory=0))) == 12


def test_memory_that_is_too_little(web: str) -> None:
    with pytest.raises(ValueError, match=r"^max_memory is 1 MB, but a run with 1 meter needs at least \d+ MB: allow that much$"):
        list(NFStreamer(web, n_meters=1, max_memory=10**6))
    with pytest.raises(ValueError, match="max_memory must be None or a whole number of bytes, 0 or more, not -1"):
        NFStreamer(web, max_memory=-1)
