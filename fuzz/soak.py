"""A campaign against the command: captures of testdata, damaged in many ways, for as long as you like (`make soak MINUTES=60`).

Each is read with one meter and with several, into every format. A finding is an exit status that is none of the documented ones, a
panic, a run that does not end, output that depends on the number of meters, and output that cannot be read back strictly or has
another number of rows than the others. What led to it is kept in fuzz/artifacts/soak.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.ipc
import pyarrow.parquet

REPOSITORY = Path(__file__).resolve().parents[1]
ARTIFACTS = REPOSITORY / "fuzz" / "artifacts" / "soak"
#: Longer than any of these captures takes on a busy machine.
LONG = 120
#: Exit statuses that docs/command-line.md has for a run over a file.
STATUSES = {0, 1}
#: Numbers that lengths and counts go wrong at.
EDGES = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
#: What a run is asked for beside its outputs.
PARAMETERS = [
    [],
    ["--n-dissections", "0"],
    ["--statistical-analysis", "--splt-analysis", "7"],
    ["--l7-metadata", "--accounting-mode", "3"],
    ["--idle-timeout", "0"],
    ["--idle-timeout", "1", "--active-timeout", "2", "--no-decode-tunnels"],
    ["--bpf-filter", "ip or ip6", "--feature", "big=sum(raw_size >= 666)"],
    ["--reorder", "20", "--dedup", "5", "--checksums", "drop"],
    ["--tcp-close", "--linger", "0", "--orientation", "service", "--tcp-analysis", "--icmp-analysis"],
    ["--tunnel-key", "all", "--tunnel-columns", "--slice", "100ms", "--no-vlan-in-key"],
    ["--profile", "nfstream", "--mend-lengths", "--fragments", "--split-connections"],
]


def mutated(chance: random.Random, capture: bytes, others: list[Path]) -> bytes:
    """The capture with a few things wrong in it."""
    data = bytearray(capture)
    for _ in range(chance.choice([1, 1, 2, 3, 10, 100])):
        if not data:
            break
        at = chance.randrange(len(data))
        match chance.randrange(8):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.randrange(256)
            case 2:
                edge = chance.choice(EDGES).to_bytes(4, chance.choice(["little", "big"]))
                data[at : at + 4] = edge
            case 3:
                del data[at : at + chance.choice([1, 2, 4, 100, 5000])]
            case 4:
                data[at:at] = data[at : at + chance.choice([1, 4, 60, 1000])]
            case 5:
                data[at:at] = chance.randbytes(chance.choice([1, 4, 16, 200]))
            case 6:
                del data[at:]
            case 7:
                other = chance.choice(others).read_bytes()
                begin = chance.randrange(len(other))
                data[at : at + 1000] = other[begin : begin + 1000]
    return bytes(data)


def run(command: str, arguments: list[str], folder: Path) -> tuple[int, str]:
    """The exit status and what was told; a run that does not end has the status of a timeout."""
    try:
        ran = subprocess.run([command, *arguments], cwd=folder, capture_output=True, timeout=LONG, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return 124, ""
    return ran.returncode, ran.stderr.decode(errors="replace")


def rows(path: Path) -> int:
    """How many records a file has that is read back strictly."""
    match path.suffix:
        case ".csv":
            with path.open(newline="", encoding="utf-8") as file:
                header, *records = csv.reader(file, strict=True)
            if any(len(record) != len(header) for record in records):
                raise ValueError(f"{path.name}: a row has not as many cells as the header")
            return len(records)
        case ".jsonl":
            return sum(1 for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line, parse_constant=refuse))
        case ".json":
            return len(json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse))
        case ".arrow":
            return pyarrow.ipc.open_file(path).read_all().num_rows
        case ".parquet":
            return pyarrow.parquet.read_table(path).num_rows
    raise ValueError(path)


def refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def faults(command: str, parameters: list[str], folder: Path) -> Iterator[str]:
    """What goes wrong with the capture in a folder."""
    outputs = ["flows.csv", "flows.jsonl", "flows.json", "flows.arrow", "flows.parquet"]
    ran: dict[str, tuple[int, str]] = {}
    for meters in ["1", "2", "5"]:
        (folder / meters).mkdir()
        named = [argument for output in outputs for argument in ("-o", f"{meters}/{output}")]
        ran[meters] = run(command, ["capture", "-q", "--n-meters", meters, *parameters, *named], folder)
        status, told = ran[meters]
        if status not in STATUSES or "panicked" in told:
            yield f"{meters} meters: status {status}: {told}"
    if len({status for status, _ in ran.values()}) > 1:
        yield f"statuses differ: {ran}"
        return
    if ran["1"][0] != 0:
        return
    counts = {}
    for output in outputs:
        first = (folder / "1" / output).read_bytes()
        for meters in ["2", "5"]:
            if (folder / meters / output).read_bytes() != first:
                yield f"{output} differs with {meters} meters"
        try:
            counts[output] = rows(folder / "1" / output)
        except Exception as error:
            yield f"{output} cannot be read back: {error}"
    if len(set(counts.values())) > 1:
        yield f"numbers of records differ: {counts}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", required=True, help="the binary")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="to repeat a campaign; printed at the beginning")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if arguments.seed is None else arguments.seed
    chance = random.Random(seed)
    # Runs are in folders of their own.
    command = str(Path(arguments.command).resolve(strict=True))
    testdata = REPOSITORY / "testdata"
    captures = sorted(path for path in testdata.rglob("*") if path.suffix in (".pcap", ".pcapng", ".gz", ".zst", ".xz"))
    print(f"{len(captures)} captures, seed {seed}, {arguments.minutes:g} minutes", flush=True)
    told_at = time.monotonic()
    ends = told_at + 60 * arguments.minutes
    tried = found = 0
    while time.monotonic() < ends:
        capture = mutated(chance, chance.choice(captures).read_bytes(), captures)
        parameters = chance.choice(PARAMETERS)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "capture").write_bytes(capture)
            for fault in faults(command, parameters, folder):
                kept = ARTIFACTS / f"{seed}-{tried}"
                kept.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / "capture", kept)
                with (kept / "faults").open("a", encoding="utf-8") as file:
                    print("nfstream capture", *parameters, file=file)
                    print(fault, file=file)
                print(f"finding {kept}: {fault}", flush=True)
                found += 1
        tried += 1
        if time.monotonic() >= told_at + 60:
            told_at = time.monotonic()
            print(f"{tried} captures tried, {found} findings", flush=True)
    print(f"{tried} captures tried, {found} findings")
    return 1 if found or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
