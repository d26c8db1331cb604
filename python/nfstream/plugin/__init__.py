"""Plugins: your own code that computes values for each flow, packet by packet."""

from __future__ import annotations

from nfstream import installation

# This is a package because Python prefers it to the plugin.py that nfstream installs beside it. If nfstream has been installed over us,
# this is the only place of ours that is imported.
installation.check()

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nfstream._engine import NFlow, NFPacket


class NFPlugin:
    """Base class of plugins, whose methods are called for the packets of every flow.

    Plugins are given to an ``NFStreamer`` as ``udps``: one, or several in a list. Each packet and each flow that ends goes
    through all of them, in order, in the thread that iterates over the flows. Only methods that a plugin defines are called.

    Parameters
    ----------
    **kwargs
        Become attributes of the plugin.

    Notes
    -----
    ``flow`` has the values of its columns so far, including the current packet, and ``flow.udps``, which takes any
    attribute: each is a column ``udps.NAME`` of the flow, after the others. Packets and flows compute an attribute when it is read, and may be kept.

    ``flow.expiration_id = -1`` in ``on_init`` or ``on_update`` ends the flow with the current packet; the next packet between
    the same endpoints begins a new flow.

    An exception ends the run, and is raised in the iteration in the place of the next flow; the flows that ended before it have
    been delivered.

    Every run begins with the plugin as it was given: the attributes of a plugin are copied when a run begins (``copy.deepcopy``), and the run works
    with the copies. They are the plugin's attributes until the next run begins, so that its results can be read. An attribute
    that cannot be copied, such as a lock, a file or a connection, is the given one in every run, and so is everything that a
    plugin keeps outside of itself. Attributes that are set between runs apply to later runs.

    The same holds for the containers, numbers and texts of its class: in a run ``self.seen`` and ``MyPlugin.seen`` are the same object, and every
    run begins with the given value. With several runs at the same time, the first one uses them, and the plugins of the others
    have copies of the containers.

    The interface is that of nfstream 6.6. Deliberate differences:

    - Plugins need not be pickled; nfstream uses a copy in each of its processes, and nothing can be read after the run.
    - An exception reaches the caller; nfstream 6.6 waits for ever.
    - ``flow.id`` is 0 until the flow ends.
    - ``cleanup`` is called at the end of every run, also when an exception or ``break`` ends it.

    Examples
    --------
    >>> from nfstream import NFPlugin, NFStreamer
    >>> class LargePackets(NFPlugin):
    ...     def on_init(self, packet, flow):
    ...         flow.udps.large = 0
    ...         self.on_update(packet, flow)
    ...
    ...     def on_update(self, packet, flow):
    ...         if packet.raw_size >= self.least:
    ...             flow.udps.large += 1
    >>> for flow in NFStreamer("web.pcap", udps=LargePackets(least=1000), max_nflows=3):
    ...     print(flow.dst_port, flow.bidirectional_packets, flow.udps.large)
    53 2 0
    80 34 10
    53 4 0
    """

    #: The initial values of each run are kept apart, so that all attributes are the plugin's own.
    __slots__ = ("__dict__", "__weakref__", "_attributes")
    _attributes: Any

    #: From the first published interface: data of the plugin, and whether its attribute is removed when a flow ends.
    user_data: Any = None
    volatile: bool = False

    def __getstate__(self) -> object:
        own = in_slots(self)
        return (dict(vars(self)), own) if own else dict(vars(self))

    def __init__(self, **kwargs: Any) -> None:
        for name, value in kwargs.items():
            setattr(self, name, value)

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        """Called when a flow begins.

        Parameters
        ----------
        packet : NFPacket
            Its first packet.
        flow : NFlow
            The flow, which already counts the packet.
        """

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        """Called for every further packet of a flow.

        Parameters
        ----------
        packet : NFPacket
            The packet.
        flow : NFlow
            The flow, which already counts the packet.
        """

    def on_expire(self, flow: NFlow) -> None:
        """Called when a flow has ended.

        Parameters
        ----------
        flow : NFlow
            The flow with its last values; ``udps`` can still be changed.
        """

    def cleanup(self) -> None:
        """Called when the run is over, for any reason."""


#: The type of descriptor of an attribute in ``__slots__``.
_Slot = type(vars(NFPlugin)["_attributes"])


def slots(kind: type) -> dict[str, Any]:
    """The attributes that a class of plugins has in ``__slots__``."""
    bases = [base for base in reversed(kind.__mro__) if base is not NFPlugin and "__slots__" in vars(base)]
    return {name: slot for base in bases for name, slot in vars(base).items() if isinstance(slot, _Slot)}


def in_slots(plugin: NFPlugin) -> dict[str, Any]:
    """The attributes in ``__slots__`` of a plugin that are set, with their values."""
    kind = type(plugin)
    return {name: slot.__get__(plugin) for name, slot in slots(kind).items() if _is_set(slot, plugin)}


def _is_set(slot: Any, plugin: NFPlugin) -> bool:
    try:
        slot.__get__(plugin)
    except AttributeError:
        return False
    return True


class UDPS:
    """Values that plugins keep for a flow; it takes any attribute."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UDPS) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"UDPS({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def plugins(udps: object) -> tuple[NFPlugin, ...]:
    """The plugins that a ``udps`` parameter stands for.

    Examples
    --------
    >>> plugins(None), len(plugins(NFPlugin())), len(plugins([NFPlugin(), NFPlugin()]))
    ((), 1, 2)
    >>> plugins(NFPlugin)
    Traceback (most recent call last):
    ValueError: udps must be an NFPlugin or a list of them, not <class 'nfstream.plugin.NFPlugin'>
    """
    if udps is None:
        return ()
    if isinstance(udps, NFPlugin):
        return (udps,)
    listed = tuple(udps) if isinstance(udps, (list, tuple, set, frozenset, dict)) else (udps,)
    if not all(isinstance(plugin, NFPlugin) for plugin in listed):
        raise ValueError(f"udps must be an NFPlugin or a list of them, not {udps!r}")
    return listed


def own_method(plugin: NFPlugin, name: str) -> Callable[..., Any] | None:
    """The method with a name, if a plugin defines it itself."""
    method = getattr(plugin, name)
    return None if getattr(method, "__func__", None) is vars(NFPlugin)[name] else method


def clean_up(plugins: tuple[NFPlugin, ...]) -> None:
    """Lets every plugin clean up, also when another fails to."""
    for number, plugin in enumerate(plugins):
        try:
            plugin.cleanup()
        except BaseException:
            clean_up(plugins[number + 1 :])
            raise
