"""Modules that scripts for nfstream import: what they have is real, what they have not says what to use."""

import hashlib
import importlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import nfstream
from nfstream import NFStreamer
from nfstream.anonymizer import NFAnonymizer
from nfstream.utils import RepeatedTimer, open_file

#: What nfstream 6.6.0's modules define themselves.
NAMES = {
    "anonymizer": "NFAnonymizer",
    "engine": "activate_capture create_engine is_interface setup_capture setup_dissector",
    "flow": "NFlow UDPS nf_packet pythonize_packet",
    "meter": (
        "ENGINE_LOAD_ERR FLOW_KEY NDPI_LOAD_ERR NFCache NPCAP_LOAD_ERR capture_track consume get_flow_key get_flow_key_from_pkt "
        "meter_cleanup meter_scan meter_workflow send_error"
    ),
    "plugin": "NFPlugin",
    "plugins": "DHCP FlowSlicer JA4 MDNS SPLT",
    "streamer": "NFStreamer",
    "system": ("ConnCache NFSocket get_conn_key get_conn_key_from_flow match_flow_conn simplify_protocol system_socket_worflow"),
    "utils": (
        "InternalError InternalState NFEvent NFMode RepeatedTimer available_cpus_count chunks_of_list create_csv_file_path "
        "csv_converter open_file set_affinity update_performances validate_flows_per_file validate_rotate_files"
    ),
}


@pytest.mark.parametrize("module", NAMES)
def test_each_name_is_there_or_says_what_to_use(module: str) -> None:
    loaded = importlib.import_module(f"nfstream.{module}")
    missing = []
    for name in NAMES[module].split():
        try:
            assert getattr(loaded, name) is not None
        except ImportError as error:
            assert str(error).startswith(f"nfstream.{module}.{name} is not in this package: ")
            assert error.name == name and name not in dir(loaded)
            missing.append(name)
    for name in missing:
        with pytest.raises(ImportError, match=f"nfstream.{module}.{name} is not in this package: "):
            exec(f"from nfstream.{module} import {name}")
    assert len(missing) == {"engine": 4, "flow": 1, "meter": 13, "system": 6, "utils": 2}.get(module, 0)
    assert not hasattr(loaded, "nothing_of_this_name")
    with pytest.raises(ImportError, match="cannot import name"):
        exec(f"from nfstream.{module} import nothing_of_this_name")


def test_modules_are_loaded_when_they_are_asked_for() -> None:
    script = (
        "import sys, nfstream; lazy = 'anonymizer', 'engine', 'flow', 'meter', 'system', 'utils'\n"
        "print([name for name in lazy if f'nfstream.{name}' in sys.modules])\n"
        "print([getattr(nfstream, name).__name__ for name in lazy], hasattr(nfstream, 'nothing'))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True)
    modules = [f"nfstream.{name}" for name in ("anonymizer", "engine", "flow", "meter", "system", "utils")]
    assert run.stdout == f"[]\n{modules} False\n"


def test_anonymizer_hides_as_files_do(web: str, tmp_path: Path) -> None:
    columns, key = ["src_ip", "dst_port", "content_type"], b"a secret"
    NFStreamer(web).to_csv(tmp_path / "flows.csv", columns_to_anonymize=columns, anonymization_key=key)
    anonymizer = NFAnonymizer(columns, key=key)
    rows = [",".join(map(str, anonymizer.process(flow))) for flow in NFStreamer(web)]
    assert rows == (tmp_path / "flows.csv").read_text().splitlines()[1:]
    digest = hashlib.blake2b(b"10.0.0.1", digest_size=64, key=key).hexdigest()
    assert digest in rows[0] and "10.0.0.1," not in rows[0]
    flow = next(iter(NFStreamer(web)))
    assert NFAnonymizer("src_ip").process(flow)[2] != NFAnonymizer("src_ip").process(flow)[2] != flow.src_ip


def test_mistakes_of_anonymizers(web: str) -> None:
    flow = next(iter(NFStreamer(web)))
    with pytest.raises(ValueError, match="no column to anonymize is called 'src_pi', 'udps.x'"):
        NFAnonymizer(["src_ip", "src_pi", "udps.x"]).process(flow)
    with pytest.raises(ValueError, match="no column to anonymize is called 'SRC_IP': did you mean 'src_ip'\\?$"):
        NFAnonymizer("SRC_IP").process(flow)
    with pytest.raises(TypeError, match="cols_names must be names of columns, not 5"):
        NFAnonymizer([5])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="key must be bytes, not str"):
        NFAnonymizer([], key="secret")  # type: ignore[arg-type]
    for key in b"", b"x" * 65:
        with pytest.raises(ValueError, match=f"key must have from 1 to 64 bytes, not {len(key)}"):
            NFAnonymizer([], key=key)


def test_repeated_timer() -> None:
    calls, third = [], threading.Event()

    def call(number: int, *, text: str) -> None:
        calls.append((number, text))
        if len(calls) == 3:
            third.set()

    timer = RepeatedTimer(0.001, call, 7, text="x")
    assert third.wait(60) and timer.is_running
    timer.stop()
    assert not timer.is_running and set(calls) == {(7, "x")}
    third.clear()
    del calls[:]
    timer.start()
    timer.start()
    assert third.wait(60)
    timer.stop()
    timer.stop()


def test_opened_files(tmp_path: Path) -> None:
    for arguments, name in ((False, 5, 2), "x.csv"), ((True, 3, 0), "x.3.csv"), ((True, 3, 2), "x.1.csv"):
        with open_file(str(tmp_path / "x.csv"), *arguments) as file:
            file.write("a\r\nä")
        assert (tmp_path / name).read_bytes() == "a\r\nä".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.1.csv", "x.3.csv", "x.csv"]


def test_names_are_the_same_everywhere() -> None:
    assert nfstream.flow.NFlow is nfstream.meter.NFlow is nfstream.NFlow
    assert nfstream.flow.nf_packet is nfstream.flow.NFPacket is nfstream.NFPacket
    assert nfstream.flow.UDPS is nfstream.plugin.UDPS
    assert nfstream.meter.NFEvent is nfstream.system.NFEvent is nfstream.flow.NFEvent is nfstream.utils.NFEvent
    assert nfstream.engine.is_interface("lo") in ("lo", None) and nfstream.engine.is_interface(5) is None
