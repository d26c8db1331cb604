#!/usr/bin/env python3
"""Measures nfstream in Rust against nfstream 6.6.0 from PyPI and writes RESULTS.md.

Whole processes, one after the other in turns (A B C A B C ...) after a round that does not count; what is compared is the
ratio within a turn, so that a machine that slows down for a while slows both sides. `make bench` runs this with what it needs.
"""

import argparse
import datetime
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import captures

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
CACHE = ROOT / "target" / "bench"
CORPUS = Path(os.environ.get("NFSTREAM_CORPUS", ROOT.parent / "shared" / "corpus"))
REFERENCE_VERSION = "6.6.0"
CORE = {"n_meters": 1, "n_dissections": 0}
STATISTICS = CORE | {"statistical_analysis": True, "splt_analysis": 20}
DEFAULT = {"n_meters": 1}
COMMAND, PACKAGE, REFERENCE = "nfstream command, CSV", "nfstream Python package", f"nfstream {REFERENCE_VERSION} (PyPI)"
MB = 1_000_000


class Run(NamedTuple):
    """One process, with the processes it started: seconds on the wall and of CPU, and the peak bytes of the largest of them."""

    wall: float
    cpu: float
    memory: int


class Contenders:
    """How to run a capture with each of the three."""

    def __init__(self, arguments):
        self.binary, self.python, self.reference = arguments.binary, arguments.python, reference_python(arguments)

    def command(self, capture, options):
        flags = []
        for name, value in options.items():
            flags += ["--" + name.replace("_", "-")] + ([] if value is True else [str(value)])
        return [self.binary, capture, *flags, "--format", "csv", "-o", "-"]

    def package(self, capture, options):
        return [self.python, BENCH / "iterate.py", capture, json.dumps(options)]

    def published(self, capture, options):
        return [self.reference, BENCH / "iterate.py", capture, json.dumps(options)]

    def all(self, capture, options):
        return {
            COMMAND: self.command(capture, options),
            PACKAGE: self.package(capture, options),
            REFERENCE: self.published(capture, options),
        }


def reference_python(arguments):
    """The Python of the virtual environment that has the published package; makes it when it is not there."""
    if arguments.reference_python:
        return arguments.reference_python
    folder = ROOT / ".bench-venv"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"Making {folder.name} with nfstream {REFERENCE_VERSION} from PyPI.")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"nfstream=={REFERENCE_VERSION}"], check=True)
        (folder / "ready").touch()
    return python


# Measuring


