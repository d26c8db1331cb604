"""Attributes of plugins: every run begins with the attributes that were given."""

from __future__ import annotations

import threading
from collections import deque
from operator import is_

from nfstream.copies import copied, fill
from nfstream.early import EarlyPlugins
from nfstream.plugin import NFPlugin, in_slots, slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

#: Types of class attributes that plugins may change.
CONTAINERS = (list, dict, set, bytearray, deque)

#: Other types of class attributes that a run may set by name.
PLAIN = (int, float, str, bytes, tuple, frozenset, type(None))

#: The flag of a class that was made in Python (Py_TPFLAGS_HEAPTYPE).
_HEAP_TYPE = 1 << 9

#: Held while a run takes a plugin or gives it back.
_lock = threading.RLock()


class Attributes:
    """The attributes that a plugin was given.

    Parameters
    ----------
    given : dict
        Names and values.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        #: The attributes as the last run left them.
        self.left: dict[str, Any] | None = None
        #: Whether a run works with the plugin.
        self.is_running = False
        #: The class attributes that this run has for itself.
        self.held: list[Held] = []

    def take_in(self, now: dict[str, Any]) -> None:
        """Adds the attributes that were set since the last run to the given ones, and removes the deleted ones."""
        if self.left is None:
            self.given = dict(now)
            return
        for name, value in now.items():
            if name not in self.left or self.left[name] is not value:
                self.given[name] = value
        for name in self.left.keys() - now.keys():
            self.given.pop(name, None)

    def copies(self, held: list[Held], memo: dict[int, Any]) -> dict[str, Any]:
        """Copies of the given attributes, and of the containers of a class that another run has for itself."""
        copies: dict[str, Any] = {}
        for one in held:
            for name, (container, given) in one.given.items():
                if isinstance(container, CONTAINERS):
                    copies[name] = memo[id(container)] = copied(given, dict(memo))
        copies.update((name, copied(value, memo)) for name, value in self.given.items())
        return copies


class Held:
    """The attributes of a class of plugins. In a run, they are the same through an object and through the class."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        #: By name: the given value, and a copy of it.
        self.given: dict[str, tuple[Any, Any]] = {}
        #: The values at the end of the last run, and their items.
        self.left: dict[str, tuple[Any, list[Any]]] = {}
        self.is_running = False

    def begin(self, runners: dict[int, Any]) -> None:
        """Restore everything to its state before the last run; values that were set or changed since then count as given."""
        now, given = self._now(), dict(self.given)
        fresh = {name: copied(kept, dict(runners)) for name, (_, kept) in given.items()}
        for name, value in now.items():
            left, items = self.left.get(name, (self, []))
            if left is not value or not _are_the_same(items, _items(value)):
                given[name] = value, copied(value, dict(runners))
                fresh.pop(name, None)
        for name in self.left.keys() - now.keys():
            given.pop(name, None)
        for name, (value, _) in given.items():
            if isinstance(value, CONTAINERS) and name in fresh:
                value.clear()
                fill(value, fresh[name])
            if name not in now or now[name] is not value:
                setattr(self.kind, name, value)
        for name in now.keys() - given.keys():
            delattr(self.kind, name)
        self.given, self.is_running = given, True

    def end(self) -> None:
        """The run is over: its results can be read until the next run begins."""
        self.left = {name: (value, _items(value)) for name, value in self._now().items()}
        self.is_running = False

    def _now(self) -> dict[str, Any]:
        kinds = CONTAINERS + PLAIN
        return {name: value for name, value in vars(self.kind).items() if isinstance(value, kinds) and not name.startswith("__")}


def _held(plugin: NFPlugin) -> list[Held]:
    """The attributes of the classes of a plugin, from the first base on."""
    held = []
    for kind in reversed(type(plugin).__mro__):
        if issubclass(kind, NFPlugin) and kind is not NFPlugin:
            if "_held_for_runs" not in vars(kind):
                kind._held_for_runs = Held(kind)  # type: ignore[attr-defined]
            held.append(vars(kind)["_held_for_runs"])
    return held


def begin(plugins: Sequence[NFPlugin]) -> tuple[NFPlugin, ...]:
    """The plugins for a run, each with the attributes that it was given. The run must end with ``end``."""
    # Copies of plugins that know each other know the plugins of the run.
    runners: dict[int, Any] = {}
    with _lock:
        begun: list[NFPlugin] = []
        try:
            for plugin in plugins:
                if isinstance(plugin, EarlyPlugins):
                    begun.append(EarlyPlugins(begin(plugin.plugins)))
                else:
                    begun.append(_runner(plugin, runners))
            memo, taken = dict(runners), set[int]()
            for runner in runners.values():
                for held in _held(runner):
                    if not held.is_running:
                        held.begin(runners)
                        _given(runner).held.append(held)
                        taken.add(id(held))
                        memo.update((id(value), value) for value, _ in held.given.values())
            begins = []
            for runner in runners.values():
                others = [held for held in _held(runner) if id(held) not in taken]
                begins.append((runner, _given(runner).copies(others, memo)))
        except BaseException:
            end(begun)
            raise
        for runner, copies in begins:
            vars(runner).clear()
            own = in_slots(runner)
            for name, slot in slots(type(runner)).items():
                if name in copies:
                    slot.__set__(runner, copies.pop(name))
                elif name in own:
                    slot.__delete__(runner)
            vars(runner).update(copies)
        return tuple(begun)


def _runner(plugin: NFPlugin, runners: dict[int, Any]) -> NFPlugin:
    """The object that is called for a plugin: the plugin itself, or a copy while another run works with it."""
    if id(plugin) not in runners:
        runner, attributes = plugin, _given(plugin)
        if attributes.is_running:
            # Not `copy.copy`: a plugin may define it differently, and its attributes are copied by us.
            solid: Any = next(base for base in type(plugin).__mro__ if not base.__flags__ & _HEAP_TYPE)
            runner = solid.__new__(type(plugin))
            attributes = _give(runner, attributes.given)
        else:
            attributes.take_in(_now(plugin))
        attributes.is_running = True
        runners[id(plugin)] = runner
    return runners[id(plugin)]  # type: ignore[no-any-return]


def _given(plugin: NFPlugin) -> Attributes:
    try:
        return object.__getattribute__(plugin, "_attributes")  # type: ignore[no-any-return]
    except AttributeError:
        return _give(plugin, _now(plugin))


def _give(plugin: NFPlugin, given: dict[str, Any]) -> Attributes:
    attributes = Attributes(given)
    # A plugin may have a `__setattr__` of its own: a frozen dataclass has one that refuses.
    object.__setattr__(plugin, "_attributes", attributes)
    return attributes


def _now(plugin: NFPlugin) -> dict[str, Any]:
    return {**in_slots(plugin), **vars(plugin)}


def _items(value: Any) -> list[Any]:
    """The items of a container, for ``_are_the_same``."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, CONTAINERS) else []


def _are_the_same(items: list[Any], others: list[Any]) -> bool:
    """Whether items are the same objects: not all can be compared."""
    return len(items) == len(others) and all(map(is_, items, others))


def end(plugins: Sequence[NFPlugin]) -> None:
    """A run is over."""
    with _lock:
        for plugin in plugins:
            if isinstance(plugin, EarlyPlugins):
                end(plugin.plugins)
            else:
                attributes = _given(plugin)
                attributes.left, attributes.is_running = _now(plugin), False
                for held in attributes.held:
                    held.end()
                attributes.held = []
