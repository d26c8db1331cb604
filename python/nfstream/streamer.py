"""The streamer: captures and parameters, and the flows that come out."""

from __future__ import annotations

from nfstream import _engine
from nfstream.early import SCHEMAS, EarlyPlugins, early_plugins, entries, parameters_of_then
from nfstream.exports import Exports
from nfstream.expression import texts
from nfstream.model import NFModel
from nfstream.notebook import table
from nfstream.parameters import (
    OptionalWholeNumber,
    Switch,
    WholeNumber,
    check_methods,
    check_on_init,
    nearest,
    suggestion,
    warn_the_caller,
)
from nfstream.plugged import flows
from nfstream.plugin import NFPlugin, plugins
from nfstream.sources import check_asked_for, inputs, rule_files
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

#: Seconds whose milliseconds still fit 64 bits.
LONGEST_TIMEOUT = 18_446_744_073_709_551

#: More bytes than a frame has.
LONGEST_SNAPSHOT = 2**31 - 1

#: A wait that never ends, in seconds or milliseconds.
LONGEST_POLL = 10**12

#: More meters than this are not started: they would only be in each other's way.
MOST_METERS = 256

#: Flows that no capture has.
MOST_FLOWS = 2**64 - 1

#: An attribute of a subclass that is more like a parameter than this is taken for a slip.
_LIKE_A_PARAMETER = 0.85


