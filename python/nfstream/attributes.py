"""Attributes of plugins: every run begins with those that were given."""

from __future__ import annotations

import copy
import threading
from collections import deque

from nfstream.early import EarlyPlugins
from nfstream.exports import Exports
from nfstream.plugin import NFPlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

#: What a class may hold that its plugins change.
CONTAINERS = (list, dict, set, bytearray, deque)

#: Held while a run takes a plugin or gives it back.
_lock = threading.RLock()


class Attributes:
    """What a plugin was given.

    Parameters
    ----------
    given : dict
        Names and values.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        #: As the last run has left them.
        self.left: dict[str, Any] | None = None
        #: Whether a run works with the plugin.
        self.is_running = False

    def take_in(self, now: dict[str, Any]) -> None:
        """What was set since the last run was given as well, and what was deleted was not."""
        if self.left is None:
            self.given = dict(now)
            return
        for name, value in now.items():
            if name not in self.left or self.left[name] is not value:
                self.given[name] = value
        for name in self.left.keys() - now.keys():
            self.given.pop(name, None)

    def copies(self, kind: type, memo: dict[int, Any]) -> dict[str, Any]:
        """Copies of what was given, and of containers that the plugin's class holds."""
        copies: dict[str, Any] = {}
        for base in reversed(kind.__mro__):
            if issubclass(base, NFPlugin) and base is not NFPlugin:
                held = {name: value for name, value in vars(base).items() if isinstance(value, CONTAINERS)}
                copies.update((name, _copy(value, memo)) for name, value in held.items() if not name.startswith("__"))
        copies.update((name, _copy(value, memo)) for name, value in self.given.items())
        return copies


def begin(plugins: Sequence[NFPlugin]) -> tuple[NFPlugin, ...]:
    """The plugins as a run needs them, which is to end with ``end``: each with attributes as it was given them."""
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
            memo = dict(runners)
            own = [(runner, _given(runner).copies(type(runner), memo)) for runner in runners.values()]
        except BaseException:
            end(begun)
            raise
        for runner, copies in own:
            vars(runner).clear()
            vars(runner).update(copies)
        return tuple(begun)


def _runner(plugin: NFPlugin, runners: dict[int, Any]) -> NFPlugin:
    """What is called in the place of a plugin: itself, or a copy while another run works with it."""
    if id(plugin) not in runners:
        runner, attributes = plugin, _given(plugin)
        if attributes.is_running:
            runner = copy.copy(plugin)
            attributes = runner._attributes = Attributes(attributes.given)
        else:
            attributes.take_in(vars(plugin))
        attributes.is_running = True
        runners[id(plugin)] = runner
    return runners[id(plugin)]  # type: ignore[no-any-return]


def _given(plugin: NFPlugin) -> Attributes:
    attributes: Attributes | None = getattr(plugin, "_attributes", None)
    if attributes is None:
        attributes = plugin._attributes = Attributes(dict(vars(plugin)))
    return attributes


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    """A copy; a streamer and what cannot be copied is itself, also in containers, so that attributes that share a value go on to share it."""
    if id(value) in memo:
        return memo[id(value)]
    made: Any
    if isinstance(value, Exports):
        made = memo[id(value)] = value
    elif type(value) is dict:
        made = memo[id(value)] = {}
        made.update((_copy(key, memo), _copy(item, memo)) for key, item in value.items())
    elif type(value) is list:
        made = memo[id(value)] = []
        made.extend(_copy(item, memo) for item in value)
    else:
        try:
            made = copy.deepcopy(value, memo)
        except Exception:
            made = memo[id(value)] = value
    return made


def end(plugins: Sequence[NFPlugin]) -> None:
    """A run is over."""
    with _lock:
        for plugin in plugins:
            if isinstance(plugin, EarlyPlugins):
                end(plugin.plugins)
            else:
                attributes = _given(plugin)
                attributes.left, attributes.is_running = dict(vars(plugin)), False
