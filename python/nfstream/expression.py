"""Features of your own: expressions over the packets and the columns of a flow, computed by the engine."""

from __future__ import annotations

from nfstream._engine import NFlow, packet_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import SupportsIndex

    from typing_extensions import Self

    _Number = float | SupportsIndex
    _Features = Mapping[str, "FlowExpression | str"]

#: Precedence of operators; an operand that binds tighter needs no parentheses.
OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(8)


class Expression:
    """Arithmetic that is recorded, not computed: operators give longer expressions.

    ``repr`` shows the text that the engine reads; ``features`` of an ``NFStreamer`` and the command's ``--feature`` accept it,
    too.

    Parameters
    ----------
    text : str
        The text.
    binding : int
        Precedence of its outermost operator.
    """

    __slots__ = ("_binding", "_text")

    #: The result of ``==`` does not say whether two expressions are equal.
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str, binding: int = ATOM) -> None:
        self._text = text
        self._binding = binding

    def __repr__(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self._text} is neither true nor false before packets are read: join conditions with &, | and ~, "
            "and put parentheses around comparisons; and, or, not, if and chains such as 1 < x < 9 cannot be used"
        )

    def _as_tight_as(self, binding: int) -> str:
        return self._text if self._binding >= binding else f"({self._text})"


class _Arithmetic(Expression):
    """The operators."""

    __slots__ = ()

    def _binary(self, other: object, operator: str, binding: int, *, swapped: bool = False) -> Self:
        operand = self._operand(other)
        if operand is None:
            return NotImplemented  # type: ignore[no-any-return]
        left, right = (operand, self) if swapped else (self, operand)
        # Comparisons in a row would be a chain.
        left_binding = binding + 1 if binding == COMPARISON else binding
        text = f"{left._as_tight_as(left_binding)} {operator} {right._as_tight_as(binding + 1)}"
        return type(self)(text, binding)

    def _operand(self, other: object) -> Expression | None:
        if isinstance(other, Expression):
            if type(other) is not type(self):
                raise TypeError(
                    f"{self._text} and {other._text} cannot be combined: one is about packets, the other about the flow; a "
                    "function such as .sum() turns the former into the latter"
                )
            return other
        if isinstance(other, float):
            return _number(repr(float(other)))
        if hasattr(other, "__index__"):
            return _number(repr(other.__index__()))
        return None

    def __add__(self, other: Self | _Number) -> Self:
        return self._binary(other, "+", SUM)

    def __radd__(self, other: Self | _Number) -> Self:
        return self._binary(other, "+", SUM, swapped=True)

    def __sub__(self, other: Self | _Number) -> Self:
        return self._binary(other, "-", SUM)

    def __rsub__(self, other: Self | _Number) -> Self:
        return self._binary(other, "-", SUM, swapped=True)

    def __mul__(self, other: Self | _Number) -> Self:
        return self._binary(other, "*", PRODUCT)

    def __rmul__(self, other: Self | _Number) -> Self:
        return self._binary(other, "*", PRODUCT, swapped=True)

    def __truediv__(self, other: Self | _Number) -> Self:
        return self._binary(other, "/", PRODUCT)

    def __rtruediv__(self, other: Self | _Number) -> Self:
        return self._binary(other, "/", PRODUCT, swapped=True)

    def __floordiv__(self, other: Self | _Number) -> Self:
        return self._binary(other, "//", PRODUCT)

    def __rfloordiv__(self, other: Self | _Number) -> Self:
        return self._binary(other, "//", PRODUCT, swapped=True)

    def __mod__(self, other: Self | _Number) -> Self:
        return self._binary(other, "%", PRODUCT)

    def __rmod__(self, other: Self | _Number) -> Self:
        return self._binary(other, "%", PRODUCT, swapped=True)

    def __lt__(self, other: Self | _Number) -> Self:
        return self._binary(other, "<", COMPARISON)

    def __le__(self, other: Self | _Number) -> Self:
        return self._binary(other, "<=", COMPARISON)

    def __gt__(self, other: Self | _Number) -> Self:
        return self._binary(other, ">", COMPARISON)

    def __ge__(self, other: Self | _Number) -> Self:
        return self._binary(other, ">=", COMPARISON)

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return self._binary(other, "==", COMPARISON)

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return self._binary(other, "!=", COMPARISON)

    def __and__(self, other: Self | _Number) -> Self:
        return self._binary(other, "and", AND)

    def __rand__(self, other: Self | _Number) -> Self:
        return self._binary(other, "and", AND, swapped=True)

    def __or__(self, other: Self | _Number) -> Self:
        return self._binary(other, "or", OR)

    def __ror__(self, other: Self | _Number) -> Self:
        return self._binary(other, "or", OR, swapped=True)

    def __invert__(self) -> Self:
        return type(self)(f"not {self._as_tight_as(NOT)}", NOT)

    def __neg__(self) -> Self:
        return type(self)(f"-{self._as_tight_as(SIGN)}", SIGN)

    def __pos__(self) -> Self:
        return self


