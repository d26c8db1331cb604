"""Messages about parameters and plugins that are not valid."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name that is most similar to another, if there is one; upper and lower case are the same.

    Examples
    --------
    >>> nearest("statistical_analisys", ["n_meters", "statistical_analysis"]), nearest("colour", ["n_meters"])
    ('statistical_analysis', None)
    """
    import difflib

    folded = {one.casefold(): one for one in known}
    return next((folded[like] for like in difflib.get_close_matches(name.casefold(), folded, 1, likeness)), None)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known name that is most similar."""
    likely = nearest(name, known)
    return "" if likely is None else f": did you mean {likely!r}?"


def check_methods(plugin: object, base: type, called: tuple[str, ...]) -> None:
    """Check that a plugin with methods has one that is called: a misspelled name would go unnoticed.

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
        f"{type(plugin).__name__} has none of the methods that are called ({', '.join(called[:-1])} and {called[-1]}), only "
        f"{', '.join(names)}{meant}"
    )


#: The flag of a function with `*arguments` (inspect.CO_VARARGS).
_TAKES_ANY_NUMBER = 0x04


def check_on_init(plugin: object, is_of_today: bool) -> None:
    """Check that ``on_init`` takes the arguments of its version: a packet and a flow today, only a packet in versions 3 to 5.

    Raises
    ------
    TypeError
        When it takes the arguments of the other parameter. nfstream also raises a ``TypeError`` for a parameter that a version lacks, and scripts
        then try the other parameter.
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
        raise TypeError(f"{name} takes only a packet, as in versions 3 to 5 of nfstream: give the plugin as plugins=[...]")
    if not is_of_today and least == 2:
        raise TypeError(f"{name} takes a packet and a flow, as since version 6 of nfstream: give the plugin as udps=[...]")


def warn_the_caller(message: str) -> None:
    """Warn, and name the line outside this package that made the call."""
    import warnings

    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("nfstream."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
