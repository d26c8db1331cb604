"""The interface of versions 2 to 5: entries, and plugins that are attributes of entries.

Scripts for those versions run unchanged: ``NFStreamer(source=..., plugins=[...])`` gives ``NFEntry`` objects.
"""

from __future__ import annotations

from nfstream._engine import labels
from nfstream.parameters import check_methods, check_on_init, warn_the_caller
from nfstream.plugin import UDPS, NFPlugin, clean_up, own_method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from nfstream._engine import NFlow, NFPacket
    from nfstream.tuples import TCPFlags

#: Values of `schema`.
SCHEMAS = "nflow", "nfentry"

#: Protocols in which the client names the server, and the server identifies itself.
_SECURED = "TLS", "DTLS", "QUIC", "IMAPS", "POPS", "SMTPS", "FTPS"


class NFEntry:
    """A flow in the form of version 3.

    It has an attribute for each of that version's fields, for each plugin given as ``plugins``, and for every column that an
    ``NFlow`` has. Plugins may set any attribute except the fields.

    Parameters
    ----------
    flow : NFlow
        The flow.
    own : dict, optional
        Attributes that plugins have set.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> entry = next(iter(NFStreamer("tls12.pcap", schema="nfentry")))
    >>> entry.total_packets, entry.application_name, entry.client_info, entry.bidirectional_packets
    (21, 'TLS', 'shop.example.com', 21)
    """

    __slots__ = ("_flow", "_own")

    _flow: NFlow
    _own: dict[str, Any]

    def __init__(self, flow: NFlow, own: dict[str, Any] | None = None) -> None:
        object.__setattr__(self, "_flow", flow)
        object.__setattr__(self, "_own", {} if own is None else own)

    def __getattr__(self, name: str) -> Any:
        if name in type(self).__slots__:
            raise AttributeError(name)
        if name in self._own:
            return self._own[name]
        field = FIELDS.get(name) or VOLATILE.get(name)
        return getattr(self._flow, name) if field is None else field(self._flow)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._flow:
            setattr(self._flow, name, value)
        elif name in FIELDS or name in type(self).__slots__:
            raise AttributeError(f"attribute {name!r} of 'NFEntry' objects cannot be set")
        else:
            self._own[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self._own:
            raise AttributeError(f"attribute {name!r} of 'NFEntry' objects cannot be deleted")
        del self._own[name]

    def __dir__(self) -> list[str]:
        return [*self.keys(), *dir(self._flow)]

    def keys(self) -> list[str]:
        """Names of the fields, and of the attributes that plugins have set."""
        return [*FIELDS, *self._own]

    def values(self) -> list[Any]:
        """Their values."""
        return [getattr(self, name) for name in self.keys()]

    def items(self) -> list[tuple[str, Any]]:
        """Pairs of name and value."""
        return list(zip(self.keys(), self.values()))

    def to_namedtuple(self) -> tuple[Any, ...]:
        """The fields, and the attributes that plugins have set, as a named tuple ``NFEntry``."""
        return _named_tuple(dict(self.items()))

    def to_json(self) -> str:
        """The same as a JSON object; a value that JSON cannot express becomes its text."""
        return _json(self.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NFEntry) and self.items() == other.items()

    def __hash__(self) -> int:
        return hash(self._flow)

    def __reduce__(self) -> tuple[type[NFEntry], tuple[NFlow, dict[str, Any]]]:
        return NFEntry, (self._flow, self._own)

    def __repr__(self) -> str:
        return f"NFEntry({', '.join(f'{name}={value!r}' for name, value in self.items())})"


class Observation:
    """A packet as versions 2 to 5 show it to plugins; it also has the attributes of an ``NFPacket``.

    Parameters
    ----------
    packet : NFPacket
        The packet.
    """

    __slots__ = ("_packet",)

    def __init__(self, packet: NFPacket) -> None:
        self._packet = packet

    def __getattr__(self, name: str) -> Any:
        if name in type(self).__slots__:
            raise AttributeError(name)
        field = OBSERVED.get(name)
        return getattr(self._packet, name) if field is None else field(self._packet)


class EarlyUDPS(UDPS):
    """The values that plugins keep, as in the first published interface: its attributes are also attributes of the flow."""


class EarlyPlugins(NFPlugin):
    """Plugins of versions 2 to 5, wrapped as one current plugin.

    Plugins of versions 3 to 5 have ``on_init(obs)`` for the first packet of a flow, which gives the attribute's first value,
    ``on_update(obs, entry)`` for every further packet, and ``on_expire(entry)``. Plugins of version 2 have ``process(packet, flow)`` for
    every packet, the first included, and ``giveup(flow)`` for the end; ``init_function(packet)`` gives the first value.

    Parameters
    ----------
    plugins : tuple of NFPlugin
        The plugins, in order.
    """

    def __init__(self, plugins: tuple[NFPlugin, ...]) -> None:
        self.plugins = plugins
        self.names = [name_of(plugin) for plugin in plugins]
        of_version_2 = [plugin for plugin in plugins if _is_of_version_2(plugin)]
        self._starts = [_method(plugin, "on_init", "init_function") for plugin in plugins]
        self._first = [method for plugin in of_version_2 if (method := getattr(plugin, "process", None))]
        self._updates = [method for plugin in plugins if (method := _method(plugin, "on_update", "process"))]
        self._ends = [method for plugin in plugins if (method := _method(plugin, "on_expire", "giveup"))]
        self._volatile = [name for name, plugin in zip(self.names, plugins) if plugin.volatile]

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        observation, own = Observation(packet), vars(flow.udps)
        for name, start in zip(self.names, self._starts):
            own[name] = start(observation) if start else 0
        self._show(self._first, observation, flow)

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        self._show(self._updates, Observation(packet), flow)

    def _show(self, methods: list[Callable[..., object]], observation: Observation, flow: NFlow) -> None:
        if methods:
            entry = NFEntry(flow, vars(flow.udps))
            for method in methods:
                method(observation, entry)

    def on_expire(self, flow: NFlow) -> None:
        own = vars(flow.udps)
        entry = NFEntry(flow, own)
        for end in self._ends:
            end(entry)
        for name in self._volatile:
            own.pop(name, None)

    def cleanup(self) -> None:
        clean_up(self.plugins)


def names_of_attributes(plugins: tuple[NFPlugin, ...]) -> list[str]:
    """Names of the flow attributes that belong to plugins of the first published interface."""
    return [name for plugin in plugins if isinstance(plugin, EarlyPlugins) for name in plugin.names]


def _is_of_version_2(plugin: NFPlugin) -> bool:
    """Whether a plugin has only methods of version 2; a plugin of a later version may have other methods with such a name."""
    return any(callable(getattr(plugin, name, None)) for name in _METHODS[4:]) and not any(
        own_method(plugin, name) for name in _METHODS[:3]
    )


def _method(plugin: NFPlugin, name: str, name_in_version_2: str) -> Callable[..., Any] | None:
    """A method that a plugin defines itself, by its name in the plugin's version."""
    if _is_of_version_2(plugin):
        return getattr(plugin, name_in_version_2, None)
    return own_method(plugin, name)


def name_of(plugin: NFPlugin) -> str:
    """The name of a plugin's attribute of entries: its ``name``, by default the name of its class."""
    return getattr(plugin, "name", None) or type(plugin).__name__


def early_plugins(plugins: object) -> tuple[NFPlugin, ...]:
    """The plugins that a ``plugins`` parameter stands for.

    Raises
    ------
    TypeError
        When one is a current plugin, judged by the arguments of its ``on_init``.
    ValueError
        When one of them is not a plugin, two have the same name, or one has methods of which none is ever called.

    Examples
    --------
    >>> early_plugins(None), early_plugins([])
    ((), ())
    >>> early_plugins([NFPlugin(), NFPlugin()])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: plugins must have different names, but 'NFPlugin' is given twice: ...
    """
    if plugins is None:
        return ()
    listed = tuple(plugins) if isinstance(plugins, (list, tuple, set, frozenset)) else (plugins,)
    if not all(isinstance(plugin, NFPlugin) for plugin in listed):
        raise ValueError(f"plugins must be a list of NFPlugin objects, not {plugins!r}")
    for plugin in listed:
        check_methods(plugin, NFPlugin, _METHODS)
        if own_method(plugin, "on_init"):
            check_on_init(plugin, is_of_today=False)
    names: set[str] = set()
    for name in map(name_of, listed):
        if name in names:
            raise ValueError(f"plugins must have different names, but {name!r} is given twice: {plugins!r}")
        if name in FIELDS:
            raise ValueError(f"plugins must have their own names, but {name!r} is a field of every entry")
        names.add(name)
    return listed


def entries(flows: Iterator[NFlow]) -> Iterator[NFEntry]:
    """Flows as entries."""
    try:
        for flow in flows:
            own = getattr(flow, "udps", None)
            yield NFEntry(flow, {} if own is None else vars(own))
    finally:
        flows.close()  # type: ignore[attr-defined]


def attribute(flow: NFlow, name: str) -> Any:
    """A field of versions 2 and 3, as an attribute of a flow.

    Raises
    ------
    AttributeError
        When there is no such field, or it needs data that the run has not read.
    """
    field = FIELDS.get(name) or VOLATILE.get(name)
    if field is not None:
        return field(flow)
    udps = getattr(flow, "udps", None)
    if isinstance(udps, EarlyUDPS) and name in vars(udps):
        return getattr(udps, name)
    if name in ("to_namedtuple", "to_json"):
        return lambda: _converted(flow, name)
    raise AttributeError(f"'NFlow' object has no attribute {name!r}{_name_of_now(name)}")


def _converted(flow: NFlow, method: str) -> Any:
    """A flow with its old fields and its columns: a script finds the names of the version that it was written for."""
    items = dict(NFEntry(flow).items())
    items.update(flow.items())
    return _json(items.items()) if method == "to_json" else _named_tuple(items)


def _named_tuple(items: dict[str, Any]) -> tuple[Any, ...]:
    from nfstream.tuples import entry_of

    return entry_of(tuple(items))(*items.values())


def _json(items: Iterable[tuple[str, Any]]) -> str:
    import json

    from nfstream.values import in_json

    return json.dumps(dict(items), default=in_json)


def _name_of_now(name: str) -> str:
    """The end of a message about a field of versions 4 and 5 that has another name now."""
    if "_ip_bytes" in name or "_ip_ps" in name:
        return f": it is {name.replace('_ip_', '_').replace('stdev', 'stddev')} with accounting_mode=1"
    if "_raw_bytes" in name or "_raw_ps" in name or "_stdev_" in name:
        return f": it is {name.replace('_raw_', '_').replace('stdev', 'stddev')} now"
    return ""


def parameters_of_then(enable_guess: bool, account_ip_padding_size: bool, strict_timestamp: bool) -> None:
    """Warn of parameters of versions 2 to 5 that no longer have an effect."""
    if not enable_guess:
        warn_the_caller("enable_guess no longer has an effect: application_is_guessed says which flows were guessed")
    if account_ip_padding_size:
        warn_the_caller("account_ip_padding_size no longer has an effect: accounting_mode sets how sizes are counted")
    if strict_timestamp:
        warn_the_caller("strict_timestamp no longer has an effect: packets out of order count as they arrive")


def columns_to_hide(columns: Iterable[str], ip_anonymization: bool) -> Iterable[str]:
    """Columns to hide, including those that ``ip_anonymization`` of versions 3 to 5 hides."""
    if not ip_anonymization:
        return columns
    return [*([columns] if isinstance(columns, str) else columns), "src_ip", "dst_ip"]


def check_separator(sep: str) -> None:
    """Check the ``sep`` of versions 3 to 5.

    Raises
    ------
    ValueError
        When it is not a comma.
    """
    if sep != ",":
        raise ValueError(f"sep: values are separated by commas here; for another separator, use to_pandas().to_csv(path, sep={sep!r}, index=False)")


def hash_of(packet: NFPacket | NFlow) -> int:
    """The sum of addresses, ports, protocol and VLAN id."""
    addresses = _number(packet.src_ip) + _number(packet.dst_ip)
    return addresses + packet.src_port + packet.dst_port + packet.protocol + packet.vlan_id


def _number(address: str) -> int:
    """An address as a number: the 32 bits of IPv4 in little-endian order; for IPv6, the sum of its two last words."""
    import socket

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)[-8:]
    return sum(int.from_bytes(packed[place : place + 4], "little") for place in range(0, len(packed), 4))