def _number(text: str) -> Expression:
    if text in ("inf", "-inf", "nan"):
        raise ValueError(f"{text} cannot be written in an expression")
    return Expression(text, SIGN if text.startswith("-") else ATOM)


class _Functions:
    """The functions of packets."""

    __slots__ = ()

    def _packets(self) -> str:
        raise NotImplementedError

    def _function(self, name: str) -> FlowExpression:
        return FlowExpression(f"{name}({self._packets()})")

    def count(self) -> FlowExpression:
        """Number of packets; for a condition, the number of packets for which it holds."""
        return self._function("count")

    def sum(self) -> FlowExpression:
        """The sum; for a condition, the number of packets for which it holds."""
        return self._function("sum")

    def min(self) -> FlowExpression:
        """The smallest value."""
        return self._function("min")

    def max(self) -> FlowExpression:
        """The largest value."""
        return self._function("max")

    def mean(self) -> FlowExpression:
        """The mean; for a condition, the share of packets for which it holds."""
        return self._function("mean")

    def std(self) -> FlowExpression:
        """The standard deviation of the sample (n - 1); 0 for fewer than two packets."""
        return self._function("std")

    def var(self) -> FlowExpression:
        """The variance of the sample (n - 1); 0 for fewer than two packets."""
        return self._function("var")

    def first(self) -> FlowExpression:
        """The value of the first packet."""
        return self._function("first")

    def last(self) -> FlowExpression:
        """The value of the last packet."""
        return self._function("last")

    def n_unique(self) -> FlowExpression:
        """Number of different values, up to 32; 32 also stands for more."""
        return self._function("n_unique")


class Filtered(_Functions):
    """An expression over the packets that meet a condition. Its methods are functions of these packets.

    Parameters
    ----------
    of : PacketExpression
        The expression for each packet.
    condition : PacketExpression
        The condition.
    """

    __slots__ = ("_condition", "_of")

    def __init__(self, of: PacketExpression, condition: PacketExpression) -> None:
        self._of = of
        self._condition = condition

    def __repr__(self) -> str:
        return f"{self._of!r} where {self._condition!r}"

    def filter(self, condition: PacketExpression) -> Filtered:
        """Count only packets for which a condition holds.

        Parameters
        ----------
        condition : PacketExpression
            The condition. It is added to the existing one.
        """
        return Filtered(self._of, self._condition & _condition(condition))

    def _packets(self) -> str:
        return repr(self)


class PacketExpression(_Arithmetic, _Functions):
    """An expression for each packet: a field of ``P``, or arithmetic over fields. Its methods are functions of the packets.

    Examples
    --------
    >>> from nfstream import P
    >>> P.payload_size.filter(P.direction == 0).max()
    max(payload_size where direction == 0)
    >>> ((P.syn & ~P.ack) | (P.window - 1 < 2 * P.payload_size)).sum()
    sum(syn and not ack or window - 1 < 2 * payload_size)
    """

    __slots__ = ()

    def filter(self, condition: PacketExpression) -> Filtered:
        """Count only packets for which a condition holds.

        Parameters
        ----------
        condition : PacketExpression
            The condition.
        """
        return Filtered(self, _condition(condition))

    def _packets(self) -> str:
        return repr(self)


