"""Runs with plugins."""

from __future__ import annotations

from nfstream.early import EarlyUDPS, names_of_attributes
from nfstream.plugin import UDPS, clean_up, own_method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from nfstream._engine import NFlow, Streamer
    from nfstream.plugin import NFPlugin


def flows(engine: Streamer, plugins: tuple[NFPlugin, ...]) -> Generator[NFlow]:
    """A run with plugins."""
    # Here because most programs have no plugins.
    from nfstream.attributes import begin, end

    begun = begin(plugins)
    try:
        calls = (_calls(begun, name) for name in ("on_init", "on_update", "on_expire"))
        run = engine.plugged_flows(EarlyUDPS if names_of_attributes(begun) else UDPS, *calls)
        try:
            yield from run
        finally:
            run.close()
    finally:
        # Nothing can be imported here: the interpreter may be shutting down.
        try:
            clean_up(begun)
        finally:
            end(begun)


def _calls(plugins: Sequence[NFPlugin], name: str) -> list[Callable[..., object]]:
    """The methods with a name that plugins define themselves."""
    return [method for plugin in plugins if (method := own_method(plugin, name))]
