"""What a source may be, and what is told of one that cannot be read."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nfstream import DamageWarning, NFStreamer


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


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as told:
        NFStreamer(tmp_path)
    assert (told.value.errno, told.value.filename) == (errno.EISDIR, str(tmp_path))
    assert isinstance(told.value, ValueError), "as in nfstream"


@pytest.mark.parametrize("content", [b"", b"\xd4\xc3\xb2", b"#!/bin/sh\necho no capture at all\n"])
@pytest.mark.parametrize("read", [list, lambda streamer: streamer.__arrow_c_stream__()])
def test_not_a_capture(content: bytes, read: object, tmp_path: Path) -> None:
    file = tmp_path / "script.pcap"
    file.write_bytes(content)
    streamer = NFStreamer(file)
    with pytest.raises(ValueError, match=f"^{file}: "):
        read(streamer)


def test_permission(tmp_path: Path, web: str) -> None:
    capture = shutil.copy(web, tmp_path / "secret.pcap")
    capture.chmod(0)
    if os.access(capture, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(PermissionError) as told:
        list(NFStreamer(capture))
    assert (told.value.errno, told.value.filename) == (errno.EACCES, str(capture))


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


def test_damage_as_an_error(testdata: Path) -> None:
    script = "import sys, nfstream; print(sum(1 for _ in nfstream.NFStreamer(sys.argv[1])))"
    capture = str(testdata / "containers" / "http-truncated.pcap")
    run = subprocess.run([sys.executable, "-W", "error", "-c", script, capture], capture_output=True, text=True)
    assert run.returncode == 1 and "nfstream.DamageWarning: " + capture in run.stderr
