#!/usr/bin/env python3
"""Live capture: the highest rate without loss beside nfstream's on the same veth, what a packet costs, what waiting costs, and how
soon records come.

The highest rate is what the sender, tcpreplay on one processor, can do at most: a plus says that it was the limit. The processor time
of a packet has no such limit. It needs root, tcpreplay and iproute2. Both meters get one processor of their own, tcpreplay another. Prints a table, in Markdown.

    python bench/live.py --binary target/release/nfstream --nfstream .bench-venv/bin/python [--mix MIX.pcap]
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import captures

REPOSITORY = Path(__file__).resolve().parents[1]
SENDER_CPU, METER_CPU = "0", "1"
SECONDS = 3
LOOSE_RATE = 1000

COUNTERS = ("packets_processed", "packets_ignored", "packets_dropped_filtered_by_kernel")

NFSTREAM = """
import signal, sys
from nfstream import NFStreamer
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
for flow in NFStreamer(source="%s", performance_report=1, n_meters=1):
    pass
"""


class Wire:
    """Two network namespaces with a veth pair between them; what is sent into `sender` comes out of `receiver`."""

    def __enter__(self):
        self.sender, self.receiver = f"nfs-a{os.getpid()}", f"nfs-b{os.getpid()}"
        for name in (self.sender, self.receiver):
            run("ip", "netns", "add", name)
            run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        run("ip", "link", "add", "wire", "netns", self.sender, "type", "veth", "peer", "name", "wire", "netns", self.receiver)
        for name in (self.sender, self.receiver):
            run("ip", "-n", name, "link", "set", "wire", "mtu", "9000", "up")
        return self

    def __exit__(self, *_):
        for name in (self.sender, self.receiver):
            run("ip", "netns", "del", name)

    def inside(self, name, *command):
        return ["ip", "netns", "exec", name, *map(str, command)]

    def wait_for_listener(self):
        """Until a packet socket is open at the receiver."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            listed = subprocess.run(self.inside(self.receiver, "cat", "/proc/net/packet"), stdout=subprocess.PIPE, text=True)
            if len(listed.stdout.splitlines()) > 1:
                time.sleep(1)
                return
            time.sleep(0.05)
        sys.exit("nobody listens")

    def replay(self, capture, *options):
        """Sends a capture; says how many packets, and how many a second."""
        command = self.inside(self.sender, "taskset", "-c", SENDER_CPU, "tcpreplay", "-K", "-i", "wire", *options, capture)
        told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout
        return int(re.search(r"Successful packets:\s+(\d+)", told)[1]), float(re.search(r"([\d.]+) pps", told)[1])


def run(*command):
    subprocess.run(command, check=True)


class Meter:
    """One of the two programs at work at the receiver."""

    def __init__(self, wire, command):
        self.log = tempfile.TemporaryFile("w+")
        command = wire.inside(wire.receiver, "taskset", "-c", METER_CPU, *command)
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True)
        wire.wait_for_listener()

    def received(self):
        """How many packets it has counted, once that is no longer growing, and how many the kernel had no room for."""
        last, deadline = (-1, 0), time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(2.2)
            self.log.seek(0)
            lines = [json.loads(line) for line in self.log if line.startswith("{")]
            told = lines[-1] if lines else dict.fromkeys(COUNTERS, 0)
            now = told["packets_processed"] + told["packets_ignored"], told["packets_dropped_filtered_by_kernel"]
            if now == last:
                break
            last = now
        return last

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def ours(binary, *options):
    return [binary, "-i", "wire", "--n-meters", "1", "--performance-report", "1", "-q", "-o", "/dev/null", "--format", "csv", *options]


def limit(session, share):
    """Gives all processes of a session together a share of one processor, in percent."""
    root = Path("/sys/fs/cgroup")
    old = (root / "cpu").is_dir()
    group = (root / "cpu" if old else root) / "nfstream-bench"
    group.mkdir(exist_ok=True)
    if old:
        (group / "cpu.cfs_period_us").write_text("100000")
        (group / "cpu.cfs_quota_us").write_text(str(share * 1000))
    else:
        (group / "cpu.max").write_text(f"{share * 1000} 100000")
    listed = subprocess.run(["ps", "-o", "pid=", "-s", str(session)], stdout=subprocess.PIPE, text=True, check=True).stdout
    for pid in listed.split():
        (group / "cgroup.procs").write_text(pid)


def loses(wire, command, capture, packets, rate, share=100):
    """Whether a meter loses packets of a replay at a rate, and how fast that was in truth."""
    meter = Meter(wire, command)
    try:
        if share < 100:
            limit(meter.process.pid, share)
        speed = ["--topspeed"] if rate is None else ["--pps", str(int(rate))]
        loops = max(1, round((rate or 1_000_000) * (SECONDS if share == 100 else 12) / packets))
        sent, reached = wire.replay(capture, *speed, "--loop", str(loops))
        counted, dropped = meter.received()
        print(f"    {reached:,.0f} packets/s: {sent:,} sent, {counted:,} counted, {dropped:,} dropped", file=sys.stderr, flush=True)
        # nfstream tells its counters a second late, and not at all what came after the last whole second.
        return dropped > 0, reached
    finally:
        meter.stop()


def highest_rate(wire, command, capture, packets, share):
    """The highest rate at which nothing is lost, within a seventh; a plus if the sender could not go faster."""
    lost, reached = loses(wire, command, capture, packets, None, share)
    if not lost:
        return reached, "+"
    good, bad = 0.0, reached
    rate = bad / 2
    while bad > good * 1.15 and bad > LOOSE_RATE:
        lost, reached = loses(wire, command, capture, packets, rate, share)
        good, bad = (good, min(rate, bad)) if lost else (max(good, reached), bad)
        rate = (good + bad) / 2 if good else bad / 2
    return good, ""


