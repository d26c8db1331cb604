"""Named tuples: TCP flags and entries of versions 2 to 5, and steps of a clock."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: From the lowest bit (RFC 9293, section 3.1; RFC 3168).
_FLAGS = "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"


_TCPFlags = namedtuple("_TCPFlags", "syn cwr ece urg ack psh rst fin")


class TCPFlags(_TCPFlags):
    """The flags of a TCP header, each 0 or 1. As a number (``int(flags)``, ``flags & 0x02``) they are the header's octet.

    Examples
    --------
    >>> flags = TCPFlags(syn=1, cwr=0, ece=0, urg=0, ack=1, psh=0, rst=0, fin=0)
    >>> flags.ack, int(flags), flags & 0x04
    (1, 18, 0)
    """

    __slots__ = ()

    def __int__(self) -> int:
        return sum(getattr(self, flag) << bit for bit, flag in enumerate(_FLAGS))

    __index__ = __int__

    def __and__(self, mask: int) -> int:
        return int(self) & mask

    __rand__ = __and__


_ClockSteps = namedtuple("_ClockSteps", "count largest frame")


class ClockSteps(_ClockSteps):
    """Irregular steps in the time of packets.

    Attributes
    ----------
    count : int
        Number of steps.
    largest : float
        The largest step, in seconds.
    frame : int
        The packet after the step: its number among the frames of all captures, from 1, without those that the filter left out.
    """

    __slots__ = ()


def entry_of(fields: tuple[str, ...]) -> type[tuple[Any, ...]]:
    """A class of named tuples with these fields."""
    known = _ENTRIES.get(fields)
    if known is None:
        known = _ENTRIES[fields] = namedtuple("NFEntry", fields, rename=True)
    return known


#: Classes by their fields: runs have a few.
_ENTRIES: dict[tuple[str, ...], type[tuple[Any, ...]]] = {}