def _condition(condition: PacketExpression) -> PacketExpression:
    if not isinstance(condition, PacketExpression):
        raise TypeError(f"filter takes a condition of packets, such as P.direction == 0, not {condition!r}")
    return condition


class FlowExpression(_Arithmetic):
    """An expression that is known at the end of a flow: a column (``F``), a function of its packets, or arithmetic over these.

    Examples
    --------
    >>> from nfstream import F, P
    >>> P.payload_size.sum() / (F.bidirectional_bytes + 1)
    sum(payload_size) / (flow.bidirectional_bytes + 1)
    >>> (F.dst_port == 443) & (P.rst.sum() == 0)
    flow.dst_port == 443 and sum(rst) == 0
    """

    __slots__ = ()


class PacketFields:
    """The fields of packets, ``P``, which expressions may use. docs/features.md explains them.

    Examples
    --------
    >>> from nfstream import P
    >>> P.raw_size >= 666
    raw_size >= 666
    >>> P.raw_sise
    Traceback (most recent call last):
    AttributeError: packets have no field 'raw_sise'
    """

    raw_size: PacketExpression
    ip_size: PacketExpression
    transport_size: PacketExpression
    payload_size: PacketExpression
    size: PacketExpression
    time: PacketExpression
    delta_time: PacketExpression
    direction_delta_time: PacketExpression
    direction: PacketExpression
    index: PacketExpression
    direction_index: PacketExpression
    src_port: PacketExpression
    dst_port: PacketExpression
    protocol: PacketExpression
    ip_version: PacketExpression
    vlan_id: PacketExpression
    tunnel_id: PacketExpression
    syn: PacketExpression
    cwr: PacketExpression
    ece: PacketExpression
    urg: PacketExpression
    ack: PacketExpression
    psh: PacketExpression
    rst: PacketExpression
    fin: PacketExpression
    window: PacketExpression
    ttl: PacketExpression
    payload_entropy: PacketExpression

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name not in packet_fields():
                raise AttributeError(f"packets have no field {name!r}", name=name, obj=self)
            return PacketExpression(name)

    def __dir__(self) -> list[str]:
        return packet_fields()


class FlowColumns:
    """The columns of a flow, ``F``: every attribute is one, and must be a number in the run that it is used in.

    Examples
    --------
    >>> from nfstream import F
    >>> F.bidirectional_packets > 10
    flow.bidirectional_packets > 10
    """

    def __getattr__(self, name: str) -> FlowExpression:
        if name.startswith("_"):
            raise AttributeError(f"flows have no column {name!r}", name=name, obj=self)
        return FlowExpression(f"flow.{name}")


P = PacketFields()
F = FlowColumns()


def texts(features: _Features | None) -> list[tuple[str, str]]:
    """The names and texts that a ``features`` parameter stands for.

    Examples
    --------
    >>> texts({"big": (P.raw_size >= 666).sum(), "resets": "sum(rst)"})
    [('big', 'sum(raw_size >= 666)'), ('resets', 'sum(rst)')]
    >>> texts({"big": P.raw_size >= 666})
    Traceback (most recent call last):
    ValueError: feature big: raw_size >= 666 is about each packet; end it with a function of packets, such as .sum()
    """
    if features is None:
        return []
    if not hasattr(features, "items"):
        raise ValueError(f"features must be a dict of names and expressions, not {features!r}")
    return [(_name(name), _text(name, expression)) for name, expression in features.items()]


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError(f"the name of a feature must be a string, not {name!r}")
    if name == "udps" or hasattr(NFlow, name):
        raise ValueError(f"a feature cannot be called {name}: flows have an attribute of that name")
    return name


def _text(name: object, expression: object) -> str:
    if isinstance(expression, (PacketExpression, Filtered)):
        raise ValueError(
            f"feature {name}: {expression!r} is about each packet; end it with a function of packets, such as .sum()"
        )
    if not isinstance(expression, (FlowExpression, str)):
        raise ValueError(f"feature {name} must be an expression or its text, not {expression!r}")
    return expression if isinstance(expression, str) else repr(expression)
