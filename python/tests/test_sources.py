"""What a source may be, and what is told of one that cannot be read."""

import contextlib
import copy
import errno
import gzip
import io
import os
import pickle
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pyarrow.parquet
import pytest

import nfstream
from nfstream import DamageWarning, NFPlugin, NFStreamer


def rows(*args: object, **kwargs: object) -> list[list[object]]:
    return [flow.values() for flow in NFStreamer(*args, **kwargs)]


def test_kinds_of_source(testdata: Path, web: str) -> None:
    expected = rows(web)
    assert len(expected) == 12
    assert rows(testdata / "web.pcap") == rows([web]) == rows((testdata / "web.pcap",)) == expected
    streamer = NFStreamer(testdata / "web.pcap")
    assert streamer.source == testdata / "web.pcap"


def test_files_of_a_list_are_one_capture(testdata: Path) -> None:
    files = [testdata / "http.pcap", testdata / "dns.pcap"]
    alone = [len(rows(file)) for file in files]
    together = rows(files)
    assert len(together) == sum(alone)
    assert [row[0] for row in together] == list(range(len(together)))


def test_containers_hold_the_same_flows(testdata: Path) -> None:
    expected = rows(testdata / "http.pcap")
    variants = ["http.pcapng", "http-nanosecond.pcap", "http-big-endian.pcap"]
    names = [*variants, "http.pcap.gz", "http.pcap.zst", "http.pcap.xz"]
    assert {name: rows(testdata / "containers" / name) for name in names} == dict.fromkeys(names, expected)


@pytest.mark.parametrize("source", ["missing.pcap", ["missing.pcap"]])
def test_missing(source: object, web: str) -> None:
    with pytest.raises(FileNotFoundError) as told:
        NFStreamer(source)
    assert (told.value.errno, told.value.filename) == (errno.ENOENT, "missing.pcap")
    assert isinstance(told.value, ValueError), "as in nfstream"
    streamer = NFStreamer(web)
    with pytest.raises(FileNotFoundError):
        streamer.source = source
    assert streamer.source == web


def test_gone_before_the_run(tmp_path: Path, web: str) -> None:
    capture = shutil.copy(web, tmp_path / "gone.pcap")
    streamer = NFStreamer(capture)
    capture.unlink()
    with pytest.raises(FileNotFoundError) as told:
        list(streamer)
    assert told.value.filename == str(capture)


@pytest.fixture
def directory(tmp_path: Path, testdata: Path) -> Path:
    """Three captures, of which one is known by its content only, and what is none."""
    for name, copy in {"http.pcap": "b.pcap", "dns.pcap": "a.pcap", "ssh.pcap": "c.trace"}.items():
        shutil.copy(testdata / name, tmp_path / copy)
    shutil.copy(testdata / "web.pcap", tmp_path / ".hidden.pcap")
    (tmp_path / "notes.txt").write_text("no capture")
    return tmp_path