def run(command) -> Run:
    """Runs a command to its end with its output thrown away."""
    words = [str(word) for word in command]
    begin = time.perf_counter()
    process = subprocess.Popen(words, cwd=CACHE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seen = Peak(process.pid)
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit {process.returncode}: {complaint.decode(errors='replace').strip()}")
    # Linux charges a new process with what its parent occupied when it started it: this script is not to be measured.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = usage.ru_maxrss if usage.ru_maxrss > own else seen.stop()
    return Run(wall, usage.ru_utime + usage.ru_stime, memory * 1024)


class Peak(threading.Thread):
    """Looks at the peak memory of a process, in KiB, for as long as it lives: every 2 ms at first, then seldom, since it costs a core time."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.status, self.peak = Path(f"/proc/{process}/status"), 0
        self.start()

    def run(self):
        begin = time.perf_counter()
        while found := re.search(r"VmHWM:\s*(\d+)", self.read()):
            self.peak = int(found[1])
            time.sleep(0.002 if time.perf_counter() - begin < 0.02 else 0.02)

    def read(self):
        try:
            return self.status.read_text()
        except OSError:
            return ""

    def stop(self):
        self.join()
        return self.peak


def in_turns(commands: dict, rounds: int, warm_up=True) -> dict:
    runs = {name: [] for name in commands}
    for number in range(-1 if warm_up else 0, rounds):
        for name, command in commands.items():
            outcome = run(command)
            if number >= 0:
                runs[name].append(outcome)
    return runs


def ratios(runs, other, quantity):
    """How many times as much `other` took, turn by turn: minimum, median, maximum."""
    values = [getattr(b, quantity) / getattr(a, quantity) for a, b in zip(runs, other)]
    return f"{min(values):.2f} / {statistics.median(values):.2f} / {max(values):.2f}"


def median(runs, quantity):
    return statistics.median(getattr(one, quantity) for one in runs)


def table(title, runs, baseline):
    """A Markdown table of medians, and of ratios: the baseline's time divided by each other's."""
    lines = [f"### {title}", "",
             "| | wall s | CPU s | peak MB | wall, times faster (min / median / max) | CPU, times less (min / median / max) |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for name, own in runs.items():
        figures = f"{median(own, 'wall'):.3f} | {median(own, 'cpu'):.3f} | {median(own, 'memory') / MB:.0f}"
        compared = "1 | 1" if name == baseline else " | ".join(ratios(own, runs[baseline], q) for q in ("wall", "cpu"))
        lines.append(f"| {name} | {figures} | {compared} |")
    return report(lines)


def report(lines):
    text = "\n".join(lines) + "\n"
    print(text, flush=True)
    return text


# What is measured


def large_capture(contenders, arguments, capture):
    size = f"{capture.name}, {capture.stat().st_size / MB:.0f} MB"
    for title, options in (("Core flow records", CORE), ("Statistics and SPLT 20", STATISTICS)):
        yield table(f"{title}: {size}", in_turns(contenders.all(capture, options), arguments.rounds), REFERENCE)


def dissection(contenders, arguments, capture):
    """Default parameters: with identification of applications. What it costs is the difference to core records."""
    size = f"{capture.name}, {capture.stat().st_size / MB:.0f} MB"
    commands = contenders.all(capture, DEFAULT)
    commands["the command without identification"] = contenders.command(capture, CORE)
    reader = shutil.which("ndpiReader")
    version = re.search(r"nDPI ([0-9.]+)", ask(reader, "-h")) if reader else None
    if version:
        commands[f"ndpiReader {version[1]}"] = [reader, "-q", "-i", capture]
    else:
        print("ndpiReader is not there; get it with: apt-get install libndpi-bin")
    runs = in_turns(commands, arguments.rounds)
    yield table(f"Default parameters, applications identified: {size}", runs, REFERENCE)
    for name in commands:
        if name.startswith("ndpiReader"):
            yield report([f"{COMMAND} is {ratios(runs[COMMAND], runs[name], 'wall')} times as fast as {name} (min / median / max).", ""])


def meters(contenders, arguments, capture):
    """Ratios move much more than elsewhere, and runs are short: more turns."""
    for what, options in (("core records", CORE), ("statistics and SPLT 20", STATISTICS), ("default parameters", DEFAULT)):
        commands = {f"n_meters {n}": contenders.command(capture, options | {"n_meters": n}) for n in (1, 2)}
        yield table(f"Meters of the command, {what}: {capture.name}", in_turns(commands, 4 * arguments.rounds), "n_meters 1")


def counting(contenders, arguments, capture):
    """Large packets of every flow: by a plugin in Python, and by an expression. What the expression costs is the difference to core records."""
    size = f"{capture.name}, {capture.stat().st_size / MB:.0f} MB"
    count = lambda python, how: [python, BENCH / "count.py", capture, json.dumps(CORE), how]  # noqa: E731
    core = contenders.command(capture, CORE)
    commands = {
        f"{COMMAND}, without": core,
        f"{COMMAND}, feature": [*core, "--feature", "large=sum(raw_size >= 666)"],
        f"{PACKAGE}, without": contenders.package(capture, CORE),
        f"{PACKAGE}, feature": count(contenders.python, "feature"),
        f"{PACKAGE}, plugin": count(contenders.python, "plugin"),
        f"{REFERENCE}, plugin": count(contenders.reference, "plugin"),
    }
    runs = in_turns(commands, arguments.rounds)
    yield table(f"Counting large packets: {size}", runs, f"{REFERENCE}, plugin")
    for who in (COMMAND, PACKAGE):
        cost = ratios(runs[f"{who}, without"], runs[f"{who}, feature"], "wall")
        yield report([f"With the feature, the {who} takes {cost} times as long (min / median / max).", ""])


def small_captures(contenders, arguments, _):
    for capture in (ROOT / "testdata" / "web.pcap", CORPUS / "pcap" / "facebook.pcap"):
        if capture.exists():
            title = f"A small capture, from start to end of the process: {capture.name}, {capture.stat().st_size / 1000:.0f} kB"
            yield table(title, in_turns(contenders.all(capture, CORE), max(7, arguments.rounds)), REFERENCE)


def live_flows(contenders, arguments, _):
    few, many = 1_000, 100_000 if arguments.quick else 1_000_000
    options = CORE | {"statistical_analysis": True}
    lines = [f"### Memory of a live flow, with statistics ({many:,} flows against {few:,})", "",
             "| | bytes a flow | peak MB, many flows | peak MB, few flows |", "| --- | ---: | ---: | ---: |"]  # fmt: skip
    paths = {flows: CACHE / f"live-{flows}.pcap" for flows in (few, many)}
    for flows, path in paths.items():
        make(path, lambda part, flows=flows: captures.live(part, flows))
    for name in (COMMAND, PACKAGE, REFERENCE):
        peaks = {flows: run(contenders.all(path, options)[name]).memory for flows, path in paths.items()}
        a_flow = (peaks[many] - peaks[few]) / (many - few)
        lines.append(f"| {name} | {a_flow:.0f} | {peaks[many] / MB:.0f} | {peaks[few] / MB:.0f} |")
    yield report(lines)


def growth(contenders, arguments, _):
    one = 10 * MB if arguments.quick else 100 * MB
    paths = [CACHE / f"repeated-{size // MB}.pcap" for size in (one, 10 * one)]
    for path, size in zip(paths, (one, 10 * one)):
        make(path, lambda part, size=size: captures.repeated(ROOT / "testdata", part, size))
    lines = [f"### Growth: ten times the packets ({one // MB} MB, {10 * one // MB} MB), statistics and SPLT 20", "",
             "| | wall s, 1x | wall s, 10x | times as long (min / median / max) | peak MB, 1x | peak MB, 10x |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    runs = in_turns({path: contenders.command(path, STATISTICS) for path in paths}, arguments.rounds)
    short, long = runs.values()
    walls = f"{median(short, 'wall'):.3f} | {median(long, 'wall'):.3f} | {ratios(short, long, 'wall')}"
    lines.append(f"| {COMMAND} | {walls} | {median(short, 'memory') / MB:.0f} | {median(long, 'memory') / MB:.0f} |")
    yield report(lines)


MEASUREMENTS = {
    "large": large_capture,
    "dissection": dissection,
    "counting": counting,
    "meters": meters,
    "small": small_captures,
    "live": live_flows,
    "growth": growth,
}


# Captures


def make(path: Path, write):
    """Makes a cached capture whole or not at all."""
    if not path.exists():
        part = path.with_suffix(".part")
        write(part)
        part.rename(path)
    return path


def large(arguments) -> Path:
    """The capture to measure with: the one given, else a mix of the corpus where there is one, else testdata repeated."""
    if arguments.capture:
        return arguments.capture.resolve()
    mixgen = CORPUS.parent / "mixgen" / "Cargo.toml"
    if not mixgen.exists() or not shutil.which("cargo"):
        size = (100 if arguments.quick else 1000) * MB
        return make(CACHE / f"repeated-{size // MB}.pcap", lambda part: captures.repeated(ROOT / "testdata", part, size))
    copies = "1" if arguments.quick else "8"
    build = ["cargo", "run", "--quiet", "--release", "--locked", "--manifest-path", mixgen, "--target-dir", CACHE / "mixgen", "--"]
    inputs = sorted((CORPUS / "pcap").glob("*.pcap"))
    return make(CACHE / f"mix-{copies}.pcap", lambda part: subprocess.run([*build, part, copies, "120", "600", *inputs], check=True))


def ask(*command) -> str:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True).stdout.strip()


def machine(contenders, arguments):
    """What was measured, on what, when."""
    cpus = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return [
        f"- {datetime.date.today()}, {cpus[0] if cpus else platform.machine()}, {os.cpu_count()} cores, "
        f"{memory / 2**30:.0f} GiB, Linux {platform.release()}",
        f"- {ask(contenders.binary, '--version')}; {ask('rustc', '--version')}; {ask(contenders.python, '--version')}",
        f"- nfstream {REFERENCE_VERSION} from PyPI; {ask(contenders.reference, '--version')}",
        f"- {arguments.rounds} turns after one that does not count; seconds are medians; one meter each unless said otherwise",
        "- peak MB is that of the largest single process: nfstream 6.6.0 runs each meter in a process of its own",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("only", nargs="*", metavar="MEASUREMENT", help=f"what to measure (default: all): {' '.join(MEASUREMENTS)}")
    parser.add_argument("--capture", type=Path, help="the large capture (default: one of about 1 GB is made)")
    parser.add_argument("--rounds", type=int, help="turns that count (default: 5, quick: 3)")
    parser.add_argument("--quick", action="store_true", help="smaller captures, fewer turns; RESULTS.md is left alone")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/nfstream", help="the nfstream command")
    parser.add_argument("--python", type=Path, default=ROOT / ".venv/bin/python", help="a Python that has the package of this repository")
    parser.add_argument("--reference-python", type=Path, help="a Python that has the published package (default: .bench-venv)")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (3 if arguments.quick else 5)
    if unknown := set(arguments.only) - set(MEASUREMENTS):
        parser.error(f"no measurement is called {' or '.join(sorted(unknown))}; there are: {' '.join(MEASUREMENTS)}")
    for path in (arguments.binary, arguments.python, arguments.reference_python, arguments.capture):
        if path and not path.exists():
            parser.error(f"{path} does not exist; `make bench` builds the command and the Python package first")

    # Absolute but not resolved: the link is what makes a virtual environment's Python one.
    for name in ("binary", "python", "reference_python", "capture"):
        if path := getattr(arguments, name):
            setattr(arguments, name, path.absolute())

    CACHE.mkdir(parents=True, exist_ok=True)
    contenders = Contenders(arguments)
    capture = large(arguments) if {"large", "dissection", "counting", "meters"} & set(arguments.only or MEASUREMENTS) else None
    parts = [
        report(
            ["# Results", "", "Written by `make bench`; [README.md](README.md) says how it measures.", ""] + machine(contenders, arguments)
        )
    ]
    for name in arguments.only or MEASUREMENTS:
        parts += MEASUREMENTS[name](contenders, arguments, capture)
    if not arguments.quick and not arguments.only:
        (BENCH / "RESULTS.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
