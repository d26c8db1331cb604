"""Names of nfstream's module ``nfstream.meter``. Meters are threads of the engine: a missing name raises an error that says what to use."""

from __future__ import annotations

from nfstream._engine import NFlow
from nfstream.replaced import missing
from nfstream.utils import InternalError, InternalState, NFEvent, NFMode

__all__ = ["InternalError", "InternalState", "NFEvent", "NFMode", "NFlow"]

_ITERATE = "iterate over an NFStreamer; its meters are threads, not processes"
_ENGINE = "flows are kept, updated and ended by the engine; plugins see each packet with its flow"
_KEY = "a flow has its key in src_ip, src_port, dst_ip, dst_port, protocol, vlan_id and tunnel_id"
_ERRORS = "errors of the engine are exceptions"

_REPLACED = {
    "ENGINE_LOAD_ERR": _ERRORS,
    "FLOW_KEY": _KEY,
    "NDPI_LOAD_ERR": _ERRORS,
    "NFCache": _ENGINE,
    "NPCAP_LOAD_ERR": _ERRORS,
    "activate_capture": _ITERATE,
    "capture_track": "NFStreamer.report has the counters of a run, performance_report prints them",
    "consume": _ENGINE,
    "create_engine": _ITERATE,
    "get_flow_key": _KEY,
    "get_flow_key_from_pkt": _KEY,
    "meter_cleanup": _ENGINE,
    "meter_scan": _ENGINE,
    "meter_workflow": _ITERATE,
    "send_error": _ERRORS,
    "set_affinity": "the operating system places the meters; os.sched_setaffinity binds the process",
    "setup_capture": _ITERATE,
    "setup_dissector": "n_dissections sets how many packets of a flow are inspected",
}

TYPE_CHECKING = False
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise missing(__name__, name, _REPLACED)
