"""Flows as files and tables."""

from __future__ import annotations

import errno
import os

from nfstream._engine import DamageWarning, every_column
from nfstream.early import check_separator, columns_to_hide, names_of_attributes
from nfstream.parameters import suggestion
from nfstream.progress import bar
from nfstream.report import Report
from nfstream.sources import inputs, paths
from nfstream.udps import PREFIX, IteratedRun, PluggedRun, PluggedTable
from nfstream.values import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    import pandas  # type: ignore[import-untyped]
    import polars
    import pyarrow  # type: ignore[import-untyped]

    from nfstream._engine import Streamer
    from nfstream.plugin import NFPlugin
    from nfstream.sources import _Path, _Source

    _Key = bytes | bytearray | memoryview | None

#: A number of flows and files that nobody has.
MOST_FLOWS = 2**63 - 1

#: Bytes of a key that is made for one run; also the greatest length of a key.
KEY_BYTES = 64


class Exports:
    """Methods that turn the flows of an ``NFStreamer`` into files and tables. Every call is a separate run."""

    source: _Source | None
    libpcap: bool
    progress: bool
    _last: Streamer | None = None
    #: Plugins that hold a streamer share it in all runs (see ``copied``).
    _is_never_copied = True
    #: The engine for the next iteration, when the exported flows come from an ``__iter__`` of a subclass.
    _prepared: Streamer | None = None

    def _run(self, keep_l7_metadata: bool = False) -> Streamer:
        raise NotImplementedError

    def _plugins(self) -> tuple[NFPlugin, ...]:
        raise NotImplementedError

    def _iterates_otherwise(self) -> bool:
        """Whether a subclass has its own ``__iter__``, which decides what the flows are."""
        raise NotImplementedError

    def to_csv(
        self,
        path: _Path | None = None,
        columns_to_anonymize: Iterable[str] = (),
        flows_per_file: int = 0,
        rotate_files: int = 0,
        *,
        anonymization_key: _Key = None,
        progress: bool = False,
        columns: Iterable[str] | None = None,
        sep: str = ",",
        ip_anonymization: bool = False,
    ) -> int:
        """Write the flows as CSV; the first line has the names of the columns.

        Parameters
        ----------
        path : str or os.PathLike, optional
            File to write; by default the name of the first capture with ``.csv`` after it.
        columns_to_anonymize : iterable of str
            Columns whose values are hidden: each value is replaced by the keyed BLAKE2b digest (64 bytes) of its text, in
            hexadecimal. Equal values stay equal, also in different columns.
        flows_per_file : int
            Begin a new file after this many flows; 0 means one file for all. Files are numbered from 0, before the
            extension: ``flows.0.csv``, ``flows.1.csv``, ...
        rotate_files : int
            With ``flows_per_file``: keep this many files; then the first is replaced, and so on. 0 means all.
        anonymization_key : bytes, optional
            From 1 to 64 bytes; keep it secret. The same key gives the same digests; by default each call makes a new key that
            nobody knows.
        progress : bool
            Show the progress of the run on standard error.
        columns : iterable of str, optional
            Write only these columns, in this order; by default all. Columns of plugins, ``udps.NAME``, must come after the others here, too.
            Plugins and ``columns_to_anonymize`` still see all columns.
        sep, ip_anonymization
            Parameters of versions 3 to 5: the first can only be a comma, the second hides ``src_ip`` and ``dst_ip``.

        Returns
        -------
        int
            Number of flows.

        Raises
        ------
        ValueError
            For an invalid number or key, for a path that is a capture to read, and when there is no column with a name in ``columns``
            or ``columns_to_anonymize``; nothing is written then. A missing column ``udps.NAME`` is found only at the end: it is
            an error when the name looks like a misspelling of another.
        OSError
            The appropriate subclass, when the file cannot be written.

        Warns
        -----
        UserWarning
            When no flow has a column ``udps.NAME`` that was named, which is known only at the end.
        DamageWarning
            When a capture was damaged: the flows up to the damage have been written.

        Notes
        -----
        When something fails, a file appears complete or not at all; with several files, the complete ones stay. After Ctrl-C the file
        has the flows so far, including those that had not ended, and ``report.interrupted`` is true; a second Ctrl-C raises
        ``KeyboardInterrupt`` at once, and leaves no file. The engine writes the flows, without the interpreter's lock.

        If a subclass of ``NFStreamer`` has its own ``__iter__``, the flows are those that it gives.

        In a run with plugins each attribute of ``flow.udps`` is a column ``udps.NAME``, after the others; the first line names those of
        all flows, and the value is empty if a flow has none. They can be anonymized, too; plugins see the real values.

        Files and digests are those of nfstream 6.6. Deliberate differences:

        - If flows have different ``udps`` attributes, each value is still below its name; nfstream's first line names
          those of the first flow.
        - Lines end with a line feed; nfstream puts a carriage return before it.
        - A file number changes only the end of the file's name; nfstream puts it wherever ``csv`` occurs in the path, and
          overwrites the same file if it occurs nowhere.
        - Without flows there is a file with only the first line.
        - A capture that is read is not overwritten.
        - ``columns_to_anonymize`` may be any iterable; a string is one name, not a sequence of letters. An unknown name is
          an error; nfstream writes the others.

        Examples
        --------
        >>> from nfstream import NFStreamer
        >>> streamer = NFStreamer("web.pcap")
        >>> streamer.to_csv("flows.csv", columns_to_anonymize=["src_ip", "src_mac"])
        12
        >>> streamer.to_csv("flows.csv", flows_per_file=5)  # flows.0.csv, flows.1.csv, flows.2.csv
        12
        """
        for name, number in (("flows_per_file", flows_per_file), ("rotate_files", rotate_files)):
            if not isinstance(number, int) or number < 0:
                raise ValueError(f"{name} must be a whole number, 0 or more, not {number!r}")
        check_separator(sep)
        if path is None:
            captures, interface = inputs(self.source, libpcap=self.libpcap)
            if not interface and not isinstance(captures[0], str):
                raise ValueError(f"path must name a file to write: {captures[0].name} is a file object")
            path = f"{interface or captures[0]}.csv"
        run = self._begin(columns_to_hide(columns_to_anonymize, ip_anonymization), anonymization_key, progress, columns)
        return self._write(run, path, "csv", min(flows_per_file, MOST_FLOWS), min(rotate_files, MOST_FLOWS))

    def to_jsonl(
        self,
        path: _Path,
        columns_to_anonymize: Iterable[str] = (),
        *,
        anonymization_key: _Key = None,
        progress: bool = False,
        columns: Iterable[str] | None = None,
    ) -> int:
        """Write the flows as JSON Lines: one object on each line, with a member for each column.

        For parameters, return value, exceptions and warnings see ``to_csv``. An object has only the columns
        ``udps.NAME`` that its flow has; a value that JSON cannot express becomes its text.

        Examples
        --------
        >>> from nfstream import NFStreamer
        >>> NFStreamer("web.pcap").to_jsonl("flows.jsonl")
        12
        """
        return self._write(self._begin(columns_to_anonymize, anonymization_key, progress, columns), path, "jsonl")

    def to_parquet(
        self,
        path: _Path,
        columns_to_anonymize: Iterable[str] = (),
        *,
        anonymization_key: _Key = None,
        progress: bool = False,
        columns: Iterable[str] | None = None,
    ) -> int:
        """Write the flows as Apache Parquet, compressed with Zstandard. No other package is needed.

        For parameters, return value, exceptions and warnings see ``to_csv``.

        In a run with plugins, here and in ``to_arrow`` and ``to_polars``, columns ``udps.NAME`` may be null. They are Booleans,
        64-bit integers, floating point numbers, text, or lists of these; a column of other or mixed types is text. Rows are kept
        in memory until the run is over.

        Examples
        --------
        >>> from nfstream import NFStreamer
        >>> NFStreamer("web.pcap").to_parquet("flows.parquet")
        12
        """
        return self._write(self._begin(columns_to_anonymize, anonymization_key, progress, columns), path, "parquet")

    def to_arrow(
        self,
        columns_to_anonymize: Iterable[str] = (),
        *,
        anonymization_key: _Key = None,
        progress: bool = False,
        columns: Iterable[str] | None = None,
    ) -> pyarrow.Table:
        """The flows as a ``pyarrow.Table``; fields have a ``doc`` and a ``unit`` as metadata.

        For parameters and warnings see ``to_csv``.

        Raises
        ------
        ImportError
            When pyarrow is not installed.

        Examples
        --------
        >>> from nfstream import NFStreamer
        >>> NFStreamer("web.pcap").to_arrow().num_rows
        12
        """
        pyarrow = _package("pyarrow")
        return _read(self._begin(columns_to_anonymize, anonymization_key, progress, columns), pyarrow.table)

    def to_polars(
        self,
        columns_to_anonymize: Iterable[str] = (),
        *,
        anonymization_key: _Key = None,
        progress: bool = False,
        columns: Iterable[str] | None = None,
    ) -> polars.DataFrame:
        """The flows as a ``polars.DataFrame``.

        For parameters and warnings see ``to_csv``.

        Raises
        ------
        ImportError
            When polars is not installed.

        Examples
        --------
        >>> from nfstream import NFStreamer
        >>> NFStreamer("web.pcap").to_polars()["dst_port"].to_list()[:3]
        [53, 80, 53]
        """
        package: Any = _package("polars")
        frame: polars.DataFrame
        frame = _read(self._begin(columns_to_anonymize, anonymization_key, progress, columns), package.DataFrame)
        return frame

    def to_pandas(
        self,
        columns_to_anonymize: Iterable[str] = (),
        *,
        anonymization_key: _Key = None,
        progress: bool = False,
        columns: Iterable[str] | None = None,
        lists: str = "text",
        empty_text: str = "nan",
        ip_anonymization: bool = False,
    ) -> pandas.DataFrame:
        """The flows as a ``pandas.DataFrame``.

        With pyarrow it is faster and needs less memory.

        Parameters
        ----------
        columns_to_anonymize, anonymization_key, progress, columns
            The same as in ``to_csv``; the warnings are also the same.
        lists : {"text", "list"}
            Whether lists (of SPLT and of plugins) are text such as ``"[75, 91, -1]"``, as in nfstream, or ``list`` objects.
            Text can be compared, grouped and searched for duplicates; ``json.loads`` reads it.
        empty_text : {"nan", "text"}
            Whether empty text is ``NaN``, as in nfstream, so that ``isna`` and ``dropna`` find flows without a server name, or ``""``.
        ip_anonymization : bool
            A parameter of versions 3 to 5, which hides ``src_ip`` and ``dst_ip``.

        Raises
        ------
        ImportError
            When pandas is not installed.
        ValueError
            When ``lists`` or ``empty_text`` has another value.

        Notes
        -----
        Integers are ``int64``, and text has the type that pandas uses for text, as in nfstream 6.6. Deliberate differences:

        - Without flows the frame is empty and has all columns; nfstream returns ``None``.
        - A text column without any text is still a text column; in nfstream it has floating point numbers.
        - Text such as ``NA`` or ``null`` stays unchanged; nfstream turns it into ``NaN``.

        Examples
        --------
        >>> from nfstream import NFStreamer
        >>> frame = NFStreamer("web.pcap", splt_analysis=2).to_pandas()
        >>> frame.groupby("application_name")["bidirectional_bytes"].sum().to_dict()
        {'DNS': 1526, 'HTTP': 22402, 'ICMP': 588, 'TLS': 16898}
        >>> frame["splt_ps"][0]
        '[75, 91]'
        """
        _choose("lists", lists, "text", "list")
        _choose("empty_text", empty_text, "nan", "text")
        pandas = _package("pandas")
        run = self._begin(columns_to_hide(columns_to_anonymize, ip_anonymization), anonymization_key, progress, columns)
        engine = run.engine if isinstance(run, PluggedRun) else run
        try:
            import pyarrow
        except ImportError:
            pyarrow = None
        columns, further, damage = _columns(run, pyarrow)
        shown = _Shown(pandas, lists == "text", empty_text == "nan")
        named = ((name, shown.column(kind, column)) for (name, kind), column in zip(engine.columns(), columns))
        frame = dict(named)
        frame.update((name, shown.further(kind, values)) for name, kind, values in further)
        return _returned(pandas.DataFrame(frame), damage)

    @property
    def report(self) -> Report | None:
        """The counters of the last run so far; ``None`` before the first run."""
        counters = None if self._last is None else self._last.report()
        return None if counters is None else Report(**counters)

    def _begin(
        self,
        to_anonymize: Iterable[str] = (),
        key: _Key = None,
        progress: bool = False,
        columns: Iterable[str] | None = None,
        *,
        flows: bool = False,
    ) -> Streamer | PluggedRun:
        """The object that starts a run, whose counters ``report`` gives; with ``flows``, fields are kept that are not columns."""
        plugins = self._plugins()
        if flows and self._prepared is not None:
            engine, self._prepared = self._prepared, None
            return PluggedRun(engine, plugins) if plugins else engine
        is_own = self._iterates_otherwise()
        engine, hidden, digest = _anonymized(self._run(flows or is_own or bool(plugins)), to_anonymize, key, plugins)
        engine, selected = _selected(engine, columns, plugins)
        self._last = engine
        if progress or self.progress:
            engine = engine.watched(bar())
        if is_own and not flows:
            return IteratedRun(engine, plugins, hidden, digest, selected, streamer=self)
        return PluggedRun(engine, plugins, hidden, digest, selected) if plugins else engine

    def _write(
        self, run: Streamer | PluggedRun, path: _Path, format: str, flows_per_file: int = 0, rotate_files: int = 0
    ) -> int:
        target = os.fsdecode(path)
        if not target:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), target)
        if os.path.exists(target) and any(os.path.samefile(target, capture) for capture in paths(self.source, self.libpcap)):
            raise ValueError(f"{target!r} is a capture to read: writing flows to it would replace it")
        if not isinstance(run, PluggedRun):
            flows = run.write(target, format, flows_per_file=flows_per_file, rotate_files=rotate_files)
        elif format == "parquet":
            table, damage = _table(run)
            flows = table.write_parquet(target)
            if damage is not None:
                raise damage
        else:
            flows = run.write_lines(target, format, flows_per_file, rotate_files)
        _logger().info("%s: %s", target, self.report)
        return flows


