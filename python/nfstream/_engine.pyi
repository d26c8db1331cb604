from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, SupportsIndex, final, overload

from nfstream.model import NFModel
from nfstream.plugin import UDPS
from nfstream.progress import _Bar
from nfstream.sources import Reader
from typing_extensions import CapsuleType, Self

__all__ = [
    "ANY",
    "DamageWarning",
    "Flows",
    "Interface",
    "Lines",
    "NFPacket",
    "NFlow",
    "PARAMETERS",
    "PluggedFlows",
    "Stop",
    "Streamer",
    "Table",
    "__version__",
    "captures",
    "check_parameter",
    "every_column",
    "interfaces",
    "labels",
    "packet_fields",
]

__version__: Final[str]

ANY: Final[str]

#: Names of the parameters that the engine has.
PARAMETERS: Final[tuple[str, ...]]

def packet_fields() -> list[str]: ...
def interfaces() -> list[Interface]: ...
def captures(name: str) -> list[str]: ...
def check_parameter(name: str, value: object) -> None: ...
def every_column() -> list[str]: ...

@final
class Interface:
    name: Final[str]
    index: Final[int]
    addresses: Final[list[str]]
    mac: Final[str | None]
    is_up: Final[bool]
    is_loopback: Final[bool]
    link: Final[str]

class DamageWarning(RuntimeWarning):
    table: Any

# The attributes of a flow, for type checkers; at run time they are looked up by name.
class _Columns:
    id: int
    expiration_id: int
    src_ip: str
    src_mac: str
    src_oui: str
    src_port: int
    dst_ip: str
    dst_mac: str
    dst_oui: str
    dst_port: int
    protocol: int
    ip_version: int
    vlan_id: int
    tunnel_id: int
    bidirectional_first_seen_ms: int
    bidirectional_last_seen_ms: int
    bidirectional_duration_ms: int
    bidirectional_packets: int
    bidirectional_bytes: int
    src2dst_first_seen_ms: int
    src2dst_last_seen_ms: int
    src2dst_duration_ms: int
    src2dst_packets: int
    src2dst_bytes: int
    dst2src_first_seen_ms: int
    dst2src_last_seen_ms: int
    dst2src_duration_ms: int
    dst2src_packets: int
    dst2src_bytes: int
    expiration_reason: str
    is_turned: int
    bidirectional_min_ps: int
    bidirectional_mean_ps: float
    bidirectional_stddev_ps: float
    bidirectional_max_ps: int
    src2dst_min_ps: int
    src2dst_mean_ps: float
    src2dst_stddev_ps: float
    src2dst_max_ps: int
    dst2src_min_ps: int
    dst2src_mean_ps: float
    dst2src_stddev_ps: float
    dst2src_max_ps: int
    bidirectional_min_piat_ms: int
    bidirectional_mean_piat_ms: float
    bidirectional_stddev_piat_ms: float
    bidirectional_max_piat_ms: int
    src2dst_min_piat_ms: int
    src2dst_mean_piat_ms: float
    src2dst_stddev_piat_ms: float
    src2dst_max_piat_ms: int
    dst2src_min_piat_ms: int
    dst2src_mean_piat_ms: float
    dst2src_stddev_piat_ms: float
    dst2src_max_piat_ms: int
    bidirectional_syn_packets: int
    bidirectional_cwr_packets: int
    bidirectional_ece_packets: int
    bidirectional_urg_packets: int
    bidirectional_ack_packets: int
    bidirectional_psh_packets: int
    bidirectional_rst_packets: int
    bidirectional_fin_packets: int
    src2dst_syn_packets: int
    src2dst_cwr_packets: int
    src2dst_ece_packets: int
    src2dst_urg_packets: int
    src2dst_ack_packets: int
    src2dst_psh_packets: int
    src2dst_rst_packets: int
    src2dst_fin_packets: int
    dst2src_syn_packets: int
    dst2src_cwr_packets: int
    dst2src_ece_packets: int
    dst2src_urg_packets: int
    dst2src_ack_packets: int
    dst2src_psh_packets: int
    dst2src_rst_packets: int
    dst2src_fin_packets: int
    splt_direction: list[int]
    splt_ps: list[int]
    splt_piat_ms: list[int]
    application_name: str
    application_category_name: str
    application_is_guessed: int
    application_confidence: int
    requested_server_name: str
    client_fingerprint: str
    server_fingerprint: str
    user_agent: str
    content_type: str
    l7: Final[dict[str, str]]
    risks: Final[list[str]]
    risk_score: int
    risk_client_score: int
    risk_server_score: int
    system_process_pid: int
    system_process_name: str
    system: Final[dict[str, str]]
    tunnel_type: str
    tunnel_depth: int
    src2dst_tunnel_id: int
    src2dst_tunnel_id_changes: int
    src2dst_outer_src_ip: str
    src2dst_outer_dst_ip: str
    dst2src_tunnel_id: int
    dst2src_tunnel_id_changes: int
    dst2src_outer_src_ip: str
    dst2src_outer_dst_ip: str
    conn_state: str
    history: str
    syn_to_syn_ack_ms: float
    syn_ack_to_ack_ms: float
    src2dst_stream_bytes: int
    src2dst_retransmitted_packets: int
    src2dst_fast_retransmitted_packets: int
    src2dst_spurious_retransmitted_packets: int
    src2dst_out_of_order_packets: int
    src2dst_lost_bytes: int
    src2dst_lost_gaps: int
    src2dst_duplicate_ack_packets: int
    src2dst_keep_alive_packets: int
    src2dst_zero_window_packets: int
    src2dst_window_full_packets: int
    src2dst_initial_window: int
    src2dst_mss: int
    src2dst_window_scale: int
    src2dst_sack_permitted: int
    src2dst_tcp_timestamps: int
    src2dst_min_rtt_ms: float
    src2dst_mean_rtt_ms: float
    src2dst_max_rtt_ms: float
    dst2src_stream_bytes: int
    dst2src_retransmitted_packets: int
    dst2src_fast_retransmitted_packets: int
    dst2src_spurious_retransmitted_packets: int
    dst2src_out_of_order_packets: int
    dst2src_lost_bytes: int
    dst2src_lost_gaps: int
    dst2src_duplicate_ack_packets: int
    dst2src_keep_alive_packets: int
    dst2src_zero_window_packets: int
    dst2src_window_full_packets: int
    dst2src_initial_window: int
    dst2src_mss: int
    dst2src_window_scale: int
    dst2src_sack_permitted: int
    dst2src_tcp_timestamps: int
    dst2src_min_rtt_ms: float
    dst2src_mean_rtt_ms: float
    dst2src_max_rtt_ms: float
    icmp_type: int
    icmp_code: int
    dst2src_icmp_type: int
    dst2src_icmp_code: int
    icmp_echo_id: int
    icmp_echo_ids: int
    icmp_echo_requests: int
    icmp_echo_replies: int
    icmp_unanswered_requests: int
    icmp_min_rtt_ms: float
    icmp_mean_rtt_ms: float
    icmp_max_rtt_ms: float
    icmp_error_protocol: int
    icmp_error_src_port: int
    icmp_error_dst_port: int

