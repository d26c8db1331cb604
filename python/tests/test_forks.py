"""Processes that are forked while runs go on: what the parent has begun goes on in the parent alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nfstream import NFStreamer

#: Runs of the FIFO, which stays open, cannot be over.
MAKE = """\
import io, os, signal, sys, threading, time
import pyarrow
from nfstream import NFPlugin, NFStreamer
class Counts(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.n = 1
def in_child(act):
    child = os.fork()
    if child == 0:
        try:
            print(act(), flush=True)
        except RuntimeError as error:
            print(error, flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
def fed(streamer):
    streamer.idle_timeout = 0
    fifo = open(os.open("fifo", os.O_RDWR), "wb")
    fifo.write(open("web.pcap", "rb").read())
    fifo.flush()
    return iter(streamer), fifo
"""

ELSEWHERE = (
    "this run began before the process was forked, and continues only in the parent: begin another run here\n"
)


def told(script: str) -> str:
    """What a script says that does not hang."""
    command = [sys.executable, "-W", "ignore", "-c", MAKE + script]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


@pytest.fixture(autouse=True)
def fifo(place: Path) -> None:
    os.mkfifo("fifo")


@pytest.mark.parametrize("udps", ["", "streamer.udps = Counts()\n"])
def test_an_iterator_is_of_use_in_the_parent_alone(udps: str) -> None:
    script = (
        f"streamer = NFStreamer('fifo')\n{udps}flows, fifo = fed(streamer)\nnext(flows)\n"
        "in_child(lambda: next(flows))\n"
        "in_child(lambda: flows.close())\n"
        "in_child(lambda: globals().pop('flows') is None)\n"
        "in_child(lambda: streamer.__exit__(None, None, None))\n"
        "in_child(lambda: streamer.report.interrupted)\n"
        "in_child(lambda: signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
        "fifo.close()\n"
        "print(1 + sum(1 for flow in flows))\n"
    )
    assert told(script) == f"{ELSEWHERE}None\nFalse\nNone\nFalse\nTrue\n126\n"


def test_an_arrow_stream_is_of_use_in_the_parent_alone() -> None:
    script = (
        "reader = pyarrow.RecordBatchReader.from_stream(NFStreamer('fifo'))\n"
        "fifo = open('fifo', 'wb')\n"
        "fifo.write(open('web.pcap', 'rb').read())\n"
        "def read():\n"
        "    try:\n        return reader.read_all().num_rows\n"
        "    except Exception as error:\n        return 'continues only in the parent' in str(error)\n"
        "in_child(read)\nfifo.close()\nprint(read())\n"
    )
    assert told(script) == "True\n12\n"


@pytest.mark.parametrize("udps", ["None", "Counts()"])
@pytest.mark.parametrize("source", ["'web.pcap'", "io.BytesIO(open('web.pcap', 'rb').read())"])
def test_a_child_begins_runs_of_its_own(source: str, udps: str) -> None:
    script = (
        f"streamer = NFStreamer({source}, udps={udps}, idle_timeout=0)\nflows = iter(streamer)\nnext(flows)\n"
        "in_child(lambda: streamer.to_csv('child.csv'))\n"
        "in_child(lambda: streamer.to_parquet('child.parquet'))\n"
        "in_child(lambda: len(streamer.to_pandas()))\n"
        "in_child(lambda: len(list(streamer)))\n"
        "print(1 + sum(1 for flow in flows), streamer.to_csv('parent.csv'))\n"
    )
    assert told(script) == "126\n" * 4 + "126 126\n"
    assert Path("child.csv").read_bytes() == Path("parent.csv").read_bytes()


def test_a_child_reads_a_file_object_that_was_read_in_the_parent() -> None:
    script = (
        "class Slow(io.BytesIO):\n"
        "    def read1(self, size):\n"
        "        if os.getpid() == parent:\n"
        "            reading.set()\n"
        "            forked.wait()\n"
        "        return super().read1(size)\n"
        "parent, reading, forked = os.getpid(), threading.Event(), threading.Event()\n"
        "streamer = NFStreamer(Slow(open('web.pcap', 'rb').read()))\n"
        "flows = iter(streamer)\nreading.wait()\n"
        "in_child(lambda: streamer.to_csv('child.csv'))\n"
        "forked.set()\nprint(len(list(flows)))\n"
    )
    assert told(script) == "12\n12\n"


@pytest.mark.parametrize("export", ["to_csv", "to_jsonl", "to_parquet"])
@pytest.mark.parametrize("udps", ["None", "Counts()"])
def test_a_child_that_leaves_in_the_middle_touches_no_file_of_the_parent(export: str, udps: str) -> None:
    """It leaves the export as it leaves any function."""
    script = (
        f"streamer = NFStreamer('fifo', udps={udps})\n"
        "def fork(number, frame):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        raise SystemExit(0)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    forked.set()\n"
        "signal.signal(signal.SIGUSR1, fork)\n"
        "forked = threading.Event()\n"
        "def feed():\n"
        "    with open('fifo', 'wb') as fifo:\n"
        "        fifo.write(open('web.pcap', 'rb').read())\n"
        "        fifo.flush()\n"
        "        while streamer.report is None or streamer.report.packets < 126:\n            time.sleep(0.01)\n"
        "        os.kill(os.getpid(), signal.SIGUSR1)\n"
        "        forked.wait()\n"
        "threading.Thread(target=feed).start()\n"
        f"print(streamer.{export}('flows'))\n"
    )
    assert told(script) == "12\n"
    streamer = NFStreamer("web.pcap")
    if udps == "None":
        getattr(streamer, export)("expected")
        assert Path("flows").read_bytes() == Path("expected").read_bytes()
    assert Path("flows").exists() and not list(Path().glob("*.part"))
