"""Parameters of a streamer: attributes that are checked whenever they are set."""

from __future__ import annotations


class Switch:
    """A parameter that is ``True`` or ``False``."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> bool:
        return self if instance is None else vars(instance)[self.name]  # type: ignore[return-value]

    def __set__(self, instance: object, value: bool) -> None:
        if not isinstance(value, bool):
            raise ValueError(f"{self.name} must be True or False, not {value!r}")
        vars(instance)[self.name] = value


class WholeNumber:
    """A parameter that is an ``int`` in a range.

    Parameters
    ----------
    least, most : int
        The range; without ``most`` it has no end.
    meaning : str
        What the number stands for, for error messages.
    """

    def __init__(self, least: int, most: int | None = None, *, meaning: str = "a whole number") -> None:
        self.least = least
        self.most = most
        self.meaning = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> int:
        return self if instance is None else vars(instance)[self.name]  # type: ignore[return-value]

    def __set__(self, instance: object, value: int) -> None:
        self.check(value)
        vars(instance)[self.name] = value

    def check(self, value: object) -> None:
        if not isinstance(value, int) or value < self.least or (self.most is not None and value > self.most):
            end = "up" if self.most is None else f"to {self.most}"
            raise ValueError(f"{self.name} must be {self.meaning} from {self.least} {end}, not {value!r}")