def processor_time(session):
    """Seconds of processor time that all processes of a session have had, those included that have ended and were waited for."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def cost(wire, command, capture, packets, rate):
    """Microseconds of processor time that a meter takes for a packet, at a rate at which it loses none; `None` if it does."""
    meter = Meter(wire, command)
    try:
        before = processor_time(meter.process.pid)
        sent, _ = wire.replay(capture, "--pps", str(rate), "--loop", str(max(1, round(rate * 8 / packets))))
        _, dropped = meter.received()
        return None if dropped else 1e6 * (processor_time(meter.process.pid) - before) / sent
    finally:
        meter.stop()


def idle_share(wire, binary):
    """Share of a processor that waiting takes, in percent, over 20 seconds."""
    meter = Meter(wire, [binary, "-i", "wire", "-q", "-o", "/dev/null", "--format", "csv"])
    try:
        before, begun = processor_time(meter.process.pid), time.monotonic()
        time.sleep(20)
        return 100 * (processor_time(meter.process.pid) - before) / (time.monotonic() - begun)
    finally:
        meter.stop()


def delay(wire, binary, capture):
    """Seconds from a flow's timeout to its record, the longest of all flows of a capture that are sent at once."""
    command = wire.inside(wire.receiver, binary, "-i", "wire", "-q", "--idle-timeout", "3", "--format", "jsonl")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        wire.wait_for_listener()
        wire.replay(capture, "--topspeed")
        flows = sum(1 for _ in open_flows(binary, capture))
        late = []
        while len(late) < flows:
            flow = json.loads(process.stdout.readline())
            late.append(time.time() - flow["bidirectional_last_seen_ms"] / 1000 - 3)
        return max(late)
    finally:
        process.kill()
        process.wait()


def open_flows(binary, capture):
    command = [binary, capture, "--format", "jsonl", "--idle-timeout", "1000000", "--active-timeout", "1000000"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def memory(wire, binary, folder, millions):
    """Resident memory in MB after each million of short flows."""
    capture = folder / "short.pcap"
    flows = 1_000_000
    captures.small(capture, flows, flows)
    meter = Meter(wire, [*ours(binary), "--idle-timeout", "2"])
    sizes = []
    try:
        for _ in range(millions):
            wire.replay(capture, "--pps", "100000")
            status = Path(f"/proc/{meter.process.pid}/status").read_text()
            sizes.append(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024)
            print(f"    {len(sizes)} million flows: {sizes[-1]:.0f} MB", file=sys.stderr)
        return sizes
    finally:
        meter.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(REPOSITORY / "target/release/nfstream"), help="our command")
    parser.add_argument("--nfstream", metavar="PYTHON", help="an interpreter with nfstream 6.6.0; without it only ours is measured")
    parser.add_argument("--mix", type=Path, help="a capture of real traffic; otherwise the conversations of testdata")
    parser.add_argument("--share", type=int, default=100, help="percent of a processor that either meter gets for the highest rate (cgroups)")
    parser.add_argument("--only", choices=["rate", "cost", "idle", "delay", "memory"], help="one of the measurements")
    arguments = parser.parse_args()
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "tcpreplay", "taskset"))):
        sys.exit("this needs root, and: apt-get install iproute2 tcpreplay util-linux")
    wanted = lambda part: arguments.only in (None, part)
    with tempfile.TemporaryDirectory() as folder, Wire() as wire:
        folder = Path(folder)
        replayed = []
        if wanted("rate") or wanted("cost"):
            small, mix = folder / "small.pcap", arguments.mix or folder / "mix.pcap"
            captures.small(small, 200_000, 10_000)
            if not arguments.mix:
                captures.repeated(REPOSITORY / "testdata", mix, 60_000_000)
            replayed = [(name, path, wire.replay(path, "--topspeed")[0]) for name, path in (("64 bytes", small), ("real mix", mix))]
        if wanted("rate"):
            print("| packets | ours | nfstream | ratio |\n| --- | --- | --- | --- |")
            for name, capture, packets in replayed:
                rate, mark = highest_rate(wire, ours(arguments.binary), capture, packets, arguments.share)
                row = f"| {name} | {rate:,.0f}{mark} packets/s |"
                if arguments.nfstream:
                    theirs, _ = highest_rate(wire, [arguments.nfstream, "-c", NFSTREAM % "wire"], capture, packets, arguments.share)
                    row += f" {theirs:,.0f} packets/s | {rate / max(theirs, 1):.1f}{mark} |"
                print(row, flush=True)
        if wanted("cost"):
            for name, capture, packets in replayed:
                mine = cost(wire, ours(arguments.binary), capture, packets, 100_000)
                print(f"{name}: {mine:.2f} microseconds of processor time a packet", end="", flush=True)
                if arguments.nfstream:
                    theirs = cost(wire, [arguments.nfstream, "-c", NFSTREAM % "wire"], capture, packets, 20_000)
                    print(f", nfstream {theirs:.2f}: {theirs / mine:.1f} times", end="")
                print(flush=True)
        if wanted("idle"):
            print(f"idle: {idle_share(wire, arguments.binary):.2f} % of a processor", flush=True)
        if wanted("delay"):
            print(f"from timeout to record: {delay(wire, arguments.binary, REPOSITORY / 'testdata/web.pcap'):.2f} s at most", flush=True)
        if wanted("memory"):
            sizes = memory(wire, arguments.binary, folder, 10)
            print(f"memory with each million of short flows: {', '.join(f'{size:.0f}' for size in sizes)} MB", flush=True)


if __name__ == "__main__":
    main()
