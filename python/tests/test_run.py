"""Runs: as often as one likes, side by side, stopped at any time, and the same flows every time."""

import ast
import csv
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from threads import all_runs_end, threads_of_runs

from nfstream import NFStreamer

PARAMETERS = {"statistical_analysis": True, "splt_analysis": 20, "profile": "nfstream"}
CORPUS = [
    "6in4tunnel.pcap",
    "ah.pcapng",
    "capwap.pcap",
    "dhcp-fuzz.pcapng",
    "gnutella.pcap",
    "gtp-u.pcap",
    "skype.pcap",
    "synscan.pcap",
]


@pytest.mark.parametrize("name", CORPUS)
def test_flows_of_the_corpus(name: str, corpus: Path) -> None:
    with open(corpus / "expected" / f"{name}.csv", newline="") as file:
        expected = list(csv.DictReader(file))
    flows = list(NFStreamer(corpus / "pcap" / name, n_dissections=0, **PARAMETERS))
    assert len(flows) == len(expected) > 0
    # Flows that end at the same moment come in another order than nfstream's.
    key = "src_ip", "src_port", "dst_ip", "dst_port", "protocol"
    identity = "bidirectional_first_seen_ms", *key, "bidirectional_packets"
    flows.sort(key=lambda flow: [str(getattr(flow, column)) for column in identity])
    expected.sort(key=lambda row: [row[column] for column in identity])
    for column in flows[0].keys()[1:]:
        kind = type(getattr(flows[0], column))
        parse = ast.literal_eval if kind is list else kind
        assert [getattr(flow, column) for flow in flows] == [parse(row[column]) for row in expected], column


def test_every_iteration_is_a_run_of_its_own(web: str) -> None:
    streamer = NFStreamer(web)
    first, second = iter(streamer), iter(streamer)
    interleaved = [(next(first).id, next(second).id) for _ in range(12)]
    assert interleaved == [(number, number) for number in range(12)]
    for flows in first, second:
        assert next(flows, None) is None and next(flows, None) is None
    assert list(streamer) == list(streamer)


@pytest.mark.parametrize("n_meters", [0, 2, 3])
def test_meters_do_not_change_flows(n_meters: int, testdata: Path) -> None:
    captures = sorted(testdata.glob("*.pcap"))
    assert len(captures) > 20
    one, more = (
        [flow.values() for flow in NFStreamer(captures, n_meters=number, idle_timeout=1, **PARAMETERS)]
        for number in (1, n_meters)
    )
    assert one == more


def test_threads_may_share_an_iterator(web: str) -> None:
    flows = iter(NFStreamer([web] * 50, idle_timeout=0))
    seen: list[int] = []
    workers = [threading.Thread(target=lambda: seen.extend(flow.id for flow in flows)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(seen) > 1000 and sorted(seen) == list(range(len(seen)))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are listed in /proc only")
@pytest.mark.parametrize(("n_meters", "threads"), [(1, ["meter-0"]), (2, ["meter-0", "meter-1"])])
def test_leaving_early_leaves_no_thread(n_meters: int, threads: list[str], web: str) -> None:
    assert all_runs_end()
    streamer = NFStreamer([web] * 1000, n_meters=n_meters, idle_timeout=0)
    for _ in streamer:
        assert sorted(threads_of_runs()) == threads
        break
    gc.collect()
    assert all_runs_end()

    flows = iter(streamer)
    assert next(flows).id == 0
    flows.close()
    assert next(flows, None) is None
    assert all_runs_end()


def test_memory_does_not_grow_with_the_capture(web: str) -> None:
    script = (
        "import resource, sys, nfstream\n"
        "streamer = nfstream.NFStreamer([sys.argv[1]] * int(sys.argv[2]), n_meters=2, idle_timeout=0)\n"
        "flows = sum(1 for flow in streamer if flow.src_ip)\n"
        "print(flows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )

    def measure(times: int) -> tuple[int, int]:
        command = [sys.executable, "-c", script, web, str(times)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        flows, kibibytes = map(int, run.stdout.split())
        return flows, kibibytes

    (few, small), (many, large) = measure(100), measure(1000)
    assert many > 9 * few
    # What 900 more captures of 43 KB, or their flows, would take is far more.
    assert large - small < 16_000


def test_an_exception_in_the_body_of_a_loop_is_as_it_was(web: str) -> None:
    """When the iterator goes, Python has an exception in hand."""
    scripts = {
        "for flow in streamer:\n    raise ValueError('mine')": "ValueError: mine",
        "a, b = streamer": "ValueError: too many values to unpack (expected 2)",
        "sum(streamer)": "TypeError: unsupported operand type(s) for +: 'int' and 'nfstream.NFlow'",
        "list(map(lambda flow: 1 / 0, streamer))": "ZeroDivisionError: division by zero",
        "for flow in streamer:\n    sys.exit('left')": "left",
        "def f():\n    try:\n        for flow in streamer:\n            raise ValueError\n"
        "    except ValueError:\n        sys.exit('caught')\nf()": "caught",
        "class Fails(NFStreamer):\n    def __iter__(self):\n        for flow in super().__iter__():\n            yield flow\n"
        "            1 / 0\n"
        "Fails(sys.argv[1]).to_csv('/dev/null')": "ZeroDivisionError: division by zero",
    }
    for script, told in scripts.items():
        begin = "import sys\nfrom nfstream import NFStreamer\nstreamer = NFStreamer(sys.argv[1])\n"
        run = subprocess.run([sys.executable, "-c", begin + script, web], capture_output=True, text=True)
        assert run.returncode == 1 and run.stderr.splitlines()[-1:] == [told], (script, run)
