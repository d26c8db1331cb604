"""Values that plugins set for flows, as columns of files and tables."""

from __future__ import annotations

from nfstream._engine import DamageWarning, NFlow
from nfstream.early import NFEntry, names_of_attributes
from nfstream.parameters import nearest
from nfstream.plugged import flows
from nfstream.plugin import UDPS
from nfstream.values import json_text, of_one_kind, plain, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import Any, Protocol

    from nfstream._engine import Streamer
    from nfstream.plugin import NFPlugin

    class _Iterated(Protocol):
        """The part of an ``NFStreamer`` that is needed here."""

        _prepared: Streamer | None

#: Prefix that turns the name of an attribute of ``flow.udps`` into the name of a column.
PREFIX = "udps."

#: The values of plugins if there are no plugins.
_NOTHING = UDPS()


class PluggedRun:
    """A run with plugins, whose flows go to a file or a table.

    Columns ``udps.NAME`` of all flows come after the others, in the order in which they first appeared. If a flow lacks an
    attribute, there is no value. Columns of plugins of the first published interface are named ``NAME`` alone.

    Parameters
    ----------
    engine : Streamer
        The engine. Its own columns are hidden already.
    plugins : tuple of NFPlugin
        The plugins that see the packets.
    hidden : iterable of str
        Columns ``udps.NAME`` to hide.
    digest : callable, optional
        The function that hides a value: it turns its text into another text.
    selected : list of str, optional
        The only columns ``udps.NAME`` to write, in order. The columns of the engine are selected already.
    """

    def __init__(
        self,
        engine: Streamer,
        plugins: tuple[NFPlugin, ...],
        hidden: Iterable[str] = (),
        digest: Callable[[str], str] = str,
        selected: list[str] | None = None,
    ) -> None:
        self.engine = engine
        self.plugins = plugins
        self.hidden = set(hidden)
        self.digest = digest
        self.selected = selected
        self._bare = set(names_of_attributes(plugins))
        #: The warning at the end, if warnings are errors.
        self.damage: DamageWarning | None = None

    def rows(self) -> Generator[tuple[NFlow, dict[str, Any]]]:
        """The flows, each with the values that plugins have set; ``None`` reveals nothing and is not hidden."""
        unseen, names = set(self.hidden), set[str]()
        not_set = {} if self.selected is None else dict.fromkeys(self.selected)
        empty = set(not_set)
        run = self._flows()
        try:
            for flow in run:
                given = vars(getattr(flow, "udps", _NOTHING)).items()
                further = {name if name in self._bare else PREFIX + name: plain(value) for name, value in given}
                if (unseen or empty) and not names.issuperset(further):
                    names.update(further)
                    empty -= names
                    self._check("columns_to_anonymize", unseen - names, names - self.hidden, 1)
                for name in self.hidden & further.keys():
                    if further[name] is not None:
                        further[name] = self.digest(str(further[name]))
                    unseen.discard(name)
                if self.selected is not None:
                    further = {name: further.get(name) for name in not_set}
                yield flow, further
        except DamageWarning as damage:
            self.damage = damage
        finally:
            run.close()
        self._check("columns_to_anonymize", unseen, names - self.hidden, 0.75)
        self._check("columns", empty, names - not_set.keys(), 0.75)
        if unseen:
            warn_of_unknown("no column to anonymize", sorted(unseen), 6)
        if empty - unseen:
            warn_of_unknown("no column", sorted(empty - unseen), 6)

    def _check(self, parameter: str, unseen: set[str], names: set[str], likeness: float) -> None:
        """Refuses a file or table with values that are visible, or missing, because of a misspelled name."""
        for name in unseen:
            likely = nearest(name.removeprefix(PREFIX), (seen.removeprefix(PREFIX) for seen in names), likeness)
            if likely is not None:
                meant = likely if likely in self._bare else PREFIX + likely
                raise ValueError(f"{parameter}: no column is called {name!r}: did you mean {meant!r}?")

    def _flows(self) -> Generator[NFlow]:
        return flows(self.engine, self.plugins)

    def write_lines(self, path: str, format: str, flows_per_file: int, rotate_files: int) -> int:
        """Write CSV or JSON Lines."""
        lines = self.engine.lines(path, format, flows_per_file, rotate_files)
        written = text if format == "csv" else json_text
        number, rows = 0, self.rows()
        try:
            for flow, further in rows:
                lines.write(flow, [(name, written(value)) for name, value in further.items()])
                number += 1
        except BaseException:
            # The exception keeps the local variables alive.
            lines.discard()
            raise
        finally:
            rows.close()
        lines.finish()
        if self.damage is not None:
            raise self.damage
        return number

    def table(self) -> PluggedTable:
        """Run, and keep the rows."""
        table, rows = PluggedTable(self.engine), self.rows()
        try:
            for flow, further in rows:
                table.append(flow, further)
        finally:
            rows.close()
        if self.damage is not None:
            self.damage.table = table
            raise self.damage
        return table


