"""Copies of the attributes of plugins, and of what plugins set."""

from __future__ import annotations

import copy
from collections import Counter, OrderedDict, defaultdict, deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Copied with what is in them, one by one.
_OF_ANYTHING = (list, dict, set, deque, defaultdict, OrderedDict, Counter)


def copied(value: Any, memo: dict[int, Any]) -> Any:
    """A copy; a streamer and what cannot be copied is itself, also in containers, so that attributes that share a value go on to share it."""
    if id(value) in memo:
        return memo[id(value)]
    made: Any
    if getattr(type(value), "_is_never_copied", False):
        made = memo[id(value)] = value
    elif type(value) in _OF_ANYTHING:
        made = memo[id(value)] = copy.copy(value)
        made.clear()
        if isinstance(value, dict):
            made.update({copied(key, memo): copied(item, memo) for key, item in value.items()})
        else:
            fill(made, [copied(item, memo) for item in value])
    else:
        try:
            made = copy.deepcopy(value, memo)
        except Exception:
            made = memo[id(value)] = value
    return made


def fill(container: Any, items: Any) -> None:
    """Put items into a container."""
    (container.extend if hasattr(container, "extend") else container.update)(items)
