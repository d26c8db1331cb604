"""The counters of a run."""

from __future__ import annotations

from nfstream.notebook import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nfstream.tuples import ClockSteps


class Report:
    """Counters of a run; ``vars(report)`` is a ``dict`` of them.

    Attributes
    ----------
    packets : int
        Frames read from the captures.
    bytes : int
        Their bytes on the wire.
    flows : int
        Flows that have ended.
    out_of_room : int
        Those of these flows that ended early, because there was no room for more (``max_active_flows``, ``max_memory``).
    cut_inspections : int
        Flows whose payloads were not inspected to the end, for lack of memory.
    filtered : int
        Those of the frames that ``bpf_filter`` left out.
    ignored : dict of str to int
        Other frames that did not count for a flow, by reason; only reasons that occurred.
    notices : dict of str to int
        What was noticed about packets and flows, whether or not the parameters make something of it; only what occurred. The
        documentation of ``Notice`` in Rust has the names: ``reused_ports``, ``answers_first``, ``fragments``, ...
    hidden_sockets : int
        Sockets of this machine whose process only root can see; 0 without ``system_visibility_mode``.
    damages : list of str
        The damage in the captures, one sentence each.
    jumps_ahead : ClockSteps
        For captures: packets that are more than an hour later than the previous packet. Ignored frames do not count here.
    steps_back : ClockSteps
        For captures: packets that are earlier than the previous packet.
    latest : float
        For captures: seconds by which a packet was earlier than the newest before it, at most. ``reorder`` of this many
        milliseconds, rounded up, sorts all packets.
    clock_mended : ClockSteps
        For captures: packets more than an hour ahead of their neighbours, counted at the time of the packet before them
        (``mend_clock``).
    dropped_by_kernel : int
        For an interface: frames that the kernel had no room for, because the meters were too slow.
    dropped_by_interface : int
        For an interface: frames that the interface itself had no room for.
    active_flows : int
        For an interface: flows that are alive.
    packets_by_meter : list of int
        For an interface: packets that each meter has counted.
    interrupted : bool
        Whether Ctrl-C ended the input, so that flows may be missing. For an interface, it is true whenever Ctrl-C ended the run.
    elapsed : float
        Seconds that the run has taken so far.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> streamer = NFStreamer("web.pcap")
    >>> streamer.report is None
    True
    >>> flows = list(streamer)
    >>> streamer.report.flows, streamer.report.packets, streamer.report.damages
    (12, 126, [])
    >>> print(streamer.report)  # doctest: +ELLIPSIS
    12 flows from 126 packets (41,414 bytes) in ... s, ... packets/s
    """

    packets: int
    bytes: int
    flows: int
    out_of_room: int
    cut_inspections: int
    filtered: int
    ignored: dict[str, int]
    notices: dict[str, int]
    hidden_sockets: int
    damages: list[str]
    jumps_ahead: ClockSteps
    steps_back: ClockSteps
    latest: float
    clock_mended: ClockSteps
    dropped_by_kernel: int
    dropped_by_interface: int
    active_flows: int
    packets_by_meter: list[int]
    interrupted: bool
    elapsed: float

    def __init__(
        self,
        packets: int,
        bytes: int,
        flows: int,
        out_of_room: int,
        cut_inspections: int,
        filtered: int,
        ignored: dict[str, int],
        notices: dict[str, int],
        hidden_sockets: int,
        damages: list[str],
        jumps_ahead: tuple[int, float, int],
        steps_back: tuple[int, float, int],
        latest: float,
        clock_mended: tuple[int, float, int],
        dropped_by_kernel: int,
        dropped_by_interface: int,
        active_flows: int,
        packets_by_meter: list[int],
        interrupted: bool,
        elapsed: float,
    ) -> None:
        self.packets = packets
        self.bytes = bytes
        self.flows = flows
        self.out_of_room = out_of_room
        self.cut_inspections = cut_inspections
        self.filtered = filtered
        self.ignored = ignored
        self.notices = notices
        self.hidden_sockets = hidden_sockets
        self.damages = damages
        # Imported here because few scripts ask for a report.
        from nfstream.tuples import ClockSteps

        self.jumps_ahead = ClockSteps(*jumps_ahead)
        self.steps_back = ClockSteps(*steps_back)
        self.latest = latest
        self.clock_mended = ClockSteps(*clock_mended)
        self.dropped_by_kernel = dropped_by_kernel
        self.dropped_by_interface = dropped_by_interface
        self.active_flows = active_flows
        self.packets_by_meter = packets_by_meter
        self.interrupted = interrupted
        self.elapsed = elapsed

    @property
    def packets_per_second(self) -> float:
        """Frames read per second."""
        return self.packets / self.elapsed if self.elapsed > 0 else 0.0

    def _reorder_ms(self) -> int:
        """The window that sorts all packets: ``latest`` in milliseconds, rounded up; to the nanosecond, it is an integer there."""
        return -(-round(self.latest * 1e9) // 1_000_000)

    def __repr__(self) -> str:
        return f"Report({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __str__(self) -> str:
        lines = [
            f"{_counted(self.flows, 'flow')} from {_counted(self.packets, 'packet')} ({_counted(self.bytes, 'byte')}) "
            f"in {self.elapsed:.3f} s, {self.packets_per_second:,.0f} packets/s"
        ]
        if self.interrupted:
            lines.append("interrupted: the input was not read to its end")
        if self.filtered:
            lines.append(f"{_counted(self.filtered, 'packet')} left out by the filter")
        if self.dropped_by_kernel or self.dropped_by_interface:
            dropped = _counted(self.dropped_by_kernel + self.dropped_by_interface, "packet")
            lines.append(f"{dropped} dropped: {self.dropped_by_kernel:,} by the kernel (ring full), {self.dropped_by_interface:,} by the interface")
        if self.ignored:
            reasons = ", ".join(f"{reason} ({count:,})" for reason, count in self.ignored.items())
            lines.append(f"{_counted(sum(self.ignored.values()), 'packet')} ignored: {reasons}")
        if self.notices:
            notices = ", ".join(f"{name} ({count:,})" for name, count in self.notices.items())
            lines.append(f"noticed: {notices}")
        for steps, what, remedy in (
            (self.jumps_ahead, "jumps ahead by more than an hour", ""),
            (self.steps_back, "runs backwards", f"; reorder={self._reorder_ms()} sorts packets by time"),
        ):
            if steps.count:
                lines.append(f"time {what} {_counted(steps.count, 'time')}, by up to {steps.largest:,} s "
                             f"(at packet {steps.frame:,}){remedy}")
        if self.clock_mended.count:
            mended = self.clock_mended
            lines.append(f"{_counted(mended.count, 'packet')} more than an hour ahead of those around, by up to {mended.largest:,} s "
                         f"(at packet {mended.frame:,}): counted at the time of the packet beside")
        if self.out_of_room:
            lines.append(f"{_counted(self.out_of_room, 'flow')} of these ended early, because there was no room for more: with another number "
                         "of meters, different flows may end early")
        if self.cut_inspections:
            lines.append(f"{_counted(self.cut_inspections, 'flow')} not inspected to the end, for lack of memory")
        if self.hidden_sockets:
            belong = "belongs to a process" if self.hidden_sockets == 1 else "belong to processes"
            lines.append(f"{_counted(self.hidden_sockets, 'socket')} {belong} that only root can see")
        return "\n".join(lines + self.damages)

    def _repr_html_(self) -> str:
        return table("Report", vars(self).items())


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