def _protocols(flow: NFlow) -> tuple[int, int]:
    """Numbers of the carrying protocol and of the application in it."""
    name = getattr(flow, "application_name", "Unknown")
    known = labels()
    if name in known:
        return 0, known[name]
    master, _, application = name.partition(".")
    return known.get(master, 0), known.get(application, 0)


def _is_secured(flow: NFlow, metadata: dict[str, str]) -> bool:
    name = getattr(flow, "application_name", "")
    return "tls_version" in metadata or "ja3" in metadata or name.partition(".")[0] in _SECURED


def _client_info(flow: NFlow) -> str:
    metadata = flow._l7_metadata()
    if _is_secured(flow, metadata):
        return flow.requested_server_name
    return _identification(flow, metadata, "client_software")


def _server_info(flow: NFlow) -> str:
    metadata = flow._l7_metadata()
    if _is_secured(flow, metadata):
        subject = metadata.get("certificate_subject", "")
        _, found, name = subject.rpartition("CN=")
        return name.partition(", ")[0] if found else metadata.get("certificate_names", "").partition(",")[0]
    return _identification(flow, metadata, "server_software") or getattr(flow, "requested_server_name", "")


def _identification(flow: NFlow, metadata: dict[str, str], software: str) -> str:
    """How one side of SSH identifies itself (RFC 4253, section 4.2)."""
    is_ssh = getattr(flow, "application_name", "").partition(".")[0] == "SSH"
    return f"SSH-2.0-{metadata[software]}" if is_ssh and software in metadata else ""


