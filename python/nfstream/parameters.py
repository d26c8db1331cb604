"""What is said of parameters and plugins that are not right."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name that is most like another one, if any is; upper and lower case are alike.

    Examples
    --------
    >>> nearest("statistical_analisys", ["n_meters", "statistical_analysis"]), nearest("colour", ["n_meters"])
    ('statistical_analysis', None)
    """
    import difflib

    folded = {one.casefold(): one for one in known}
    return next((folded[like] for like in difflib.get_close_matches(name.casefold(), folded, 1, likeness)), None)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not known: the one that is most like it."""
    likely = nearest(name, known)
    return "" if likely is None else f": did you mean {likely!r}?"


def check_methods(plugin: object, base: type, called: tuple[str, ...]) -> None:
    """Check that a plugin has a method that is ever called, if it has any: a slip in a name would go unnoticed.

    Raises
    ------
    ValueError
        When it has methods, and none of them is called.
    """
    kinds = [kind for kind in type(plugin).__mro__ if kind is not base and issubclass(kind, base)]
    own = {name for kind in kinds for name, value in vars(kind).items() if callable(value) and not name.startswith("_")}
    if not own or not own.isdisjoint(called) or any(callable(vars(plugin).get(name)) for name in called):
        return
    names = sorted(own)
    likely = next((like for name in names if (like := nearest(name, called))), None)
    meant = "" if likely is None else f"; did you mean {likely}?"
    raise ValueError(
        f"{type(plugin).__name__} has none of the methods that are called, {', '.join(called[:-1])} and {called[-1]}, only "
        f"{', '.join(names)}{meant}"
    )


#: Of a function with `*arguments` (inspect.CO_VARARGS).
_TAKES_ANY_NUMBER = 0x04


def check_on_init(plugin: object, is_of_today: bool) -> None:
    """Check that ``on_init`` is called as it was written: with a packet and a flow today, with a packet only in versions 3 to 5.

    Raises
    ------
    TypeError
        When it takes what it would be called with by the other parameter. nfstream's error for a parameter that a version has not is one,
        too, and scripts try the other after it.
    """
    method = getattr(plugin, "on_init", None)
    function = getattr(method, "__func__", method)
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & _TAKES_ANY_NUMBER:
        return
    most = code.co_argcount - (getattr(method, "__self__", None) is not None)
    least = most - len(getattr(function, "__defaults__", None) or ())
    name = f"{type(plugin).__name__}.on_init"
    if is_of_today and most == 1:
        raise TypeError(f"{name} takes a packet only, as in versions 3 to 5 of nfstream: give the plugin as plugins=[...]")
    if not is_of_today and least == 2:
        raise TypeError(f"{name} takes a packet and a flow, as since version 6 of nfstream: give the plugin as udps=[...]")


def warn_the_caller(message: str) -> None:
    """Warn, and name the line outside this package that has called it."""
    import warnings

    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("nfstream."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
