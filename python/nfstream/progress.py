"""How far a run has come, on standard error."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class _Bar(Protocol):
        """What the engine tells how far a run has come."""

        def update(self, read: int, total: int | None, packets: int, flows: int) -> None: ...

        def close(self) -> None: ...


def bar() -> _Bar:
    """A tqdm bar if tqdm is installed, else a plain line."""
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return PlainBar()
    return TqdmBar(tqdm)


class TqdmBar:
    """Bytes of the captures; packets where nobody knows how many bytes there will be."""

    def __init__(self, tqdm: Any) -> None:
        self.tqdm = tqdm
        self.bar: Any = None

    def update(self, read: int, total: int | None, packets: int, flows: int) -> None:
        if self.bar is None:
            unit = " packets" if total is None else "B"
            self.bar = self.tqdm(total=total, unit=unit, unit_scale=True, unit_divisor=1000)
        self.bar.set_postfix(flows=flows, refresh=False)
        self.bar.update((packets if total is None else read) - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


class PlainBar:
    """One line, which is written over on a terminal; elsewhere it is written once, at the end."""

    def __init__(self) -> None:
        self.line = ""
        self.closed = False

    def update(self, read: int, total: int | None, packets: int, flows: int) -> None:
        before, self.line = self.line, f"{packets:,} packets, {flows:,} flows"
        if total:
            self.line = f"{min(read / total, 1):.0%} of {total / 1e6:,.1f} MB: {self.line}"
        if sys.stderr.isatty():
            print(f"\r{self.line:<{len(before)}}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        self.closed = True
        print("" if sys.stderr.isatty() else self.line, file=sys.stderr, flush=True)

    def __del__(self) -> None:
        """A run that was left early; tqdm sees to that by itself."""
        if self.line and not self.closed:
            self.close()
