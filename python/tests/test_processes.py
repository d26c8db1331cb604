"""The process of a flow: real sockets, and packets between them that come through a FIFO."""

import os
import socket
import struct
import sys
import threading
from pathlib import Path

import pytest

from nfstream import NFStreamer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes of flows are told on Linux only")

#: LINKTYPE_RAW: packets begin with IP.
RAW = 101


def capture(source: tuple[str, int], destination: tuple[str, int]) -> bytes:
    """A pcap capture of one packet of TCP (RFC 791, RFC 9293)."""
    addresses = socket.inet_aton(source[0]) + socket.inet_aton(destination[0])
    packet = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0) + addresses
    packet += struct.pack(">HHIIBBHHH", source[1], destination[1], 1, 0, 0x50, 0x02, 65535, 0, 0)
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW)
    return header + struct.pack("<IIII", 1_700_000_000, 0, len(packet), len(packet)) + packet


def test_the_process_of_a_flow(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bytes_to_send = capture(("198.51.100.9", 5000), listener.getsockname())
        writer = threading.Thread(target=fifo.write_bytes, args=(bytes_to_send,))
        writer.start()
        (flow,) = NFStreamer(fifo, system_visibility_mode=1, system_metadata=True)
        writer.join()
    assert flow.system_process_pid == os.getpid()
    assert flow.system_process_name and os.path.basename(flow.system["path"])
    assert list(flow.keys())[-3:] == ["system_process_pid", "system_process_name", "system"]


def test_a_file_says_nothing_of_the_processes_of_now(web: str) -> None:
    streamer = NFStreamer([web], system_visibility_mode=1, system_metadata=True)
    with pytest.warns(UserWarning, match="^system_visibility_mode=1 is for live traffic") as warnings:
        flows = list(streamer)
    assert [warning.filename for warning in warnings] == [__file__]
    assert streamer.system_visibility_mode == 1 and len(flows) == 12
    assert {(flow.system_process_pid, flow.system_process_name, str(flow.system)) for flow in flows} == {(-1, "", "{}")}