class NFStreamer(Exports):
    """Captures and parameters; iterating over it gives the flows, each time in a new run.

    Every parameter is also an attribute. It is checked whenever it is set, and holds for the runs that begin
    afterwards.

    Parameters
    ----------
    source : str, os.PathLike, file object, or list or tuple of these, optional
        Capture file: pcap or pcapng, plain or compressed with gzip, zstd or xz; a FIFO too. Several are read one after
        the other, as one capture. A directory stands for the captures in it, in the order of their names, and a pattern
        (``"*.pcap"``, ``"**/*.pcap"``) for what it matches. A file object (``io.BytesIO``, ``open(path, "rb")``, whatever has a
        method ``read`` that gives bytes) is read from where it stands now, in every run; one that cannot seek only once. Or
        the name of a network interface to capture from (:func:`interfaces` lists them; ``"any"`` is all of them), which goes on
        until the iterator is closed or Ctrl-C is pressed; ``None``, in a program at a terminal only, is the first that is up
        and leads out of this machine.
    decode_tunnels : bool
        Whether to look into GTP-U, CAPWAP and TZSP tunnels. Flows have a ``tunnel_id`` only then.
    bpf_filter : str, optional
        Only packets count that this expression holds for, one of tcpdump's (pcap-filter(7)): ``"tcp port 443"``. It needs
        libpcap, which is otherwise not used.
    promiscuous_mode : bool
        Whether an interface takes in what is addressed to others. Without effect on files, as the next two.
    snapshot_length : int
        How many bytes of a frame are captured from an interface; sizes are counted whole.
    socket_buffer_size : int
        Bytes of memory for frames that wait for a meter, of each; 0 means as much as seems right.
    idle_timeout : int
        A flow ends when it has been idle for so many seconds. With 0 every packet is a flow.
    active_timeout : int
        A flow ends with the first packet that comes so many seconds after its first, and that packet begins a new flow.
    accounting_mode : int
        What byte and size columns count: 0 length on the wire, 1 IP packet, 2 its payload, 3 payload of TCP, UDP or
        ICMP.
    udps : NFPlugin, or list or tuple of these, optional
        Plugins, which see every packet with its flow, in their order.
    n_dissections : int
        How many packets of a flow are looked at for its application, at most 255. With 0, flows have no columns of
        layer 7.
    statistical_analysis : bool
        Adds the columns of packet sizes, inter-arrival times and TCP flags.
    splt_analysis : int
        Adds direction, size and inter-arrival time of the first so many packets.
    n_meters : int
        How many threads meter flows; 0 means one for each core. Flows do not depend on it, unless ``max_active_flows`` or
        ``max_memory`` is reached.
    max_nflows : int
        Stops after so many flows; 0 means never.
    performance_report : int
        While an interface is captured from, prints a line of JSON every so many seconds: flows that have ended, packets that
        were counted, ignored, and lost or filtered, and packets of each meter. 0 means never. Without effect on files.
    system_visibility_mode : int
        With 1, flows have ``system_process_pid`` and ``system_process_name``: the process of this machine that they belong to, or -1
        and an empty name. For live traffic, on Linux; with files every flow has -1. Without root, only processes of the own user are found;
        ``report.hidden_sockets`` says how many sockets belong to others.
    system_visibility_poll_ms : int
        How often the sockets of this machine are looked at; new flows have them looked at in between.
    rules : str, os.PathLike, or list or tuple of these
        Files of rules, in TOML, by which host names, user agents, certificates and ALPN names belong to applications.
        They are added to those built in, and count more; of several files the last counts most.
    l7_metadata : bool
        Adds the column ``l7``, a ``dict`` of what else was read: JA3, ALPN, certificates, methods, identifications, ...
    progress : bool
        Shows on standard error how far each run has come, with tqdm if it is installed.
    features : dict, optional
        Columns of one's own, behind the others, by name: expressions over ``P``, the fields of packets, and ``F``, the columns
        of the flow, or their text. The engine computes them packet by packet, which costs next to nothing. They are checked when
        they are set, with the other parameters as they are then.
    model : NFModel, optional
        A classifier in ONNX, which adds two columns: a label, and how probable it is.
    plugins : list or tuple of NFPlugin
        Plugins of versions 2 to 5; those of today are ``udps``.
    schema : {"nflow", "nfentry"}, optional
        Whether records are ``NFlow`` or, as in versions 2 to 5, ``NFEntry``; by default the latter with
        ``plugins`` only.
    system_metadata : bool
        With ``system_visibility_mode``, adds the column ``system``, a ``dict`` of what else is known of the process: its ``path``, ``user``
        and ``cgroup``.
    max_active_flows : int
        How many flows may be alive at a time; 0 means any number. Before one more begins, the flow that has been idle longest ends, with
        the ``expiration_id`` 2; ``report.out_of_room`` says how many did. With several meters, which flows these are depends on the
        number of meters, and may differ from run to run.
    max_memory : int, optional
        How many bytes of memory a run may take; 0 means any number. ``None`` is no bound with files, and half of the memory that is available with an interface. When it is reached, flows end as with
        ``max_active_flows``. What plugins keep is not counted, nor what becomes of flows after they were given out.
    snaplen, promisc, statistics, dissect, max_tcp_dissections, max_udp_dissections
        What those versions call ``snapshot_length``, ``promiscuous_mode``, ``statistical_analysis`` and, the last three together,
        ``n_dissections``.
    enable_guess, account_ip_padding_size, strict_timestamp
        Parameters of those versions that there are no more; a warning says so where they would change something.

    Raises
    ------
    ValueError
        When a parameter is set to what it cannot be, when ``source`` is ``None`` and standard input is no terminal, and, by
        iterating, for a file that is not a capture and for a ``bpf_filter`` that libpcap does not take.
    OSError
        The subclass that fits, with ``errno`` and ``filename``: when ``source`` is set to a path that does not exist, and by
        iterating when a file cannot be read or when an interface may not be captured from (``PermissionError``) or is down; these
        are ``ValueError``, too. And when an interface goes away, or when there is a ``bpf_filter`` and no libpcap. What
        ``read`` of a file object raises comes out as it is.
    AttributeError
        When an attribute is set that is no parameter. In a subclass an attribute may have any name but one that looks like a slip
        of a parameter's; what the class itself declares it may have in any case.
    NotImplementedError
        When a parameter is set to what only later versions can do.
    RuntimeError
        When an iterator is asked for a flow in a process that was forked after its run began. The child can begin runs of its own.

    Warns
    -----
    DamageWarning
        After the last flow, when a capture was damaged: the flows up to the damage have come. As an error (``-W error``), it
        has what a method such as ``to_pandas`` would have returned as its attribute ``table``.
    UserWarning
        For ``system_visibility_mode=1`` with a file, and for parameters that mean nothing any more.

    Notes
    -----
    Values are accepted and rejected as by nfstream 6.6, and ``True`` and ``False`` count as 1 and 0 where a number is
    asked for. Deliberate differences:

    - ``source`` may be a tuple, a path object, a FIFO, a directory, a pattern or a file object.
    - A path that contains a null byte is a ``ValueError`` that says so.
    - ``n_meters`` and ``max_nflows`` read as what they were set to. Beyond 256, more meters are not started.
    - Large values of ``splt_analysis`` bring no warning.
    - ``system_visibility_mode=1`` with a file keeps its columns, and reads as it was set.
    - An attribute that is no parameter cannot be set.
    - Flows cannot be changed, are equal when all their columns are, and can be copied and pickled.

    A run reads in the background, without the interpreter's lock, and ends when its iterator is dropped or closed, or when the
    ``with`` block of its streamer is left: ``with NFStreamer("eth0") as streamer``.

    The flows are also an Arrow stream (``__arrow_c_stream__``), which polars, pyarrow, DuckDB and others take as it is:
    ``polars.DataFrame(streamer)``, ``pyarrow.table(streamer)``. ``to_csv``, ``to_pandas`` and the other methods of that
    kind start a run of their own, too. ``report`` tells what the last run has counted.

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
    ValueError: idle_timeout must be a whole number of seconds from 0 to 18446744073709551, not -1
    >>> import pyarrow
    >>> pyarrow.table(streamer).num_rows
    12
    """

    decode_tunnels = Switch()
    promiscuous_mode = Switch()
    snapshot_length = WholeNumber(1, meaning="a whole number of bytes")
    socket_buffer_size = WholeNumber(0, 2**31 - 1, meaning="a whole number of bytes")
    idle_timeout = WholeNumber(0, LONGEST_TIMEOUT, meaning="a whole number of seconds")
    active_timeout = WholeNumber(0, LONGEST_TIMEOUT, meaning="a whole number of seconds")
    accounting_mode = WholeNumber(0, 3)
    n_dissections = WholeNumber(0, 255, meaning="a whole number of packets")
    statistical_analysis = Switch()
    splt_analysis = WholeNumber(0, 65535, meaning="a whole number of packets")
    n_meters = WholeNumber(0)
    max_nflows = WholeNumber(0)
    max_active_flows = WholeNumber(0, meaning="a whole number of flows")
    max_memory = OptionalWholeNumber(0, meaning="None or a whole number of bytes")
    performance_report = WholeNumber(0, meaning="a whole number of seconds")
    system_visibility_mode = WholeNumber(0, 1)
    system_visibility_poll_ms = WholeNumber(0, meaning="a whole number of milliseconds")
    system_metadata = Switch()
    l7_metadata = Switch()
    progress = Switch()

    _running: tuple[weakref.ref[Any], ...] = ()

    def __init__(
        self,
        source: _Source | None = None,
        decode_tunnels: bool = True,
        bpf_filter: str | None = None,
        promiscuous_mode: bool = True,
        snapshot_length: int = 1536,
        socket_buffer_size: int = 0,
        idle_timeout: int = 120,
        active_timeout: int = 1800,
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
        for name in unknown:
            known = suggestion(name, _names_of_parameters())
            raise TypeError(f"NFStreamer has no parameter {name!r}{known}")
        self.source = source
        self.decode_tunnels = decode_tunnels
        self.bpf_filter = bpf_filter
        self.promiscuous_mode = promiscuous_mode
        self.snapshot_length = snapshot_length
        self.socket_buffer_size = socket_buffer_size
        self.idle_timeout = idle_timeout
        self.active_timeout = active_timeout
        self.accounting_mode = accounting_mode
        self.udps = udps
        self.n_dissections = n_dissections
        self.statistical_analysis = statistical_analysis
        self.splt_analysis = splt_analysis
        self.n_meters = n_meters
        self.max_nflows = max_nflows
        self.max_active_flows = max_active_flows
        self.max_memory = max_memory
        self.performance_report = performance_report
        self.system_visibility_mode = system_visibility_mode
        self.system_visibility_poll_ms = system_visibility_poll_ms
        self.system_metadata = system_metadata
        self.rules = rules
        self.l7_metadata = l7_metadata
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
                declared = "" if type(self) is NFStreamer else f"; an attribute of that name has to be declared in {type(self).__name__}"
                raise AttributeError(f"NFStreamer has no parameter {name!r}: did you mean {likely!r}?{declared}")
            if type(self) is NFStreamer:
                raise AttributeError(f"NFStreamer has no parameter {name!r}; attributes of one's own belong to a subclass")
        super().__setattr__(name, value)

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the runs that go on: no flow comes after this."""
        running, self._running = self._running, ()
        for run in running:
            iterator = run()
            if iterator is not None:
                iterator.close()

    @property
    def source(self) -> _Source | None:
        """The capture or captures or the interface, as they were given."""
        return self._source

    @source.setter
    def source(self, source: _Source | None) -> None:
        check_asked_for(source)
        readers: list[Reader] = []
        inputs(source, readers)
        self._source, self._readers = source, readers

    @property
    def rules(self) -> _Path | Sequence[_Path]:
        """The file or files of rules, as they were given."""
        return self._rules

    @rules.setter
    def rules(self, rules: _Path | Sequence[_Path]) -> None:
        rule_files(rules)
        self._rules = rules

    @property
    def bpf_filter(self) -> str | None:
        """The expression that packets have to fit; ``None``, or an empty string, which filters nothing."""
        return self._bpf_filter

    @bpf_filter.setter
    def bpf_filter(self, bpf_filter: str | None) -> None:
        if bpf_filter is not None and not isinstance(bpf_filter, str):
            raise ValueError(f"bpf_filter must be a string or None, not {bpf_filter!r}")
        self._bpf_filter = bpf_filter

    @property
    def model(self) -> NFModel | None:
        """The classifier that flows are put to, if there is one."""
        return self._model

    @model.setter
    def model(self, model: NFModel | None) -> None:
        if model is not None and not isinstance(model, NFModel):
            raise ValueError(f"model must be an NFModel or None, not {model!r}")
        self._model = model

    @property
    def udps(self) -> object:
        """The plugins: as they were given, but one alone in a tuple."""
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
        """Columns of one's own, by name."""
        return self._features

    @features.setter
    def features(self, features: _Features | None) -> None:
        if texts(features):
            self._run(features=features)
        self._features = features

    @property
    def plugins(self) -> object:
        """Plugins of versions 2 to 5, as they were given."""
        return self._plugins_given

    @plugins.setter
    def plugins(self, plugins: object) -> None:
        early_plugins(plugins)
        self._plugins_given = plugins

    @property
    def schema(self) -> str | None:
        """What records are, ``nflow`` or ``nfentry``, as it was given."""
        return self._schema

    @schema.setter
    def schema(self, schema: str | None) -> None:
        if schema is not None and schema not in SCHEMAS:
            raise ValueError(f"schema must be 'nflow' or 'nfentry', not {schema!r}")
        self._schema = schema

    def __iter__(self) -> Iterator[NFlow]:
        """Start a run over the captures. With plugins it starts when the first flow is asked for."""
        run = self._begin(flows=True)
        begun: Iterator[NFlow] = flows(run.engine, run.plugins) if isinstance(run, PluggedRun) else run.flows()
        # For type checkers an entry is a flow: it has all that a flow has.
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
        """The parameters that are not as they are by default, and what the last run has counted, for notebooks."""
        report = self.report
        return table("NFStreamer", self._parameters()) + ("" if report is None else report._repr_html_())

    def _parameters(self) -> list[tuple[str, object]]:
        """Names and values of the source and of every parameter that is not as it is by default."""
        code, defaults = NFStreamer.__init__.__code__, NFStreamer.__init__.__defaults__ or ()
        names = code.co_varnames[1 : code.co_argcount]
        values = [(name, getattr(self, name), default) for name, default in zip(names, defaults)]
        return [(name, value) for name, value, default in values if value != default and (value or default)]

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name not in ("_last", "_prepared", "_running")}

    def _iterates_otherwise(self) -> bool:
        return type(self).__iter__ is not NFStreamer.__iter__

    def _followed(self, iterator: _Iterator) -> _Iterator:
        """The iterator of a run, which is closed when a ``with`` block is left."""
        import weakref

        self._running = (*(run for run in self._running if run() is not None), weakref.ref(iterator))
        return iterator

    def _gives_entries(self) -> bool:
        return self.schema == "nfentry" or (self.schema is None and bool(early_plugins(self.plugins)))

    def _plugins(self) -> tuple[NFPlugin, ...]:
        early = early_plugins(self.plugins)
        return (*plugins(self.udps), EarlyPlugins(early)) if early else plugins(self.udps)

    def _run(self, keep_l7_metadata: bool = False, features: _Features | None = None) -> Streamer:
        captures, interface = inputs(self.source, self._readers)
        if self.system_visibility_mode and features is None and any(map(_is_file, captures)):
            warn_the_caller(
                "system_visibility_mode=1 is for live traffic: the flows of a file say nothing of the processes of this machine, "
                "so their system_process_pid is -1"
            )
        return _engine.Streamer(
            captures,
            interface=interface,
            promiscuous_mode=self.promiscuous_mode,
            snapshot_length=min(self.snapshot_length, LONGEST_SNAPSHOT),
            socket_buffer_size=self.socket_buffer_size,
            performance_report=min(self.performance_report, LONGEST_POLL),
            decode_tunnels=self.decode_tunnels,
            bpf_filter=self.bpf_filter or "",
            idle_timeout=self.idle_timeout,
            active_timeout=self.active_timeout,
            accounting_mode=self.accounting_mode,
            n_dissections=self.n_dissections,
            rules=rule_files(self.rules),
            l7_metadata=self.l7_metadata,
            keep_l7_metadata=keep_l7_metadata,
            statistical_analysis=self.statistical_analysis,
            splt_analysis=self.splt_analysis,
            n_meters=min(self.n_meters, MOST_METERS),
            max_nflows=min(self.max_nflows, MOST_FLOWS),
            max_active_flows=min(self.max_active_flows, MOST_FLOWS),
            max_memory=None if self.max_memory is None else min(self.max_memory, MOST_FLOWS),
            system_visibility_mode=bool(self.system_visibility_mode),
            system_visibility_poll_ms=min(self.system_visibility_poll_ms, LONGEST_POLL),
            system_metadata=self.system_metadata,
            features=texts(self.features if features is None else features),
            model=self.model,
        )


def _names_of_parameters() -> list[str]:
    code = NFStreamer.__init__.__code__
    return list(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def _declares(kind: type, name: str) -> bool:
    """Whether a class has an attribute of that name, or says that its objects have."""
    return hasattr(kind, name) or any(name in getattr(one, "__annotations__", ()) for one in kind.__mro__)


def _is_file(capture: str | Reader) -> bool:
    import os

    return not isinstance(capture, str) or os.path.isfile(capture)


def __getattr__(name: str) -> NoReturn:
    if name == "Streamer":
        raise ImportError("nfstream.streamer.Streamer, of versions before 2, is NFStreamer now: from nfstream import NFStreamer")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
