"""The progress of a run, on standard error."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class _Bar(Protocol):
        """An object to which the engine reports the progress of a run."""

        def update(self, read: int, total: int | None, packets: int, flows: int) -> None: ...

        def close(self) -> None: ...


#: A terminal shows ^C at the end of the bar. It needs room there: on the next line, it would stay.
_ROOM = 6


def bar() -> _Bar:
    """A tqdm bar if tqdm is installed, else a plain line."""
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return PlainBar()
    return TqdmBar(tqdm)


class _BestEffort:
    """If nothing can be shown, because standard error is missing or closed, the run continues without it."""

    given_up = False

    def _try(self, show: Callable[..., object], *arguments: object) -> None:
        if self.given_up:
            return
        try:
            show(*arguments)
        except Exception:
            self.given_up = True


class TqdmBar(_BestEffort):
    """Shows bytes of the captures, or packets if the number of bytes is not known."""

    def __init__(self, tqdm: Any) -> None:
        self.tqdm = tqdm
        self.bar: Any = None

    def update(self, read: int, total: int | None, packets: int, flows: int) -> None:
        self._try(self._update, packets if total is None else read, total, flows)

    def _update(self, so_far: int, total: int | None, flows: int) -> None:
        if self.bar is None:
            unit = " packets" if total is None else "B"
            self.bar = self.tqdm(total=total, unit=unit, unit_scale=True, unit_divisor=1000)
        self.bar.set_postfix(flows=flows, refresh=False)
        self.bar.update(so_far - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self._try(self.bar.close)


class PlainBar(_BestEffort):
    """Shows one line, which is overwritten on a terminal; elsewhere it is written once, at the end."""

    def __init__(self) -> None:
        self.line = ""
        self.closed = False

    def update(self, read: int, total: int | None, packets: int, flows: int) -> None:
        counted = f"{packets:,} packets, {flows:,} flows"
        lines = [counted, f"{packets:,}"]
        if total:
            share = f"{min(read / total, 1):.0%}"
            lines = [f"{share} of {total / 1e6:,.1f} MB: {counted}", f"{share}: {counted}", share]
        self._try(self._show, lines)

    def _show(self, lines: list[str]) -> None:
        self.line = lines[0]
        if sys.stderr.isatty():
            width = _width() - _ROOM
            fitting = next((line for line in lines if len(line) <= width), "")
            print(f"\r{fitting}\x1b[K", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        self.closed = True
        self._try(self._end)

    def _end(self) -> None:
        print("" if sys.stderr.isatty() else self.line, file=sys.stderr, flush=True)

    def __del__(self) -> None:
        """Closes the bar of a run that ended early; tqdm does that by itself."""
        if self.line and not self.closed:
            self.close()


def _width() -> int:
    """The columns of the terminal; 0 if it has no size."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (AttributeError, OSError):
        # Standard error is an object that the program has made itself.
        return 80
