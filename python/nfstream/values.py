"""Values that plugins set, in the form for files and tables."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Types that are not NumPy's and contain none of NumPy's.
_PLAIN = {bool, int, float, str, bytes, type(None)}

#: Integers up to this are exact as floating point numbers, too.
_EXACT = 2**53


def plain(value: Any) -> Any:
    """A value with plain numbers and lists instead of NumPy's, also in lists, tuples, sets and dicts; NumPy's times become text."""
    try:
        return _plain(value)
    except RecursionError:
        return value


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if hasattr(kind, "tolist"):
        held = getattr(getattr(value, "dtype", None), "kind", "")
        # As numbers, times of NumPy would not have a unit.
        made = (value.astype(str) if held in ("M", "m") else value).tolist()
        return _plain(made) if held == "O" else made
    if kind is dict:
        return {_plain(key): _plain(item) for key, item in value.items()}
    if kind in (list, tuple, set, frozenset) and not _PLAIN.issuperset(map(type, value)):
        return kind(map(_plain, value))
    return value


def in_json(value: Any) -> Any:
    """For ``json.dumps``: a value that JSON cannot express becomes its text."""
    return plain(value) if hasattr(value, "tolist") else str(value)


def of_one_kind(values: list[Any]) -> tuple[str, list[Any]]:
    """A kind of column, and the values in the form of that kind.

    Booleans, 64-bit integers, floating point numbers and text stay as they are, also in lists and tuples. Integers among
    floating point numbers become floating point numbers. Everything else becomes its text.

    Examples
    --------
    >>> of_one_kind([1, None, True]), of_one_kind([1, 0.5])
    (('int64', [1, None, True]), ('float64', [1, 0.5]))
    >>> of_one_kind(["a", None]), of_one_kind(["a", 1])
    (('text', ['a', None]), ('text', ['a', '1']))
    >>> of_one_kind([[1, 2], [], (3,)]), of_one_kind([{}, [1]])
    (('list of int64', [[1, 2], [], (3,)]), ('text', ['{}', '[1]']))
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds and kinds <= {list, tuple}:
        items = [item for value in values if value is not None for item in value]
        kind = _scalar_kind(items)
        if kind == "text":
            return "list of text", [value if value is None else list(map(text, value)) for value in values]
        if kind is not None:
            return f"list of {kind}", values
    kind = _scalar_kind(values)
    if kind is None or kind == "text":
        return "text", [None if value is None else text(value) for value in values]
    return kind, values


def _scalar_kind(values: list[Any]) -> str | None:
    """The kind of all values that are not ``None``; ``None`` if they are of several kinds."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return "text"
    if kinds == {bool}:
        return "bool"
    whole = [value for value in values if type(value) is int]
    if kinds <= {int, bool}:
        return "int64" if all(-(2**63) <= value < 2**63 for value in whole) else None
    if kinds <= {int, bool, float}:
        return "float64" if all(abs(value) <= _EXACT for value in whole) else None
    return None


def series(pandas: Any, kind: str, values: list[Any]) -> Any:
    """A column for pandas: missing values are those that pandas uses."""
    if kind.startswith("list "):
        return pandas.Series(values, dtype=object)
    inexact = kind == "int64" and None in values and any(abs(value or 0) > _EXACT for value in values)
    if kind == "int64" and not inexact:
        return pandas.Series(values, dtype="float64" if None in values else "int64")
    if kind == "float64":
        return pandas.Series(values, dtype="float64")
    return pandas.Series(values, dtype=object if inexact or kind == "bool" and None in values else None)


def text(value: Any) -> str:
    """A value in CSV: its text, or empty for ``None``."""
    if value is None:
        return ""
    written = str(value)
    return written if written.isascii() else written.encode("utf-8", "backslashreplace").decode()


def json_text(value: Any) -> str:
    """A value in JSON; a value that JSON cannot express becomes its text, but NaN and infinite numbers are null."""
    import json

    if isinstance(value, float) and not abs(value) < float("inf"):
        return "null"
    try:
        return text(json.dumps(value, default=in_json, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return text(json.dumps(text(value), ensure_ascii=False))