def _client_ja3(flow: NFlow) -> str:
    return flow._l7_metadata().get("ja3", "")


def _server_ja3(flow: NFlow) -> str:
    return flow.server_fingerprint if _is_secured(flow, flow._l7_metadata()) else ""


def _as(column: str) -> Callable[[NFlow], Any]:
    return lambda flow: getattr(flow, column)


def _or_empty(column: str) -> Callable[[NFlow], Any]:
    return lambda flow: getattr(flow, column, "")


#: The fields of an entry, in their order.
FIELDS: dict[str, Callable[[NFlow], Any]] = {
    "flow_id": _as("id"),
    "first_seen": _as("bidirectional_first_seen_ms"),
    "last_seen": _as("bidirectional_last_seen_ms"),
    "nfhash": hash_of,
    "version": _as("ip_version"),
    "src_port": _as("src_port"),
    "dst_port": _as("dst_port"),
    "protocol": _as("protocol"),
    "vlan_id": _as("vlan_id"),
    "src_ip": _as("src_ip"),
    "dst_ip": _as("dst_ip"),
    "total_packets": _as("bidirectional_packets"),
    "total_bytes": _as("bidirectional_bytes"),
    "duration": _as("bidirectional_duration_ms"),
    "src2dst_packets": _as("src2dst_packets"),
    "src2dst_bytes": _as("src2dst_bytes"),
    "dst2src_packets": _as("dst2src_packets"),
    "dst2src_bytes": _as("dst2src_bytes"),
    "expiration_id": _as("expiration_id"),
    "master_protocol": lambda flow: _protocols(flow)[0],
    "app_protocol": lambda flow: _protocols(flow)[1],
    "application_name": _or_empty("application_name"),
    "category_name": _or_empty("application_category_name"),
    "client_info": _client_info,
    "server_info": _server_info,
    "j3a_client": _client_ja3,
    "j3a_server": _server_ja3,
}

#: Further attributes of entries, which are not among their keys.
VOLATILE: dict[str, Callable[[NFlow], Any]] = {
    "ip_src": lambda flow: _number(flow.src_ip),
    "ip_dst": lambda flow: _number(flow.dst_ip),
}

#: Methods of plugins: those of versions 3 to 5, then those of version 2.
_METHODS = "on_init", "on_update", "on_expire", "cleanup", "process", "giveup"


def _flags(packet: NFPacket) -> TCPFlags:
    from nfstream.tuples import TCPFlags

    return TCPFlags(*(getattr(packet, flag) for flag in TCPFlags._fields))


#: Attributes of an observation that have another name in an `NFPacket`.
OBSERVED: dict[str, Callable[[NFPacket], Any]] = {
    "capture_length": lambda packet: packet.captured_size,
    "length": lambda packet: packet.raw_size,
    "nfhash": hash_of,
    "ip_src": lambda packet: _number(packet.src_ip),
    "ip_dst": lambda packet: _number(packet.dst_ip),
    "version": lambda packet: packet.ip_version,
    "tcpflags": _flags,
    "tcp_flags": _flags,
    "raw": lambda packet: packet.ip_packet,
}