def test_directories_and_patterns(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_order = [directory / name for name in ("a.pcap", "b.pcap", "c.trace")]
    assert rows(directory) == rows(str(directory)) == rows(in_order)
    assert rows(directory / "*.pcap") == rows([directory / "[ab].pcap"]) == rows(in_order[:2])
    assert rows([directory, in_order[0]]) == rows([*in_order, in_order[0]])
    streamer = NFStreamer(directory)
    assert streamer.source == directory and len(list(streamer)) == len(rows(in_order))
    shutil.copy(in_order[0], directory / "d.pcap")
    assert len(list(streamer)) == len(rows([*in_order, in_order[0]])), "looked into at each run"
    monkeypatch.chdir(directory)
    shutil.move("b.pcap", "[ab].pcap")
    assert rows("[ab].pcap") == rows("./[[]ab].pcap"), "a file of that very name counts more"
    with pytest.raises(ValueError, match="is a capture to read"):
        NFStreamer(directory).to_csv("d.pcap")


def test_no_captures_in_directories_and_patterns(tmp_path: Path) -> None:
    for source, message in (tmp_path, "no capture in this directory"), (tmp_path / "*.pcap", "no file matches this pattern"):
        with pytest.raises(FileNotFoundError, match=message) as told:
            NFStreamer(source)
        assert (told.value.errno, told.value.filename) == (errno.ENOENT, str(source))
        assert isinstance(told.value, ValueError), "as in nfstream"
    with pytest.raises(FileNotFoundError) as told:
        list(NFStreamer("[a.pcap"))
    assert (told.value.errno, told.value.strerror) == (errno.ENOENT, "No such file or directory"), "not of the pattern"


class Given:
    """A file object with nothing but `read`."""

    def __init__(self, content: bytes, size: int = 1000, failure: BaseException | None = None) -> None:
        self.content, self.size, self.failure = io.BytesIO(content), size, failure

    def read(self, size: int) -> object:
        piece = self.content.read(min(size, self.size))
        if not piece and self.failure is not None:
            raise self.failure
        return piece


def test_file_objects(testdata: Path, web: str, tmp_path: Path) -> None:
    content, expected = Path(web).read_bytes(), rows(web)
    streamer = NFStreamer(io.BytesIO(content))
    assert [flow.values() for flow in streamer] == [flow.values() for flow in streamer] == expected
    assert streamer.to_csv(tmp_path / "x.csv") == streamer.to_pandas().shape[0] == 12
    with open(web, "rb") as file:
        streamer = NFStreamer(file)
        streamer.n_meters = 3
        assert [flow.values() for flow in streamer] == [flow.values() for flow in streamer] == expected
        with pytest.raises(ValueError, match="web.pcap is at its end: seek\\(0\\) goes back to its beginning$"):
            rows(file)
        file.seek(0)
        assert rows(file) == expected
        file.seek(0)
        with pytest.raises(ValueError, match="is a capture to read"):
            NFStreamer([file]).to_csv(web)
    behind = io.BytesIO(b"something else" + content)
    behind.seek(14)
    assert rows(behind) == expected
    with gzip.open(testdata / "containers" / "http.pcap.gz") as file:
        assert rows(file) == rows(testdata / "http.pcap")
    assert rows(io.BytesIO((testdata / "containers" / "http.pcap.zst").read_bytes())) == rows(testdata / "http.pcap")
    mixed = [testdata / "dns.pcap", io.BytesIO(content), testdata / "http.pcap"]
    assert rows(mixed) == rows([testdata / "dns.pcap", web, testdata / "http.pcap"])
    with pytest.raises(ValueError, match="^path must name a file to write: BytesIO is a file object$"):
        NFStreamer(io.BytesIO(content)).to_csv()


def test_file_objects_that_cannot_seek(web: str) -> None:
    content, expected = Path(web).read_bytes(), rows(web)
    assert rows(Given(content)) == rows(Given(content, 1)) == rows(web)
    streamer = NFStreamer(Given(content))
    assert len(list(streamer)) == 12
    with pytest.raises(ValueError, match="^Given was read in an earlier run, and cannot be read again: it cannot seek$"):
        list(streamer)
    reading, writing = os.pipe()
    with open(reading, "rb") as file, open(writing, "wb") as other:
        flows = iter(NFStreamer(file, idle_timeout=0))
        other.write(content)
        other.flush()
        seen = [next(flows).values() for _ in range(100)]
        other.close()
        assert len(seen + list(flows)) == 126
    assert expected == rows(web)


def test_a_file_object_that_is_silent_holds_up_nobody() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as file, open(writing, "wb"):
        with NFStreamer(file) as streamer:
            flows = iter(streamer)
        assert list(flows) == []
        given = NFStreamer(open(os.dup(reading), "rb"))
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        with contextlib.suppress(KeyboardInterrupt):
            timer.start()
            list(given)
        timer.join()


def test_two_runs_over_one_file_object(web: str) -> None:
    streamer = NFStreamer(io.BytesIO(Path(web).read_bytes()), idle_timeout=0)
    first, second = iter(streamer), iter(streamer)
    assert [(one.values(), other.values()) for one, other in zip(first, second, strict=True)] == [
        (row, row) for row in rows(web, idle_timeout=0)
    ]
    for _ in range(50):
        next(iter(streamer))


def test_file_objects_are_copied(web: str) -> None:
    streamer = NFStreamer([io.BytesIO(Path(web).read_bytes())])
    expected = list(streamer)
    for other in copy.copy(streamer), copy.deepcopy(streamer), pickle.loads(pickle.dumps(streamer)):
        assert list(other) == expected


def test_file_objects_that_fail(web: str, tmp_path: Path) -> None:
    content = Path(web).read_bytes()
    for failure in ZeroDivisionError("in read"), OSError(errno.EIO, "broken"):
        flows = iter(NFStreamer(Given(content[:2000], failure=failure)))
        with pytest.raises(type(failure)) as told:
            while next(flows):
                pass
        assert told.value is failure and told.traceback[-1].name == "read"
        compressed = Given(gzip.compress(content)[:1000], failure=failure)
        with pytest.raises(type(failure)):
            NFStreamer(compressed).to_csv(tmp_path / "x.csv")
        assert not list(tmp_path.iterdir())
        with pytest.raises(type(failure)):
            NFStreamer(Given(b"", failure=failure)).to_pandas()
    with pytest.raises(TypeError, match='^Given: read\\(\\) must give bytes, as a file opened with "rb" does, not list$'):
        given = Given(content)
        given.read = lambda size: [1]
        list(NFStreamer(given))
    with pytest.warns(DamageWarning, match="^BytesIO: damaged at byte "):
        assert rows(io.BytesIO(content[:2000]))
    with pytest.raises(ValueError, match="^BytesIO is not a capture file"):
        rows(io.BytesIO(b"no capture at all"))


def test_what_is_no_file_object(web: str) -> None:
    with open(web, encoding="latin-1") as file, pytest.raises(ValueError, match='opened in binary mode, with "rb", not <_io'):
        NFStreamer(file)
    file = io.BytesIO()
    file.close()
    with pytest.raises(ValueError, match="^source must be open, but "):
        NFStreamer([file])
    with pytest.raises(ValueError, match=r"to read bytes in memory, give io.BytesIO\(...\)$"):
        NFStreamer(b"\xd4\xc3\xb2\xa1" * 1000)


def test_the_streamer_before_version_2() -> None:
    with pytest.raises(ImportError, match="is NFStreamer now: from nfstream import NFStreamer$"):
        from nfstream.streamer import Streamer  # noqa: F401


def test_leaving_a_streamer_ends_its_runs(web: str) -> None:
    cleaned = []

    class Cleans(NFPlugin):
        def cleanup(self) -> None:
            cleaned.append(self)

    with NFStreamer(web) as streamer:
        flows, other = iter(streamer), iter(streamer)
        next(flows)
    assert list(flows) == list(other) == [] and len(list(streamer)) == 12
    with pytest.raises(ZeroDivisionError), NFStreamer(web, udps=Cleans()) as streamer:
        plugged = iter(streamer)
        next(plugged)
        raise ZeroDivisionError
    assert list(plugged) == [] and len(cleaned) == 1


@pytest.mark.parametrize("content", [b"", b"\xd4\xc3\xb2", b"#!/bin/sh\necho no capture at all\n"])
@pytest.mark.parametrize("read", [list, lambda streamer: streamer.__arrow_c_stream__()])
def test_not_a_capture(content: bytes, read: object, tmp_path: Path) -> None:
    file = tmp_path / "script.pcap"
    file.write_bytes(content)
    streamer = NFStreamer(file)
    with pytest.raises(ValueError, match=f"^{file} is (empty, )?not a capture file"):
        read(streamer)


SCRIPT = """
import os, sys, threading, nfstream
if sys.argv[1] == "nobody":
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    streamer = nfstream.NFStreamer(eval(sys.argv[2]))
    print("set", streamer.source)
    next(iter(streamer))
except Exception as error:
    print(type(error).__name__, isinstance(error, OSError), isinstance(error, ValueError), getattr(error, "errno", None), error)
"""


def told(source: str, as_user: str = "me", **options: object) -> str:
    command = [sys.executable, "-c", SCRIPT, as_user, source]
    return subprocess.run(command, **{"stdin": subprocess.DEVNULL, **options}, stdout=subprocess.PIPE, text=True, check=True).stdout


as_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="takes root, to be somebody else")


