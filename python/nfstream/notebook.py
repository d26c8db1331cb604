"""Tables for notebooks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def table(title: str, rows: Iterable[tuple[str, object]]) -> str:
    """Names and values as HTML.

    Examples
    --------
    >>> table("Flow", [("user_agent", "<b>")])
    '<table><caption>Flow</caption><tbody><tr><th>user_agent</th><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    # Here because hardly any program needs it.
    from html import escape

    lines = [f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows]
    return f"<table><caption>{escape(title)}</caption><tbody>{''.join(lines)}</tbody></table>"
