"""Copies of the attributes of plugins, and of values that plugins set."""

from __future__ import annotations

import copy
from collections import Counter, OrderedDict, defaultdict, deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Types that are copied item by item.
_OF_ANYTHING = (list, dict, set, deque, defaultdict, OrderedDict, Counter)


def copied(value: Any, memo: dict[int, Any]) -> Any:
    """A copy. A streamer, or a value that cannot be copied, is used itself, also in containers. Attributes that share a value still share it."""
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