def _logger() -> Any:
    # Here because it would take a large part of the time for importing the package.
    import logging

    return logging.getLogger("nfstream")


def _anonymized(
    engine: Streamer, columns: Iterable[str], key: _Key, plugins: tuple[NFPlugin, ...]
) -> tuple[Streamer, list[str], Callable[[str], str]]:
    """The engine with its own columns hidden, the columns of plugins to hide, and the function that hides a value."""
    names = [columns] if isinstance(columns, str) else list(columns)
    if key is not None and not isinstance(key, (bytes, bytearray, memoryview)):
        raise TypeError(f"anonymization_key must be bytes, not {type(key).__name__}")
    secret = None if key is None else bytes(key)
    if secret is not None and not 1 <= len(secret) <= KEY_BYTES:
        raise ValueError(f"anonymization_key must have from 1 to {KEY_BYTES} bytes, not {len(secret)}")
    if not names:
        return engine, [], str
    if secret is None:
        secret = os.urandom(KEY_BYTES)
    of_plugins = _of_plugins(names, plugins)
    known = {name for name, _ in engine.columns()}
    unknown = [name for name in names if name not in known and name not in of_plugins]
    # A column that exists only with other parameters cannot be seen anyway.
    if unknown and (unknown := [name for name in unknown if name not in every_column()]):
        listed = ", ".join(map(repr, unknown))
        meant = suggestion(unknown[0], [*known, *names_of_attributes(plugins)]) if isinstance(unknown[0], str) else ""
        raise ValueError(f"columns_to_anonymize: no column is called {listed}{meant}")
    own = [name for name in names if name in known]
    return engine.anonymized(own, secret) if own else engine, of_plugins, _digest(secret)


