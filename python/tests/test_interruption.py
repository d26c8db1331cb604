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


def told_of_web(script: str) -> str:
    """What a script says that makes a streamer of the capture."""
    command = [sys.executable, "-c", MAKE.replace("fifo", "web.pcap") + script]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


@pytest.mark.parametrize("end", ["list(flows)", "flows.close()", "globals().pop('flows')"])
def test_a_run_that_ends_in_another_thread(end: str, place: Path) -> None:
    """The handler that stays until the main thread comes by is like the one before."""
    script = (
        f"def end():\n    {end}\n"
        "def elsewhere():\n    thread = threading.Thread(target=end)\n    thread.start()\n    thread.join()\n"
        "flows = iter(streamer)\nelsewhere()\n"
        "try:\n    signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt:\n    print('raised')\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
        "flows = iter(streamer)\nelsewhere()\n"
        "list(NFStreamer('web.pcap'))\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    assert told_of_web(script) == "raised\nTrue\nTrue\n"


CLOSED = "flows = iter(streamer); next(flows, None); flows.close()"


@pytest.mark.parametrize("udps", ["", "streamer.udps = Counts()\n"])
@pytest.mark.parametrize("way", ["list(streamer)", CLOSED, "streamer.to_csv('x')", "streamer.to_arrow()"])
def test_ctrl_c_while_a_run_begins_or_ends_is_not_lost(way: str, udps: str, place: Path) -> None:
    """It comes at every line, and at every call, of what is done in Python then."""
    script = (
        f"{udps}"
        "from nfstream import interruption\n"
        "import logging\nlogging.disable()\n"
        "def trace(frame, event, argument):\n"
        "    global steps\n"
        "    if frame.f_globals is not vars(interruption) or frame.f_code is interruption._interrupt.__code__:\n"
        "        return None\n"
        "    steps += 1\n"
        "    if steps == place:\n"
        "        sys.settrace(None)\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    return trace\n"
        "place, raised = 0, 0\n"
        "while True:\n"
        "    place, steps = place + 1, 0\n"
        "    sys.settrace(trace)\n"
        "    try:\n"
        f"        {way}\n"
        "        pass\n"
        "        heard = streamer.report.interrupted or streamer.report.packets == 126\n"
        "    except KeyboardInterrupt:\n"
        "        raised += 1\n"
        "        heard = True\n"
        "    sys.settrace(None)\n"
        "    assert heard and not interruption._running\n"
        "    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, place\n"
        "    if steps < place:\n"
        "        break\n"
        "print(place > 8, raised > 3)\n"
    )
    assert told_of_web(script) == "True True\n"


def test_what_a_handler_raises_while_a_run_ends_comes_out(place: Path) -> None:
    script = (
        "class Mine(Exception): pass\n"
        "def handler(number, frame):\n    raise Mine\n"
        "signal.signal(signal.SIGUSR1, handler)\n"
        "from nfstream import interruption\n"
        "def trace(frame, event, argument):\n"
        "    if frame.f_code is interruption.end.__code__:\n"
        "        sys.settrace(None)\n"
        "        signal.raise_signal(signal.SIGUSR1)\n"
        "sys.settrace(trace)\n"
        "try:\n    streamer.to_csv('x')\nexcept Mine:\n    print('mine')\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    assert told_of_web(script) == "mine\nTrue\n"
    assert not Path("x").exists()


SILENT = {
    "none": "sys.stderr = None\n",
    "closed": "sys.stderr.close()\n",
    "full": "sys.stderr = open('/dev/full', 'w', buffering=1)\n",
    "raises": (
        "import logging\n"
        "class Raises(logging.Handler):\n    def handle(self, record):\n        raise ValueError\n"
        "logging.getLogger('nfstream').addHandler(Raises())\n"
    ),
}


@pytest.mark.parametrize("how", SILENT)
@pytest.mark.parametrize("call", ["to_csv('x')", "to_csv('x', progress=True)"])
def test_a_run_ends_well_where_nothing_can_be_said(call: str, how: str, place: Path) -> None:
    script = f"{BEGIN}{SILENT[how]}print(streamer.{call}, streamer.report.interrupted)\n"
    with interrupted(script) as (run, _):
        told = run.communicate(timeout=60)[0]
    assert (told, run.returncode) == ("12 True\n", 0 if how != "full" else run.returncode)


@pytest.mark.parametrize("columns", [80, 30, 20, 12, 8, 0])
def test_the_bar_leaves_room_for_what_a_terminal_shows_of_ctrl_c(columns: int, place: Path) -> None:
    """In the next line, nobody would take it away."""
    import fcntl
    import struct
    import termios

    os.mkfifo("fifo")
    reading, told = os.pipe()
    os.set_inheritable(told, True)
    plain = f"sys.stdout = open({told}, 'w')\nsys.modules['tqdm.auto'] = None\n"
    script = f"import sys\n{plain}{BEGIN}streamer.to_csv('x', progress=True)\n"
    child, terminal = os.forkpty()
    if child == 0:
        fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execv(sys.executable, [sys.executable, "-c", script])
    shown = b""

    def until(what: bytes) -> None:
        nonlocal shown
        while what not in shown:
            shown += os.read(terminal, 4096)

    with open("fifo", "wb") as writer:
        writer.write(Path("web.pcap").read_bytes())
        writer.flush()
        assert os.read(reading, 100) == b"reading\n"
        if columns >= 12:
            until(b"126")
        os.write(terminal, b"\x03")
        until(WARNING.encode().rstrip())
        assert os.waitpid(child, 0)[1] == 0
    for descriptor in terminal, reading, told:
        os.close(descriptor)
    before = shown.partition(b"interrupted")[0].replace(b"\x1b[K", b"")
    assert b"^C" in before and all(len(line) <= max(columns - 4, 2) for line in before.split(b"\r"))
    assert (b"126 packets, " in before) == (columns >= 30)


#: Sends SIGINT when the main thread waits for the FIFO ``out``, which nobody reads.
WAIT = """\
import os
os.mkfifo("out")
main = threading.get_ident()
def interrupt():
    while sys._current_frames()[main].f_code.co_name not in ("_write", "write_lines", "write_parquet"):
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)
interrupts = threading.Thread(target=interrupt)
interrupts.start()
"""


@pytest.mark.parametrize("udps", ["", "streamer.udps = Counts()\n"])
@pytest.mark.parametrize("export", ["to_csv", "to_jsonl", "to_parquet"])
def test_ctrl_c_ends_the_wait_for_a_reader(export: str, udps: str, place: Path) -> None:
    script = (
        f"import logging\nlogging.disable()\n{WAIT}{udps}"
        f"try:\n    streamer.{export}('out')\nexcept KeyboardInterrupt:\n    print('stopped')\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    assert told_of_web(script) == "stopped\nTrue\n"


#: Reads a little of the FIFO ``out``, so that it is full.
FULL = """\
import logging, os
os.mkfifo("out")
told, over = threading.Event(), threading.Event()
logging.getLogger("nfstream").addFilter(lambda record: told.set())
streamer = NFStreamer(["web.pcap"] * 20, idle_timeout=0, statistical_analysis=True)
def read():
    with open("out", "rb") as fifo:
        content = fifo.read1(10)
        os.kill(os.getpid(), signal.SIGINT)
        told.wait()
        while not reads_on and not over.wait(0.02):
            os.kill(os.getpid(), signal.SIGINT)
        content += fifo.read()
    assert content.endswith(b"\\n") or not reads_on
reader = threading.Thread(target=read)
reader.start()
"""


@pytest.mark.parametrize("udps", ["", "streamer.udps = Counts()\n"])
def test_a_second_ctrl_c_ends_the_wait_for_a_reader_that_does_not_read_on(udps: str, place: Path) -> None:
    script = (
        f"reads_on = False\n{FULL}{udps}"
        "try:\n    streamer.to_csv('out')\nexcept KeyboardInterrupt:\n    over.set()\n    print('stopped')\n"
    )
    assert told_of_web(script) == "stopped\n"


@pytest.mark.parametrize("udps", ["", "streamer.udps = Counts()\n"])
def test_a_reader_that_reads_on_has_all_there_was(udps: str, place: Path) -> None:
    script = f"reads_on = True\n{FULL}{udps}print(streamer.to_csv('out') > 0)\nreader.join()\n"
    assert told_of_web(script) == "True\n"
