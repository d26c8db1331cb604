"""Names of nfstream's module ``nfstream.system``. The engine finds the processes of flows: a missing name raises an error that says what to use."""

from __future__ import annotations

from typing import Any, NamedTuple

from nfstream.replaced import missing
from nfstream.utils import NFEvent

__all__ = ["NFEvent", "NFSocket"]

_VISIBILITY = "with system_visibility_mode=1 flows have system_process_pid and system_process_name"

_REPLACED = dict.fromkeys(
    (
        "ConnCache",
        "get_conn_key",
        "get_conn_key_from_flow",
        "get_flow_key",
        "match_flow_conn",
        "simplify_protocol",
        "system_socket_worflow",
    ),
    _VISIBILITY,
)


class NFSocket(NamedTuple):
    """A socket of this machine as nfstream's processes send it. Nothing here sends it."""

    id: NFEvent
    key: Any
    process_pid: int
    process_name: str


TYPE_CHECKING = False
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise missing(__name__, name, _REPLACED)