class IteratedRun(PluggedRun):
    """A run whose flows are chosen, changed or made by an ``__iter__`` of a subclass of ``NFStreamer``.

    Parameters
    ----------
    engine, plugins, hidden, digest, selected
        The same as in a ``PluggedRun``.
    streamer : NFStreamer
        The object to iterate over.
    """

    def __init__(
        self,
        engine: Streamer,
        plugins: tuple[NFPlugin, ...],
        hidden: Iterable[str],
        digest: Callable[[str], str],
        selected: list[str] | None,
        *,
        streamer: _Iterated,
    ) -> None:
        super().__init__(engine, plugins, hidden, digest, selected)
        self.streamer = streamer

    def _flows(self) -> Generator[NFlow]:
        self.streamer._prepared = self.engine
        iterator = iter(self.streamer)  # type: ignore[call-overload]
        try:
            for flow in iterator:
                flow = flow._flow if isinstance(flow, NFEntry) else flow
                if not isinstance(flow, NFlow):
                    kind, given = type(self.streamer).__name__, type(flow).__name__
                    raise TypeError(f"files and tables need NFlow objects, but {kind}.__iter__ gave a {given}")
                yield flow
        finally:
            self.streamer._prepared = None
            if hasattr(iterator, "close"):
                iterator.close()


class PluggedTable:
    """Flows and the values that plugins set for them, by column.

    Parameters
    ----------
    engine : Streamer
        The source of the flows.
    """

    def __init__(self, engine: Streamer) -> None:
        self.rows = 0
        self._own = engine.table()
        self._further: dict[str, list[Any]] = {}

    def append(self, flow: NFlow, further: dict[str, Any]) -> None:
        """Add a flow."""
        self._own.append(flow)
        for name, value in further.items():
            values = self._further.setdefault(name, [])
            values.extend([None] * (self.rows - len(values)))
            # A plugin may later change the value that it has set.
            if isinstance(value, (list, dict, set, bytearray)):
                # Here because hardly any plugin has such a value.
                from nfstream.copies import copied

                value = copied(value, {})
            values.append(value)
        self.rows += 1

    def further(self) -> list[tuple[str, str, list[Any]]]:
        """Name, kind and values of the columns that plugins have made."""
        for values in self._further.values():
            values.extend([None] * (self.rows - len(values)))
        return [(name, *of_one_kind(values)) for name, values in self._further.items()]

    def write_parquet(self, path: str) -> int:
        """Write the rows."""
        self._own.write_parquet(path, self.further())
        return self.rows

    def row(self, flow: NFlow) -> list[Any]:
        """The values of a flow as they are in the table, without those that plugins have set."""
        return self._own.row(flow)

    def own(self) -> _Stream:
        """The rows as an Arrow stream, without the values that plugins have set."""
        return _Stream(self._own.arrow_c_stream([]))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._own.arrow_c_stream(self.further())


class _Stream:
    def __init__(self, capsule: object) -> None:
        self.capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.capsule


def warn_of_unknown(what: str, names: Iterable[object], level: int) -> None:
    """Warn of names that no column has."""
    import warnings

    warnings.warn(f"{what} is called {', '.join(map(repr, names))}", stacklevel=level)
