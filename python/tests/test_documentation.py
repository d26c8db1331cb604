"""Examples in docstrings, and the type stub's columns."""

import ast
import doctest
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow
import pytest

import nfstream
import nfstream.anonymizer
import nfstream.early
import nfstream.engine
import nfstream.exports
import nfstream.expression
import nfstream.flow
import nfstream.meter
import nfstream.model
import nfstream.notebook
import nfstream.parameters
import nfstream.plugin
import nfstream.plugins
import nfstream.plugins.dhcp
import nfstream.plugins.ja4
import nfstream.plugins.mdns
import nfstream.plugins.slicer
import nfstream.plugins.splt
import nfstream.plugins.wfeatures
import nfstream.replaced
import nfstream.report
import nfstream.sources
import nfstream.streamer
import nfstream.system
import nfstream.tuples
import nfstream.udps
import nfstream.utils
import nfstream.values

MODULES = [
    nfstream.anonymizer,
    nfstream.early,
    nfstream.engine,
    nfstream.exports,
    nfstream.expression,
    nfstream.flow,
    nfstream.meter,
    nfstream.model,
    nfstream.notebook,
    nfstream.parameters,
    nfstream.plugin,
    nfstream.plugins,
    nfstream.plugins.dhcp,
    nfstream.plugins.ja4,
    nfstream.plugins.mdns,
    nfstream.plugins.slicer,
    nfstream.plugins.splt,
    nfstream.plugins.wfeatures,
    nfstream.replaced,
    nfstream.report,
    nfstream.sources,
    nfstream.streamer,
    nfstream.system,
    nfstream.tuples,
    nfstream.udps,
    nfstream.utils,
    nfstream.values,
]
DOCUMENTED = [nfstream, *MODULES, nfstream.NFlow]


def test_examples(testdata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for capture in testdata.glob("*.pcap"):
        shutil.copy(capture, tmp_path)
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner()
    examples = 0
    for place in DOCUMENTED:
        names = vars(place) if inspect.ismodule(place) else vars(nfstream)
        for test in doctest.DocTestFinder().find(place, place.__name__, globs=dict(names)):
            runner.run(test)
            examples += bool(test.examples)
    assert runner.summarize(verbose=False).failed == 0
    assert examples >= 12


def test_stub_has_the_columns(web: str) -> None:
    stub = ast.parse((Path(nfstream.__file__).parent / "_engine.pyi").read_text())
    (columns,) = [node for node in stub.body if isinstance(node, ast.ClassDef) and node.name == "_Columns"]
    declared = {field.target.id: ast.unparse(field.annotation) for field in columns.body}
    families = dict.fromkeys(["statistical_analysis", "l7_metadata", "risks", "tunnel_columns", "tcp_analysis", "icmp_analysis"], True)
    streamer = nfstream.NFStreamer(web, splt_analysis=1, **families)
    schema = pyarrow.table(streamer).schema
    types = {"string": "str", "double": "float", "list<item: int64 not null>": "list[int]"}
    named = {"l7": "Final[dict[str, str]]"}
    python = lambda field: named.get(field.name) or types.get(str(field.type), "int")  # noqa: E731
    expected = {field.name: python(field) for field in schema}
    live = {"system_process_pid": "int", "system_process_name": "str", "system": "Final[dict[str, str]]"}
    # The one that plugins may set.
    assert declared == {**expected, **live, "expiration_id": "int"}


def test_import_takes_little_along() -> None:
    script = "import sys; before = set(sys.modules); import nfstream; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert [name for name in loaded if not name.startswith("nfstream")] == ["__future__", "errno"]


def test_an_example_is_typed(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[1] / "examples" / "large_packets.py"
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(example)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout == "Success: no issues found in 1 source file\n", run.stdout + run.stderr