class NFlow(_Columns):
    __slots__: tuple[str, ...]
    udps: Final[Any]
    def __new__(
        cls, columns: dict[str, Any], udps: object = None, l7_metadata: dict[str, str] | None = None
    ) -> Self: ...
    def __getattribute__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...
    def __delattr__(self, name: str, /) -> None: ...
    def __dir__(self) -> list[str]: ...
    def __getitem__(self, name: object, /) -> Any: ...
    def __setitem__(self, name: str, value: Any, /) -> None: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(
        self,
    ) -> tuple[type[NFlow], tuple[Any, ...], tuple[dict[str, Any] | None, dict[str, Any] | None] | None]: ...
    def get(self, name: object, default: Any = None) -> Any: ...
    def keys(self) -> list[str]: ...
    def values(self) -> list[Any]: ...
    def items(self) -> list[tuple[str, Any]]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def _repr_html_(self) -> str: ...
    def _l7_metadata(self) -> dict[str, str]: ...

@final
class Flows:
    def __iter__(self) -> Flows: ...
    def __next__(self) -> NFlow: ...
    def close(self) -> None: ...

@final
class Lines:
    def write(self, flow: NFlow, further: Sequence[tuple[str, str]]) -> None: ...
    def discard(self) -> None: ...
    def finish(self) -> None: ...

@final
class Stop:
    def stop(self) -> None: ...
    @property
    def is_stopped(self) -> bool: ...

