"""Ctrl-C: the first ends the input and keeps what there was, the second stops at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet
import pytest

from nfstream import NFlow, NFPacket, NFPlugin, NFStreamer

#: What scripts begin with: a streamer of the FIFO.
MAKE = """\
import signal, sys, threading, time
import nfstream
from nfstream import NFPlugin, NFStreamer
signal.signal(signal.SIGINT, signal.default_int_handler)
class Counts(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.n = 1
        seen.append(packet)
    def on_update(self, packet, flow):
        seen.append(packet)
seen = []
streamer = NFStreamer("fifo")
"""

#: With a thread that says when all packets have been read.
BEGIN = f"""\
{MAKE}
def tell():
    while len(seen) < 126 if streamer.udps else streamer.report is None or streamer.report.packets < 126:
        time.sleep(0.01)
    print("reading", flush=True)
threading.Thread(target=tell, daemon=True).start()
"""

WARNING = "interrupted: no more packets are read, and the flows so far follow; another Ctrl-C stops at once\n"


@contextmanager
def interrupted(script: str) -> Iterator[tuple[subprocess.Popen[str], BinaryIO]]:
    """Runs a script that says when it is reading from ``fifo``, which stays open, and interrupts it then."""
    if not Path("fifo").exists():
        os.mkfifo("fifo")
    run = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with run, open("fifo", "wb") as writer:
        writer.write(Path("web.pcap").read_bytes())
        writer.flush()
        try:
            assert run.stdout.readline() == "reading\n"
            run.send_signal(signal.SIGINT)
            yield run, writer
        finally:
            run.kill()


@pytest.mark.parametrize("udps", ["", "streamer.udps = Counts()\n"])
@pytest.mark.parametrize(
    "expression",
    [
        "streamer.to_csv('x')",
        "streamer.to_jsonl('x')",
        "streamer.to_parquet('x')",
        "len(streamer.to_pandas())",
        "len(streamer.to_polars())",
        "streamer.to_arrow().num_rows",
        "__import__('pyarrow').table(streamer).num_rows",
        "sum(1 for flow in streamer)",
        "sum(flow.bidirectional_packets > 0 for flow in NFStreamer.__iter__(streamer))",
    ],
)
def test_what_there_was_is_kept(expression: str, udps: str, place: Path) -> None:
    end = "is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    script = f"{BEGIN}{udps}flows = {expression}\n{end}print(flows, streamer.report.interrupted, is_default)\n"
    with interrupted(script) as (run, _):
        told = run.communicate(timeout=60)
    assert told == ("12 True True\n", WARNING) and run.returncode == 0
    plain = NFStreamer("web.pcap")
    if "to_csv" in expression:
        plain.to_csv("plain")
        rows = [line.removesuffix(",1").removesuffix(",udps.n") for line in Path("x").read_text().splitlines()]
        assert rows == Path("plain").read_text().splitlines()
    if "to_parquet" in expression:
        assert pyarrow.parquet.read_table("x").select(plain.to_arrow().column_names).equals(plain.to_arrow())


SLOW = """\
class Slow(NFPlugin):
    def on_init(self, packet, flow):
        print("reading", flush=True)
        time.sleep(1000)
    def cleanup(self):
        print("cleaned", flush=True)
streamer.udps = Slow()
"""


@pytest.mark.parametrize("call", ["to_csv('x')", "to_parquet('x')", "to_arrow()", "to_polars()", "to_pandas()", "__iter__()"])
def test_a_second_ctrl_c_stops_at_once(call: str, place: Path) -> None:
    script = (
        f"{MAKE}{SLOW}try:\n    list(streamer.{call})\nexcept KeyboardInterrupt:\n    print('stopped')\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    with interrupted(script) as (run, _):
        # Signals that come before the first was seen are one.
        assert run.stderr.readline() == WARNING
        run.send_signal(signal.SIGINT)
        told = run.communicate(timeout=60)
    assert told == ("cleaned\nstopped\nTrue\n", "")
    assert sorted(path.name for path in place.iterdir()) == ["fifo", "web.pcap"]


def test_the_body_of_a_loop_goes_on(place: Path) -> None:
    script = (
        f"{BEGIN}streamer.idle_timeout = 0\nnumber, told = 0, threading.Event()\n"
        "import logging\n"
        "logging.getLogger('nfstream').addFilter(lambda record: told.set() or True)\n"
        "for flow in streamer:\n"
        "    number += 1\n"
        "    told.wait()\n"
        "print(number, streamer.report.interrupted)\n"
    )
    with interrupted(script) as (run, _):
        assert run.communicate(timeout=60) == ("126 True\n", WARNING)


def test_plugins_see_no_packet_after_the_one_at_hand(web: str) -> None:
    """However much was read ahead."""

    class Interrupts(NFPlugin):
        calls = 0

        def on_update(self, packet: NFPacket, flow: NFlow) -> None:
            self.calls += 1
            if self.calls == 5:
                signal.raise_signal(signal.SIGINT)

    plugin = Interrupts()
    streamer = NFStreamer([web] * 100, udps=plugin, idle_timeout=10**6)
    flows = list(streamer)
    assert plugin.calls == 5 and sum(flow.bidirectional_packets for flow in flows) == 5 + len(flows)
    assert streamer.report.interrupted and streamer.report.flows == len(flows)


def test_handlers_of_the_program_stay(place: Path) -> None:
    script = (
        f"{BEGIN}class Mine(Exception): pass\n"
        "def handler(number, frame):\n    raise Mine\n"
        "signal.signal(signal.SIGINT, handler)\n"
        "try:\n    streamer.to_csv('x')\nexcept Mine:\n    print('mine')\n"
        "print(signal.getsignal(signal.SIGINT) is handler)\n"
    )
    with interrupted(script) as (run, _):
        assert run.communicate(timeout=60) == ("mine\nTrue\n", "")
    assert not Path("x").exists()


def test_runs_of_other_threads_go_on(place: Path) -> None:
    script = (
        f"{BEGIN}flows = []\n"
        "reader = threading.Thread(target=lambda: flows.extend(streamer))\n"
        "reader.start()\n"
        "try:\n    time.sleep(1000)\nexcept KeyboardInterrupt:\n    print('main', flush=True)\n"
        "reader.join()\nprint(len(flows), streamer.report.interrupted)\n"
    )
    with interrupted(script) as (run, fifo):
        assert run.stdout.readline() == "main\n"
        fifo.close()
        assert run.communicate(timeout=60) == ("12 False\n", "")


def test_two_runs_at_once(place: Path) -> None:
    script = (
        f"{BEGIN}other = NFStreamer('web.pcap')\n"
        "pairs = list(zip(streamer, other))\n"
        "print(len(pairs), signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    with interrupted(script) as (run, _):
        assert run.communicate(timeout=60) == ("12 True\n", WARNING)


def test_a_run_that_is_left_gives_the_handler_back(web: str) -> None:
    default = signal.getsignal(signal.SIGINT)
    assert default is signal.default_int_handler
    for flow in NFStreamer(web):
        assert signal.getsignal(signal.SIGINT) is not default
        break
    del flow
    assert signal.getsignal(signal.SIGINT) is default
    flows = iter(NFStreamer(web))
    assert signal.getsignal(signal.SIGINT) is not default
    flows.close()
    assert signal.getsignal(signal.SIGINT) is default
