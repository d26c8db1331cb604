"""The streamer: captures and parameters, and the flows that come from them."""

from __future__ import annotations

from nfstream import _engine
from nfstream.early import SCHEMAS, EarlyPlugins, early_plugins, entries, parameters_of_then
from nfstream.exports import Exports
from nfstream.expression import texts
from nfstream.model import NFModel
from nfstream.notebook import table
from nfstream.parameters import check_methods, check_on_init, nearest, suggestion, warn_the_caller
from nfstream.plugged import flows
from nfstream.plugin import NFPlugin, plugins
from nfstream.sources import check_asked_for, inputs
from nfstream.udps import PluggedRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    import weakref
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Any, NoReturn, TypeVar

    from nfstream._engine import NFlow, Streamer
    from nfstream.expression import _Features
    from nfstream.sources import Reader, _Path, _Source

    _Self = TypeVar("_Self", bound="NFStreamer")
    _Iterator = TypeVar("_Iterator", bound=Iterator[object])

#: An attribute of a subclass that resembles a parameter more than this counts as a misspelling.
_LIKE_A_PARAMETER = 0.85


class NFStreamer(Exports):
    """Captures and parameters. Each iteration over it is a new run and gives the flows.

    Every parameter is also an attribute. It is checked whenever it is set, and applies to the runs that begin
    afterwards.

    Parameters
    ----------
    source : str, os.PathLike, file object, or list or tuple of these, optional
        Capture file: pcap or pcapng, plain or compressed with gzip, zstd or xz; or a FIFO. Several are read one after
        the other, as one capture. A directory stands for the captures in it, in the order of their names, and a pattern
        (``"*.pcap"``, ``"**/*.pcap"``) for the files that it matches. A file object (``io.BytesIO``, ``open(path, "rb")``, anything with a method
        ``read`` that gives bytes) is read from its current position, in every run; one that cannot seek is read only once. Or the
        name of a network interface to capture from (:func:`interfaces` lists them; ``"any"`` is all of them), which continues
        until the iterator is closed or Ctrl-C is pressed, or with ``libpcap`` another device, such as ``"nflog:1"``; ``None``,
        only in a program at a terminal, is the first interface that is up and leads out of this machine.
    decode_tunnels : bool
        Look into tunnels such as GTP-U; the column ``tunnel_id`` lists them. The packet inside a tunnel is then the
        one that counts, and records say which tunnel it was in.
    bpf_filter : str, optional
        Count only packets that match a filter. The filter is an expression of tcpdump, such as 'tcp port 443',
        described in pcap-filter(7). It needs libpcap 1.5.1 or later, which is not used otherwise. If libpcap cannot
        compile the expression for the link type of some packets in a capture, these packets are left out and counted.
        An expression that suits no link type of the input is an error.
    promiscuous_mode : bool
        Let the interface receive frames that are addressed to others. Without effect on files.
    snapshot_length : int
        Capture at most this many bytes of each frame; sizes still count the whole frame. Without effect on files.
    socket_buffer_size : int
        Receive buffer per meter in bytes; 0 chooses automatically. The automatic size is 32 MiB, and less with more
        than 8 meters. The kernel drops frames when the buffer is full; these are counted. Without effect on files.
    idle_timeout : int or float
        End a flow that has been idle this long. With 0, every packet is a flow of its own.
    active_timeout : int or float
        End a flow that has lasted this long; its next packet begins another.
    accounting_mode : int
        Count packet sizes in this way: 0 raw, 1 IP, 2 transport, 3 payload. 0: the packet on the wire, link header
        included. 1: the IP packet. 2: the payload of the IP packet, for TCP, UDP, ICMP and ICMPv6. 3: the payload of
        TCP, UDP, ICMP and ICMPv6.
    udps : NFPlugin, or list or tuple of these, optional
        Plugins, which see every packet with its flow, in this order.
    n_dissections : int
        Inspect the first N packets of a flow to recognise its application (at most 65535), 0 for no inspection. With 0
        the columns of layer 7 are left out.
    statistical_analysis : bool
        Add statistics of sizes, times and TCP flags. There are columns of packet sizes, inter-arrival times and TCP
        flags, for each direction and for both together.
    splt_analysis : int
        Add direction, size and inter-arrival time of the first N packets (at most 65535).
    n_meters : int
        Number of threads that meter flows, 0 for one per core. The number does not change the records, unless
        ``max_active_flows`` or ``max_memory`` is reached.
    max_nflows : int
        Stop after N flows, 0 for no limit.
    performance_report : int
        Print the counters on standard error at this interval, as a line of JSON; 0 for never. The counters have the
        names that nfstream gives them. Without effect on files.
    system_visibility_mode : int
        Add pid and name of the process on this machine that a flow belongs to: 0 no, 1 yes; for live traffic (Linux).
        If both processes are on this machine, the columns give the one at the flow's source. Without root, only
        processes of the same user are found; sockets of other users are counted.
    system_visibility_poll_ms : int
        Look for sockets at this interval. New flows start further searches in between, so that few sockets are missed.
    rules : str, os.PathLike, or list or tuple of these
        Add the applications of this file to those that are recognised by name. The file is in TOML: a table for each
        application, with lists of its hosts and more. The file takes precedence over the built-in names; of several
        files, the last takes precedence. docs/applications.md has an example.
    l7_metadata : bool
        Add a column ``l7`` with more details from the inspection: JA3, ALPN, certificates, methods, identifications,
        ...
    progress : bool
        Show the progress of each run on standard error, with tqdm if it is installed.
    features : dict, optional
        Additional columns of your own, after the others, by name: expressions over ``P``, the fields of packets, and ``F``, the
        columns of the flow, or their text. The engine computes them packet by packet, at almost no cost. They are checked when
        they are set, against the current values of the other parameters.
    model : NFModel, optional
        A classifier in ONNX, which adds two columns: a label and its probability.
    plugins : list or tuple of NFPlugin
        Plugins of versions 2 to 5; current plugins go into ``udps``.
    schema : {"nflow", "nfentry"}, optional
        Whether records are ``NFlow`` or, as in versions 2 to 5, ``NFEntry``; the default is ``NFEntry`` with
        ``plugins``, else ``NFlow``.
    system_metadata : bool
        Add a column ``system`` with more about the process: path, user, cgroup. The column exists only with
        ``system_visibility_mode`` 1.
    max_active_flows : int
        Keep at most N flows at a time, 0 for no limit. When a new flow would exceed the limit, the flow that has been
        idle longest ends, with ``expiration_id`` 2; such flows are counted. With several meters, the choice depends on
        the number of meters, and may differ from run to run.
    max_memory : int, optional
        Use at most this much memory, 0 for no limit. By default there is no limit for captures; for an interface the
        limit is half of the available memory. At the limit, the flow that has been idle longest ends, as with
        ``max_active_flows``. A quarter of the limit is for the inspection of payloads: beyond that, the inspection
        that began first ends. The limit does not include the memory of outputs, such as the row groups of Parquet. It
        includes the rules of files; while such a file is being read, it takes more: up to 60 times its size.
    libpcap : bool
        Capture through libpcap, as on systems other than Linux. libpcap also knows devices that are not network
        interfaces, such as nflog:1 or usbmon0. It copies every frame. Without effect on files.
    hardware_timestamps : bool
        Take timestamps from the interface itself, if it supports that. Its clock must be synchronised with the system
        clock: see phc2sys(8). Without effect on files.
    tcp_analysis : bool
        Add what TCP did: retransmissions, gaps, windows, round-trip times, the state of the connection. The columns
        are defined as Wireshark and Zeek define them.
    icmp_analysis : bool
        Add types, codes, identifiers and round-trip times of ICMP and ICMPv6.
    profile : str, optional
        Give what happened (accurate), or the numbers of nfstream 6.6.0 (nfstream). A profile only sets the defaults of
        parameters, each of which can be set for itself; docs/migration.md lists them. Without a profile, the
        environment variable ``NFSTREAM_PROFILE`` chooses it; without the variable, it is accurate.
    mend_lengths : bool, optional
        Read an IP length of 0 as the length of the frame. Hosts that let their interface cut segments leave the length
        of large packets at 0 (IPv4 total length, IPv6 payload length). Off: such packets are ignored. ``None`` is on,
        or off in the profile ``nfstream``.
    fragments : bool, optional
        Count every IP fragment as a packet of its flow, and inspect whole datagrams. Off: only first fragments count.
        ``None`` is on, or off in the profile ``nfstream``.
    split_connections : bool, optional
        Begin a flow when a new TCP connection has the addresses and ports of an earlier one. A SYN with another
        initial sequence number begins a flow after both sides closed, or after a reset. ``None`` is on, or off in the
        profile ``nfstream``.
    tcp_close : bool
        End a flow when its TCP connection ends: by FIN of both sides, or by a reset. Packets that come during
        ``linger`` still count for the flow; a later one begins a flow of its own. In live capture, records come
        sooner.
    linger : int or float
        Wait this long for late packets after a connection ended, with ``tcp_close``.
    orientation : str, optional
        Choose the source of a flow: first-packet, handshake, service or local:NETWORKS. first-packet: the sender of
        the first packet. handshake: the sender of the SYN or of the ICMP request, even if the answer was captured
        first; else the sender of the first packet. service: besides, who asks a DNS server, and who is not where an
        earlier handshake (SYN-ACK) showed a server; else who is not at the port of a known service, or not below 1024.
        ``local:10.0.0.0/8,fd00::/8``: the endpoint in one of these networks, if the other is in none. ``None`` is
        handshake, or first-packet in the profile ``nfstream``.
    connection_columns : bool, optional
        Add columns on how flows began and ended: ``expiration_reason``, ``is_turned``. ``None`` is on, or off in the
        profile ``nfstream``.
    vlan_in_key : bool
        Tell flows apart by their VLAN id.
    tunnel_types : str, optional
        Look into these tunnels: all, or only those of nfstream (GTP-U, CAPWAP, TZSP). ``None`` is all, or nfstream in
        the profile ``nfstream``.
    tunnel_key : str, optional
        Tell flows apart by ids of tunnels: shared, all or none. shared: ids that are the same in both directions, such
        as the VNI of VXLAN. all: besides, ids of each direction, such as the TEID of GTP-U. A packet whose id differs
        from that of its direction then belongs to another flow, so a handover begins one. Ids of the two directions
        are not in one packet: the first answer with an id goes to the newest flow without answers. ``None`` is shared,
        or none in the profile ``nfstream``.
    tunnel_columns : bool
        Add columns on tunnels: type, ids, outer addresses, depth.
    reorder : int
        Sort packets that come at most this late by their time, 0 for the order of the capture.
    dedup : int
        Leave out copies of an IP packet that come within this time, 0 to count copies. A mirror port may see a packet
        twice. Copies are equal but for their link header, TTL and header checksum.
    mend_clock : bool, optional
        Give a packet that is more than an hour ahead of its neighbours the time of the packet before it. Off: such a
        packet ends all flows that were active before. ``None`` is on, or off in the profile ``nfstream``.
    check_fractions : bool, optional
        Take a fraction of a second that is a second or more for damage. Off: the second carries over. ``None`` is on,
        or off in the profile ``nfstream``.
    checksums : str
        Check the checksums of IP, TCP, UDP and ICMP: ignore, count or drop. count: wrong ones are counted. drop:
        besides, packets with a wrong one do not count for flows. Checksums that the capturing host left to its
        interface are recognised.
    slice : int or float
        Cut all flows at multiples of this time since 1970, 0 for no cuts. Each window of time then has records of its
        own, in which the source of a flow is found anew (``orientation``).
    skip_padding : bool, optional
        Skip the padding of short Ethernet frames that a host counts as TCP payload, in the inspection. Up to six
        zeros, in whose place a longer segment has other bytes. All columns of packets and bytes count them. ``None``
        is on, or off in the profile ``nfstream``.
    mark_guesses : bool, optional
        Mark every application that is a guess by port or address. Off: guesses about UDP flows of eight packets or
        more are not marked. ``None`` is on, or off in the profile ``nfstream``.
    snaplen, promisc, statistics, dissect, max_tcp_dissections, max_udp_dissections
        Names of those versions for ``snapshot_length``, ``promiscuous_mode``, ``statistical_analysis`` and, the last three together,
        ``n_dissections``.
    enable_guess, account_ip_padding_size, strict_timestamp
        Parameters of those versions that no longer exist; a warning says so if they would change something.

    Raises
    ------
    ValueError
        When a parameter is set to an invalid value, when ``source`` is ``None`` and standard input is not a terminal, and, during
        iteration, for a file that is not a capture and for a ``bpf_filter`` that libpcap does not accept.
    OSError
        The appropriate subclass, with ``errno`` and ``filename``: when ``source`` is set to a path that does not exist, and during
        iteration when a file cannot be read or when an interface may not be captured from (``PermissionError``) or is down; these
        are ``ValueError``, too. Also when an interface goes away, or when there is a ``bpf_filter`` but no libpcap. An exception
        of ``read`` of a file object is passed on as it is.
    AttributeError
        When an attribute is set that is not a parameter. In a subclass an attribute may have any name that does not look like a
        misspelled parameter; a name that the class itself declares is always allowed.
    NotImplementedError
        When a parameter is set to a value that only later versions support.
    RuntimeError
        When an iterator is asked for a flow in a process that was forked after its run began. The child can begin its own runs.

    Warns
    -----
    DamageWarning
        After the last flow, when a capture was damaged: the flows up to the damage were delivered. As an error (``-W error``), its
        attribute ``table`` has the result that a method such as ``to_pandas`` would have returned.
    UserWarning
        For ``system_visibility_mode=1`` with a file, and for parameters that no longer have a meaning.

    Notes
    -----
    Values are accepted and rejected as in nfstream 6.6, and ``True`` and ``False`` count as 1 and 0 where a number is
    expected. Deliberate differences:

    - ``source`` may be a tuple, a path object, a FIFO, a directory, a pattern or a file object.
    - A path that contains a null byte is a ``ValueError`` that says so.
    - ``n_meters`` and ``max_nflows`` keep the values that they were set to. No more than 256 meters are started.
    - ``n_dissections`` may be up to 65535.
    - Large values of ``splt_analysis`` cause no warning.
    - ``system_visibility_mode=1`` with a file keeps its columns and its value.
    - An attribute that is not a parameter cannot be set.
    - Flows cannot be changed, are equal when all their columns are, and can be copied and pickled.

    A run reads in the background, without the interpreter's lock, and ends when its iterator is dropped or closed, or at the end of
    the ``with`` block of its streamer: ``with NFStreamer("eth0") as streamer``.

    The flows are also an Arrow stream (``__arrow_c_stream__``), which polars, pyarrow, DuckDB and others read directly:
    ``polars.DataFrame(streamer)``, ``pyarrow.table(streamer)``. ``to_csv``, ``to_pandas`` and the other methods of that kind
    also start their own run. ``report`` has the counters of the last run.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> streamer = NFStreamer(source="web.pcap", statistical_analysis=True)
    >>> sum(flow.bidirectional_syn_packets for flow in streamer)
    10
    >>> from nfstream import F, P
    >>> streamer.features = {"up": P.payload_size.filter(P.direction == 0).sum(), "web": F.dst_port == 80}
    >>> [(flow.up, flow.web) for flow in streamer][:2]
    [(33, 0), (255, 1)]
    >>> streamer.features = {"up": "sum(payload_size where direction = 0)"}
    Traceback (most recent call last):
    ValueError: feature up, column 34: `=` is written `==`
        sum(payload_size where direction = 0)
                                         ^
    >>> streamer.idle_timeout = -1
    Traceback (most recent call last):
    ValueError: idle_timeout must be 0 or a number of seconds from 0.001 to 18446744073709551, not -1
    >>> import pyarrow
    >>> pyarrow.table(streamer).num_rows
    12
    """

    # Parameters of the engine; written by `cargo xtask generate`, as they are in the docstring and the signature.
    decode_tunnels: bool
    bpf_filter: str | None
    idle_timeout: float
    active_timeout: float
    accounting_mode: int
    statistical_analysis: bool
    splt_analysis: int
    n_dissections: int
    rules: _Path | Sequence[_Path]
    l7_metadata: bool
    n_meters: int
    max_active_flows: int
    max_memory: int | None
    max_nflows: int
    system_visibility_mode: int
    system_visibility_poll_ms: int
    system_metadata: bool
    promiscuous_mode: bool
    snapshot_length: int
    socket_buffer_size: int
    libpcap: bool
    hardware_timestamps: bool
    performance_report: int
    tcp_analysis: bool
    icmp_analysis: bool
    profile: str | None
    mend_lengths: bool | None
    fragments: bool | None
    split_connections: bool | None
    tcp_close: bool
    linger: float
    orientation: str | None
    connection_columns: bool | None
    vlan_in_key: bool
    tunnel_types: str | None
    tunnel_key: str | None
    tunnel_columns: bool
    reorder: int
    dedup: int
    mend_clock: bool | None
    check_fractions: bool | None
    checksums: str
    slice: float
    skip_padding: bool | None
    mark_guesses: bool | None

    _running: tuple[weakref.ref[Any], ...] = ()

    def __init__(
        self,
        source: _Source | None = None,
        decode_tunnels: bool = True,
        bpf_filter: str | None = None,
        promiscuous_mode: bool = True,
        snapshot_length: int = 1536,
        socket_buffer_size: int = 0,
        idle_timeout: float = 120,
        active_timeout: float = 1800,
        accounting_mode: int = 0,
        udps: object = None,
        n_dissections: int = 20,
        statistical_analysis: bool = False,
        splt_analysis: int = 0,
        n_meters: int = 0,
        max_nflows: int = 0,
        performance_report: int = 0,
        system_visibility_mode: int = 0,
        system_visibility_poll_ms: int = 100,
        rules: _Path | Sequence[_Path] = (),
        l7_metadata: bool = False,
        progress: bool = False,
        features: _Features | None = None,
        model: NFModel | None = None,
        plugins: object = (),
        schema: str | None = None,
        system_metadata: bool = False,
        *,
        max_active_flows: int = 0,
        max_memory: int | None = None,
        libpcap: bool = False,
        hardware_timestamps: bool = False,
        tcp_analysis: bool = False,
        icmp_analysis: bool = False,
        profile: str | None = None,
        mend_lengths: bool | None = None,
        fragments: bool | None = None,
        split_connections: bool | None = None,
        tcp_close: bool = False,
        linger: float = 2,
        orientation: str | None = None,
        connection_columns: bool | None = None,
        vlan_in_key: bool = True,
        tunnel_types: str | None = None,
        tunnel_key: str | None = None,
        tunnel_columns: bool = False,
        reorder: int = 0,
        dedup: int = 0,
        mend_clock: bool | None = None,
        check_fractions: bool | None = None,
        checksums: str = "ignore",
        slice: float = 0,
        skip_padding: bool | None = None,
        mark_guesses: bool | None = None,
        snaplen: int | None = None,
        promisc: bool | None = None,
        statistics: bool | None = None,
        dissect: bool = True,
        max_tcp_dissections: int | None = None,
        max_udp_dissections: int | None = None,
        enable_guess: bool = True,
        account_ip_padding_size: bool = False,
        strict_timestamp: bool = False,
        **unknown: NoReturn,
    ) -> None:
        given = dict(locals())
        for name in unknown:
            known = suggestion(name, _names_of_parameters())
            raise TypeError(f"NFStreamer has no parameter {name!r}{known}")
        for name in _engine.PARAMETERS:
            setattr(self, name, given[name])
        self.source = source
        self.udps = udps
        self.progress = progress
        self.model = model
        self.features = features
        self.plugins = plugins
        self.schema = schema
        if snaplen is not None:
            self.snapshot_length = snaplen
        if promisc is not None:
            self.promiscuous_mode = promisc
        if statistics is not None:
            self.statistical_analysis = statistics
        dissections = [number for number in (max_tcp_dissections, max_udp_dissections) if number is not None]
        if dissections:
            self.n_dissections = max(dissections)
        if not dissect:
            self.n_dissections = 0
        parameters_of_then(enable_guess, account_ip_padding_size, strict_timestamp)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and not _declares(type(self), name):
            likeness = 0.6 if type(self) is NFStreamer else _LIKE_A_PARAMETER
            likely = nearest(name, _names_of_parameters(), likeness)
            if likely is not None:
                declared = "" if type(self) is NFStreamer else f"; declare an attribute of that name in {type(self).__name__}"
                raise AttributeError(f"NFStreamer has no parameter {name!r}: did you mean {likely!r}?{declared}")
            if type(self) is NFStreamer:
                raise AttributeError(f"NFStreamer has no parameter {name!r}; for attributes of your own, use a subclass")
        if name in _engine.PARAMETERS:
            _engine.check_parameter(name, value)
        super().__setattr__(name, value)

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the current runs: no flow comes after this."""
        running, self._running = self._running, ()
        for run in running:
            iterator = run()
            if iterator is not None:
                iterator.close()

    @property
    def source(self) -> _Source | None:
        """The captures or the interface, as given."""
        return self._source

    @source.setter
    def source(self, source: _Source | None) -> None:
        check_asked_for(source)
        readers: list[Reader] = []
        inputs(source, readers, vars(self).get("libpcap", False))
        self._source, self._readers = source, readers

    @property
    def progress(self) -> bool:
        """Whether each run shows its progress."""
        return self._progress

    @progress.setter
    def progress(self, progress: bool) -> None:
        if not isinstance(progress, bool):
            raise ValueError(f"progress must be True or False, not {progress!r}")
        self._progress = progress

    @property
    def model(self) -> NFModel | None:
        """The classifier that labels the flows, if there is one."""
        return self._model

    @model.setter
    def model(self, model: NFModel | None) -> None:
        if model is not None and not isinstance(model, NFModel):
            raise ValueError(f"model must be an NFModel or None, not {model!r}")
        self._model = model

    @property
    def udps(self) -> object:
        """The plugins, as given; a single one is in a tuple."""
        return self._udps

    @udps.setter
    def udps(self, udps: object) -> None:
        checked = plugins(udps)
        for plugin in checked:
            check_methods(plugin, NFPlugin, ("on_init", "on_update", "on_expire", "cleanup"))
            check_on_init(plugin, is_of_today=True)
        self._udps = checked if udps is None or isinstance(udps, NFPlugin) else udps

    @property
    def features(self) -> _Features | None:
        """Additional columns of your own, by name."""
        return self._features

    @features.setter
    def features(self, features: _Features | None) -> None:
        if texts(features):
            self._run(features=features)
        self._features = features

    @property
    def plugins(self) -> object:
        """Plugins of versions 2 to 5, as given."""
        return self._plugins_given

    @plugins.setter
    def plugins(self, plugins: object) -> None:
        early_plugins(plugins)
        self._plugins_given = plugins

    @property
    def schema(self) -> str | None:
        """The type of records, ``nflow`` or ``nfentry``, as given."""
        return self._schema

    @schema.setter
    def schema(self, schema: str | None) -> None:
        if schema is not None and schema not in SCHEMAS:
            raise ValueError(f"schema must be 'nflow' or 'nfentry', not {schema!r}")
        self._schema = schema

    def __iter__(self) -> Iterator[NFlow]:
        """Start a run over the captures. With plugins, it starts when the first flow is requested."""
        run = self._begin(flows=True)
        begun: Iterator[NFlow] = flows(run.engine, run.plugins) if isinstance(run, PluggedRun) else run.flows()
        # For type checkers an entry is a flow: it has all attributes of a flow.
        return self._followed(entries(begun) if self._gives_entries() else begun)  # type: ignore[arg-type]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Start a run over the captures as an Arrow C stream in a capsule.

        Parameters
        ----------
        requested_schema : capsule, optional
            Ignored, as the Arrow PyCapsule interface permits: columns have the types that they have.
        """
        run = self._begin()
        return run.table().__arrow_c_stream__() if isinstance(run, PluggedRun) else run.arrow_c_stream()

    def __repr__(self) -> str:
        parameters = ", ".join(f"{name}={value!r}" for name, value in self._parameters())
        return f"NFStreamer({parameters})"

    def _repr_html_(self) -> str:
        """The parameters that differ from their defaults, and the counters of the last run, for notebooks."""
        report = self.report
        return table("NFStreamer", self._parameters()) + ("" if report is None else report._repr_html_())

    def _parameters(self) -> list[tuple[str, object]]:
        """Names and values of the source and of every parameter that differs from its default."""
        code, defaults = NFStreamer.__init__.__code__, NFStreamer.__init__.__defaults__ or ()
        of_keywords = (NFStreamer.__init__.__kwdefaults__ or {}).items()
        of_all = [*zip(code.co_varnames[1 : code.co_argcount], defaults), *of_keywords]
        values = [(name, getattr(self, name), default) for name, default in of_all if hasattr(self, name)]
        return [(name, value) for name, value, default in values if value != default and (value or default)]

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name not in ("_last", "_prepared", "_running")}

    def _iterates_otherwise(self) -> bool:
        return type(self).__iter__ is not NFStreamer.__iter__

    def _followed(self, iterator: _Iterator) -> _Iterator:
        """The iterator of a run, which is closed at the end of a ``with`` block."""
        import weakref

        self._running = (*(run for run in self._running if run() is not None), weakref.ref(iterator))
        return iterator

    def _gives_entries(self) -> bool:
        return self.schema == "nfentry" or (self.schema is None and bool(early_plugins(self.plugins)))

    def _plugins(self) -> tuple[NFPlugin, ...]:
        early = early_plugins(self.plugins)
        return (*plugins(self.udps), EarlyPlugins(early)) if early else plugins(self.udps)

    def _run(self, keep_l7_metadata: bool = False, features: _Features | None = None) -> Streamer:
        captures, interface = inputs(self.source, self._readers, self.libpcap)
        if self.system_visibility_mode and features is None and any(map(_is_file, captures)):
            warn_the_caller(
                "system_visibility_mode=1 is for live traffic: a file does not show the processes of this machine, "
                "so the system_process_pid of its flows is -1"
            )
        return _engine.Streamer(
            captures,
            {name: getattr(self, name) for name in _engine.PARAMETERS},
            interface=interface,
            features=texts(self.features if features is None else features),
            model=self.model,
            keep_l7_metadata=keep_l7_metadata,
        )


def _names_of_parameters() -> list[str]:
    code = NFStreamer.__init__.__code__
    return list(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def _declares(kind: type, name: str) -> bool:
    """Whether a class has an attribute of that name, or declares one for its objects."""
    return hasattr(kind, name) or any(name in getattr(one, "__annotations__", ()) for one in kind.__mro__)


def _is_file(capture: str | Reader) -> bool:
    import os

    return not isinstance(capture, str) or os.path.isfile(capture)


def __getattr__(name: str) -> NoReturn:
    if name == "Streamer":
        raise ImportError("nfstream.streamer.Streamer, of versions before 2, is NFStreamer now: from nfstream import NFStreamer")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