@final
class NFPacket:
    _fields: tuple[str, ...]
    _field_defaults: dict[str, Any]
    __match_args__: tuple[str, ...]
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Any: ...
    @overload
    def __getitem__(self, index: slice, /) -> tuple[Any, ...]: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: NFPacket | tuple[Any, ...], /) -> bool: ...
    def __le__(self, other: NFPacket | tuple[Any, ...], /) -> bool: ...
    def __gt__(self, other: NFPacket | tuple[Any, ...], /) -> bool: ...
    def __ge__(self, other: NFPacket | tuple[Any, ...], /) -> bool: ...
    def __add__(self, other: NFPacket | tuple[Any, ...], /) -> tuple[Any, ...]: ...
    def __radd__(self, other: tuple[Any, ...], /) -> tuple[Any, ...]: ...
    def __mul__(self, times: SupportsIndex, /) -> tuple[Any, ...]: ...
    def __rmul__(self, times: SupportsIndex, /) -> tuple[Any, ...]: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[type[tuple[Any, ...]], tuple[Any, ...]]: ...
    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> tuple[Any, ...]: ...
    def _asdict(self) -> dict[str, Any]: ...
    def _replace(self, **values: Any) -> tuple[Any, ...]: ...
    def count(self, value: object) -> int: ...
    def index(self, value: object) -> int: ...
    @property
    def time(self) -> int: ...
    @property
    def delta_time(self) -> int: ...
    @property
    def direction(self) -> int: ...
    @property
    def raw_size(self) -> int: ...
    @property
    def ip_size(self) -> int: ...
    @property
    def transport_size(self) -> int: ...
    @property
    def payload_size(self) -> int: ...
    @property
    def src_ip(self) -> str: ...
    @property
    def src_mac(self) -> str: ...
    @property
    def src_oui(self) -> str: ...
    @property
    def dst_ip(self) -> str: ...
    @property
    def dst_mac(self) -> str: ...
    @property
    def dst_oui(self) -> str: ...
    @property
    def src_port(self) -> int: ...
    @property
    def dst_port(self) -> int: ...
    @property
    def protocol(self) -> int: ...
    @property
    def vlan_id(self) -> int: ...
    @property
    def ip_version(self) -> int: ...
    @property
    def ip_packet(self) -> bytes: ...
    @property
    def syn(self) -> int: ...
    @property
    def cwr(self) -> int: ...
    @property
    def ece(self) -> int: ...
    @property
    def urg(self) -> int: ...
    @property
    def ack(self) -> int: ...
    @property
    def psh(self) -> int: ...
    @property
    def rst(self) -> int: ...
    @property
    def fin(self) -> int: ...
    @property
    def tunnel_id(self) -> int: ...
    @property
    def captured_size(self) -> int: ...

@final
class PluggedFlows:
    def __iter__(self) -> PluggedFlows: ...
    def __next__(self) -> NFlow: ...
    def close(self) -> None: ...

@final
class Streamer:
    def __new__(
        cls,
        sources: Sequence[str | Reader],
        parameters: dict[str, object],
        *,
        interface: str | None,
        features: Sequence[tuple[str, str]],
        model: NFModel | None,
        keep_l7_metadata: bool,
    ) -> Streamer: ...
    def flows(self) -> Flows: ...
    def plugged_flows(
        self,
        udps: type[UDPS],
        on_init: Sequence[Callable[[NFPacket, NFlow], object]],
        on_update: Sequence[Callable[[NFPacket, NFlow], object]],
        on_expire: Sequence[Callable[[NFlow], object]],
    ) -> PluggedFlows: ...
    def arrow_c_stream(self, *, keeps_warnings: bool = False) -> CapsuleType: ...
    def write(self, path: str, format: str, *, flows_per_file: int = 0, rotate_files: int = 0) -> int: ...
    def lines(self, path: str, format: str, flows_per_file: int, rotate_files: int) -> Lines: ...
    def table(self) -> Table: ...
    def columns(self) -> list[tuple[str, str]]: ...
    def anonymized(self, columns: Sequence[str], key: bytes) -> Streamer: ...
    def selected(self, columns: Sequence[str]) -> Streamer: ...
    def watched(self, bar: _Bar) -> Streamer: ...
    def report(self) -> dict[str, Any] | None: ...
    def take_failure(self) -> BaseException | None: ...

@final
class Table:
    def append(self, flow: NFlow) -> None: ...
    def row(self, flow: NFlow) -> list[Any]: ...
    def arrow_c_stream(self, further: Sequence[tuple[str, str, list[Any]]]) -> CapsuleType: ...
    def write_parquet(self, path: str, further: Sequence[tuple[str, str, list[Any]]]) -> None: ...

def labels() -> dict[str, int]: ...