def _selected(
    engine: Streamer, columns: Iterable[str] | None, plugins: tuple[NFPlugin, ...]
) -> tuple[Streamer, list[str] | None]:
    """The engine with only some of its own columns, and the columns of plugins to write."""
    if columns is None:
        return engine, None
    names = [columns] if isinstance(columns, str) else list(columns)
    of_plugins = _of_plugins(names, plugins)
    own = [name for name in names if name not in of_plugins]
    if names != own + of_plugins:
        raise ValueError(f"columns: those of plugins ({', '.join(of_plugins)}) must come after the others")
    if len(set(of_plugins)) < len(of_plugins):
        raise ValueError(f"columns: one is selected twice: {', '.join(of_plugins)}")
    if of_plugins and not own:
        raise ValueError(f"columns: name at least one column of the flow itself, besides those of plugins ({', '.join(of_plugins)})")
    return engine.selected(own), of_plugins


def _of_plugins(names: list[str], plugins: tuple[NFPlugin, ...]) -> list[str]:
    """The names that columns of plugins may have."""
    bare = names_of_attributes(plugins)
    return [name for name in names if plugins and isinstance(name, str) and (name.startswith(PREFIX) or name in bare)]


def _digest(key: bytes) -> Callable[[str], str]:
    """The function that the engine applies to values that are hidden."""

    def digest(text: str) -> str:
        import hashlib

        return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), key=key).hexdigest()

    return digest