@as_root
def test_permission(web: str) -> None:
    # Nobody has to get there, which is not so below `tmp_path`.
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(Path(web).read_bytes())
        os.chmod(file.name, 0)
        expected = f"SourcePermissionError True True {errno.EACCES} [Errno {errno.EACCES}] Permission denied: {file.name!r}"
        assert told(repr(file.name), "nobody").splitlines() == [f"set {file.name}", expected]


@as_root
def test_no_permission_to_capture() -> None:
    line = told("'lo'", "nobody").splitlines()[-1]
    assert line.startswith(f"SourcePermissionError True True {errno.EPERM} [Errno {errno.EPERM}] no permission to capture from lo")


def test_nothing_to_capture_from_without_a_terminal() -> None:
    line = told("None")
    assert line.startswith("ValueError False True None source must name a capture file or an interface, such as one of ")


@as_root
def test_nothing_to_capture_from_at_a_terminal() -> None:
    main, terminal = pty.openpty()
    lines = told("None", "nobody", stdin=terminal, stderr=subprocess.STDOUT)
    os.close(main)
    os.close(terminal)
    outside = [interface.name for interface in nfstream.interfaces() if interface.is_up and not interface.is_loopback]
    if outside:
        assert f"nfstream: no source was given: capturing from {outside[0]}\n" in lines and "set None\n" in lines
    else:
        assert "no interface that leads out of this machine is up" in lines


