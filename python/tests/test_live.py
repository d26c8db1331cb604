"""Interfaces as a source, on the loopback interface; what is captured is compared with files in the command's own tests."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import nfstream
from nfstream import NFPlugin, NFStreamer

LOOPBACK = next(interface for interface in nfstream.interfaces() if interface.is_loopback)


@pytest.fixture
def may_capture() -> None:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except (AttributeError, PermissionError):
        pytest.skip("needs Linux and the capability CAP_NET_RAW")


@contextmanager
def datagrams(port: int) -> Iterator[None]:
    """Sends datagrams of 5 bytes to a port of this machine, again and again."""
    over = threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not over.wait(0.05):
                try:
                    sender.sendto(b"hello", ("127.0.0.1", port))
                except ConnectionRefusedError:
                    pass

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def port() -> Iterator[int]:
    """A port that nobody else uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        yield receiver.getsockname()[1]


def test_interfaces() -> None:
    assert LOOPBACK.name in [name for _, name in socket.if_nameindex()]
    assert (LOOPBACK.index, LOOPBACK.link, LOOPBACK.mac) == (socket.if_nametoindex(LOOPBACK.name), "loopback", None)
    assert repr(LOOPBACK).startswith(f"<Interface {LOOPBACK.name}: ")


@pytest.mark.parametrize("plugins", [None, NFPlugin()])
@pytest.mark.parametrize("n_meters", [1, 2])
def test_flows_of_an_interface(may_capture: None, port: int, plugins: object, n_meters: int) -> None:
    streamer = NFStreamer(LOOPBACK.name, active_timeout=1, udps=plugins, n_meters=n_meters, bpf_filter=f"udp port {port}")
    with datagrams(port), closing(iter(streamer)) as flows:
        begun = [flow for flow, _ in zip(flows, range(2))]
    for flow in begun:
        assert (flow.src_ip, flow.dst_ip, flow.dst_port, flow.protocol) == ("127.0.0.1", "127.0.0.1", port, 17)
        assert flow.expiration_id == 1
        assert flow.src2dst_bytes == flow.src2dst_packets * (14 + 20 + 8 + 5)
    assert streamer.report.packets >= sum(flow.bidirectional_packets for flow in begun)


@pytest.fixture
def libpcap(web: str) -> None:
    try:
        next(iter(NFStreamer(web, bpf_filter="tcp")))
    except OSError as error:
        pytest.skip(str(error))


def test_an_interface_through_libpcap(may_capture: None, libpcap: None, port: int) -> None:
    streamer = NFStreamer(LOOPBACK.name, libpcap=True, active_timeout=1, bpf_filter=f"udp port {port}", max_nflows=1)
    with datagrams(port):
        (flow,) = streamer
    assert (flow.src_ip, flow.dst_ip, flow.dst_port) == ("127.0.0.1", "127.0.0.1", port)
    assert flow.src2dst_bytes == flow.src2dst_packets * (14 + 20 + 8 + 5)


def test_a_device_of_libpcap_that_is_no_interface(may_capture: None, libpcap: None, web: str) -> None:
    with pytest.raises(FileNotFoundError):
        NFStreamer("nowhere0")
    with pytest.raises(FileNotFoundError):
        NFStreamer("nowhere.pcap", libpcap=True)
    streamer = NFStreamer("nowhere0", libpcap=True)
    with pytest.raises(OSError, match="nowhere0"):
        next(iter(streamer))
    streamer.source = web
    assert len(list(streamer)) == 12


def test_an_interface_without_a_clock_gives_no_hardware_timestamps(may_capture: None, port: int) -> None:
    streamer = NFStreamer(LOOPBACK.name, hardware_timestamps=True)
    with pytest.raises(OSError, match=f"{LOOPBACK.name}: cannot use its hardware timestamps"):
        next(iter(streamer))


def test_the_performance_report(may_capture: None, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    streamer = NFStreamer(LOOPBACK.name, active_timeout=1, performance_report=1, n_meters=1, max_nflows=3, bpf_filter=f"udp port {port}")
    with datagrams(port):
        assert len(list(streamer)) == 3
    line, *_ = capsys.readouterr().out.splitlines()
    counters = json.loads(line)
    names = ["flows_expired", "packets_processed", "packets_ignored", "packets_dropped_filtered_by_kernel"]
    assert list(counters) == [*names, "meters_packets_processing_balance"]
    # Meters tell theirs ten times a second.
    assert counters["packets_processed"] >= sum(counters["meters_packets_processing_balance"]) > 0


def test_a_file_is_meant_where_an_interface_has_the_same_name(web: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.symlink(web, LOOPBACK.name)
    assert len(list(NFStreamer(LOOPBACK.name))) == 12


def test_no_permission() -> None:
    script = (
        "from nfstream import NFStreamer\ntry:\n    list(NFStreamer('lo'))\n"
        "except PermissionError as told:\n    assert told.filename == 'lo' and isinstance(told, ValueError)\n    print(told)\n"
    )
    # Root may capture unless that is taken away.
    setpriv = ["setpriv", "--bounding-set=-net_raw"] if os.geteuid() == 0 else []
    ran = subprocess.run([*setpriv, sys.executable, "-c", script], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "") and "CAP_NET_RAW" in ran.stdout


def test_an_interface_that_is_down(may_capture: None) -> None:
    down = next((interface.name for interface in nfstream.interfaces() if not interface.is_up), None)
    if down is None:
        pytest.skip("every interface of this machine is up")
    with pytest.raises(OSError, match="is down: bring it up") as told:
        list(NFStreamer(down))
    assert (told.value.errno, told.value.filename) == (errno.ENETDOWN, down) and isinstance(told.value, ValueError)


@pytest.mark.parametrize("udps", ["None", "NFPlugin()"])
@pytest.mark.parametrize("name", ["flows.csv", "flows.jsonl.gz"])
def test_a_file_that_grows_can_be_followed(name: str, udps: str, port: int, may_capture: None, tmp_path: Path) -> None:
    method = "to_csv" if name.endswith("csv") else "to_jsonl"
    script = (
        "import signal\nfrom nfstream import NFPlugin, NFStreamer\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"streamer = NFStreamer('{LOOPBACK.name}', idle_timeout=0, udps={udps}, bpf_filter='udp port {port}')\n"
        f"print(streamer.{method}('{name}'), streamer.report.interrupted)\n"
    )
    growing = tmp_path / f"{name}.part"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        with datagrams(port):
            while run.poll() is None and not (growing.exists() and flows_in(growing)):
                time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        told = run.communicate(timeout=60)[0]
    assert not growing.exists() and told == f"{flows_in(tmp_path / name)} True\n"


def flows_in(path: Path) -> int:
    """How many flows a file has, complete or not."""
    data = path.read_bytes()
    text = zlib.decompressobj(wbits=31).decompress(data) if ".gz" in path.name else data
    return max(text.count(b"\n") - (".csv" in path.name), 0)