def _package(name: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        message = f"{name} is not installed: install it with pip install 'nfstream-rs[{name}]'"
        raise ModuleNotFoundError(message, name=name) from None


class _Stream:
    """An object that every reader of Arrow C streams accepts."""

    def __init__(self, engine: Streamer) -> None:
        self.engine = engine

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.engine.arrow_c_stream(keeps_warnings=True)


def _returned(table: Any, damage: BaseException | None) -> Any:
    """Returns the table; if warnings are errors, raises the exception with the table."""
    if damage is None:
        return table
    damage.table = table  # type: ignore[attr-defined]
    raise damage


def _table(run: PluggedRun) -> tuple[PluggedTable, DamageWarning | None]:
    """The rows of a run, and the warning at its end if warnings are errors."""
    try:
        return run.table(), None
    except DamageWarning as damage:
        return damage.table, damage


def _read(run: Streamer | PluggedRun, reader: Any) -> Any:
    if isinstance(run, PluggedRun):
        rows, damage = _table(run)
        return _returned(reader(rows), damage)
    try:
        table = reader(_Stream(run))
    except Exception:
        # The reader has only the message: Ctrl-C, for example, would become an error of the reader.
        failure = run.take_failure()
        if failure is None:
            raise
    else:
        return _returned(table, run.take_failure())
    raise failure


def _columns(
    run: Streamer | PluggedRun, pyarrow: Any
) -> tuple[Iterable[Any], list[tuple[str, str, list[Any]]], BaseException | None]:
    """Values of the engine's columns; name, kind and values of those of plugins; and the warning at the end, if it is an error."""
    damage: BaseException | None = None
    if pyarrow and isinstance(run, PluggedRun):
        table, damage = _table(run)
        return pyarrow.table(table.own()).columns, table.further(), damage
    if pyarrow:
        try:
            return _read(run, pyarrow.table).columns, [], None
        except DamageWarning as warning:
            return warning.table.columns, [], warning
    rows: list[list[Any]] = []
    if not isinstance(run, PluggedRun):
        shown = run.table()
        try:
            rows.extend(shown.row(flow) for flow in run.flows())
        except DamageWarning as warning:
            damage = warning
        return ([row[place] for row in rows] for place in range(len(run.columns()))), [], damage
    table = PluggedTable(run.engine)
    for flow, further in run.rows():
        rows.append(table.row(flow))
        table.append(flow, further)
    columns = ([row[place] for row in rows] for place in range(len(run.engine.columns())))
    return columns, table.further(), run.damage


def _choose(name: str, value: object, *choices: str) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be {' or '.join(map(repr, choices))}, not {value!r}")


class _Shown:
    """Columns in the form that pandas uses.

    Parameters
    ----------
    pandas : module
        The package.
    lists_are_text, empty_is_nan : bool
        How lists and empty text are shown.
    """

    def __init__(self, pandas: Any, lists_are_text: bool, empty_is_nan: bool) -> None:
        self.pandas = pandas
        self.lists_are_text = lists_are_text
        self.empty_is_nan = empty_is_nan

    def column(self, kind: str, column: Any) -> pandas.Series:
        """A column of the engine, as a pyarrow column or a list."""
        if kind.startswith("list of ") or kind.startswith("struct of "):
            values = column if isinstance(column, list) else column.to_pylist()
            if kind.startswith("struct of "):
                values = [{name: text for name, text in row.items() if text is not None} for row in values]
            elif self.lists_are_text:
                return self.pandas.Series(list(map(str, values)), dtype=str)
            return self.pandas.Series(values, dtype=object)
        if kind == "text":
            return self.text(column)
        return self.pandas.Series(column, dtype="int64" if "int" in kind else "float64")

    def text(self, values: Any) -> pandas.Series:
        """A column of text."""
        column = self.pandas.Series(values, dtype=str)
        if not self.empty_is_nan:
            return column
        # Without pyarrow, pandas cannot compare text by itself.
        is_empty = self.pandas.Series([value == "" for value in values], dtype=bool) if isinstance(values, list) else column == ""
        return column.mask(is_empty)

    def further(self, kind: str, values: list[Any]) -> pandas.Series:
        """A column of plugins."""
        if kind.startswith("list ") and self.lists_are_text:
            # As text in a file: a tuple has the text of a tuple.
            kind, values = "text", [None if value is None else str(value) for value in values]
        if kind != "text":
            return series(self.pandas, kind, values)
        is_missing = [value is None or self.empty_is_nan and value == "" for value in values]
        column = self.pandas.Series(["" if value is None else value for value in values], dtype=str)
        return column.mask(self.pandas.Series(is_missing, dtype=bool))