def test_damage_is_warned_of_after_the_last_flow(testdata: Path) -> None:
    capture = testdata / "containers" / "http-truncated.pcap"
    flows = iter(NFStreamer(capture))
    seen = []
    with pytest.warns(DamageWarning) as warnings:
        for flow in flows:
            assert not warnings.list
            seen.append(flow)
    assert len(seen) == 2
    (warning,) = warnings
    assert issubclass(warning.category, RuntimeWarning) and warning.filename == __file__
    message = f"{capture}: damaged at byte 15125: the file ends inside a record; flows up to there are kept"
    assert str(warning.message) == message


@pytest.mark.filterwarnings("error::nfstream.DamageWarning")
@pytest.mark.parametrize("plugins", [None, NFPlugin()])
def test_damage_as_an_error(plugins: NFPlugin | None, testdata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = str(testdata / "containers" / "http-truncated.pcap")
    streamer, seen = NFStreamer(capture, udps=plugins), []
    with pytest.raises(DamageWarning, match=f"^{capture}: damaged at byte 15125"):
        for flow in streamer:
            seen.append(flow)
    assert len(seen) == 2
    for method in streamer.to_pandas, streamer.to_polars, streamer.to_arrow:
        with pytest.raises(DamageWarning) as told:
            method()
        assert type(told.value.table).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow")
        assert told.value.table.shape[0] == 2
    for method, name in (streamer.to_csv, "x.csv"), (streamer.to_jsonl, "x.jsonl"), (streamer.to_parquet, "x.parquet"):
        with pytest.raises(DamageWarning):
            method(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["x.csv", "x.jsonl", "x.parquet"]
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 3
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 2
    assert pyarrow.parquet.read_table(tmp_path / "x.parquet").num_rows == 2
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DamageWarning) as told:
        streamer.to_pandas()
    assert len(told.value.table) == 2


def test_a_file_object_whose_read_raises_stop_iteration(web: str) -> None:
    class Stops(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise StopIteration

        read1 = read

    with pytest.raises(RuntimeError, match="^read raised StopIteration$"):
        list(NFStreamer(Stops(Path(web).read_bytes())))
