"""Attributes of plugins: every run begins with those that were given."""

from __future__ import annotations

import copy
import weakref
from collections import deque
from functools import partial

from nfstream.early import EarlyPlugins
from nfstream.plugin import NFPlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

#: What a class may hold that its plugins change.
CONTAINERS = (list, dict, set, bytearray, deque)

#: By the plugins' ids. Plugins need not be hashable.
_attributes: dict[int, _Attributes] = {}


class _Attributes:
    """What a plugin was given, and where it is.

    Parameters
    ----------
    plugin : NFPlugin
        The plugin.
    """

    def __init__(self, plugin: NFPlugin) -> None:
        self.given = dict(vars(plugin))
        #: As the last run has left them.
        self.left: dict[str, Any] | None = None
        #: Whether a run works with the plugin.
        self.is_running = False
        self.plugin = weakref.ref(plugin, partial(_forget, id(plugin)))

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

    def copies(self, memo: dict[int, Any]) -> dict[str, Any]:
        """Copies of what was given, and of containers that the plugin's class holds."""
        copies: dict[str, Any] = {}
        for kind in reversed(type(self.plugin()).__mro__):
            if issubclass(kind, NFPlugin) and kind is not NFPlugin:
                held = {name: value for name, value in vars(kind).items() if isinstance(value, CONTAINERS)}
                copies.update((name, _copy(value, memo)) for name, value in held.items() if not name.startswith("__"))
        copies.update((name, _copy(value, memo)) for name, value in self.given.items())
        return copies


def _forget(number: int, plugin: object) -> None:
    _attributes.pop(number, None)


def begin(plugins: Sequence[NFPlugin]) -> tuple[NFPlugin, ...]:
    """The plugins as a run needs them, which is to end with ``end``: each with attributes as it was given them."""
    # Copies of plugins that know each other know the plugins of the run.
    runners: dict[int, Any] = {}
    begun = [
        EarlyPlugins(begin(plugin.plugins)) if isinstance(plugin, EarlyPlugins) else _runner(plugin, runners)
        for plugin in plugins
    ]
    for number, runner in list(runners.items()):
        own = _attributes[number].copies(runners)
        vars(runner).clear()
        vars(runner).update(own)
    return tuple(begun)


def _runner(plugin: NFPlugin, runners: dict[int, Any]) -> NFPlugin:
    """What is called in the place of a plugin: itself, or a copy while another run works with it."""
    if id(plugin) in runners:
        return runners[id(plugin)]  # type: ignore[no-any-return]
    if id(plugin) not in _attributes:
        _attributes[id(plugin)] = _Attributes(plugin)
    attributes = _attributes[id(plugin)]
    runner = copy.copy(plugin) if attributes.is_running else plugin
    if runner is plugin:
        attributes.take_in(vars(plugin))
        attributes.is_running = True
    runners[id(plugin)] = runner
    return runner


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    try:
        return copy.deepcopy(value, memo)
    except Exception:
        return value


def end(plugins: Sequence[NFPlugin]) -> None:
    """A run is over."""
    for plugin in plugins:
        # A copy, which worked while another run did with the plugin, is in no table.
        attributes = _attributes.get(id(plugin))
        if isinstance(plugin, EarlyPlugins):
            end(plugin.plugins)
        elif attributes is not None:
            attributes.left, attributes.is_running = dict(vars(plugin)), False
