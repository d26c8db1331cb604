"""Wavelet features of a flow's bytes over time."""

from __future__ import annotations

import math

from nfstream.plugin import NFPlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nfstream._engine import NFlow, NFPacket

#: Keeps quotients and logarithms of nothing finite.
TINY = 1e-7


class WFPlugin(NFPlugin):
    """Energy, mean, deviation and entropy of the Haar wavelet coefficients of both directions.

    Bytes (``ip_size``) are summed over ``2 ** levels`` equal parts of ``active_timeout``, one series for each direction,
    and decomposed by the stationary wavelet transform.

    Parameters
    ----------
    levels : int
        Levels of the transform, at least 1.
    active_timeout : int
        Seconds that the series span: the same as ``active_timeout`` of the ``NFStreamer``.

    Notes
    -----
    Sets ``f_p_k_*``, ``f_u_k_*``, ``f_sigma_k_*``, ``f_S_k_*`` for packets from the source, and ``b_...`` for those towards it,
    where ``*`` is 0 for the coarsest approximation, then 1 to ``levels`` for details, from coarse to fine:

    - ``p_k``: share of the energy, the sum of squares.
    - ``u_k``: mean of the absolute values.
    - ``sigma_k``: standard deviation (of all, not of a sample).
    - ``S_k``: Shannon entropy of the squares' shares.

    The values are those of nfstream 6.6, which does not count the first packet of a flow either. Neither NumPy nor PyWavelets
    is needed. Packets beyond ``active_timeout`` count in the last part.

    References
    ----------
    T. Bujlow, V. Carela-Español, P. Barlet-Ros: Extended Independent Comparison of Popular Deep Packet Inspection (DPI)
    Tools for Traffic Classification.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> from nfstream.plugins import WFPlugin
    >>> flow = next(iter(NFStreamer("http.pcap", udps=WFPlugin(levels=2, active_timeout=1))))
    >>> len(vars(flow.udps)), round(flow.udps.b_p_k_0, 3)
    (24, 0.333)
    """

    levels: int
    active_timeout: int

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        if not (isinstance(self.levels, int) and self.levels >= 1 and self.active_timeout > 0):
            raise ValueError("WFPlugin needs levels of at least 1 and an active_timeout above 0")
        flow.udps.forward = [0.0] * 2**self.levels
        flow.udps.backward = [0.0] * 2**self.levels

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        series = flow.udps.backward if packet.direction else flow.udps.forward
        passed = (packet.time - flow.bidirectional_first_seen_ms) / (self.active_timeout * 1000)
        series[min(int(passed * len(series)), len(series) - 1)] += packet.ip_size

    def on_expire(self, flow: NFlow) -> None:
        for side, series in (("f", flow.udps.forward), ("b", flow.udps.backward)):
            values = features(haar(series, self.levels))
            for name, column in zip(("p", "u", "sigma", "S"), zip(*values)):
                for level, value in enumerate(column):
                    setattr(flow.udps, f"{side}_{name}_k_{level}", value)
        del flow.udps.forward, flow.udps.backward


def haar(series: list[float], levels: int) -> list[list[float]]:
    """The stationary Haar transform of a series: its approximation, then details from the coarsest to the finest.

    Examples
    --------
    >>> [[round(number, 3) for number in level] for level in haar([0.0, 0.0, 0.0, 200.0], 2)]
    [[100.0, 100.0, 100.0, 100.0], [-100.0, -100.0, 100.0, 100.0], [0.0, 0.0, -141.421, 141.421]]
    """
    approximation, details = series, []
    for level in range(levels):
        shifted = approximation[2**level :] + approximation[: 2**level]
        details.append([(one - other) / math.sqrt(2) for one, other in zip(approximation, shifted)])
        approximation = [(one + other) / math.sqrt(2) for one, other in zip(approximation, shifted)]
    return [approximation, *reversed(details)]


def features(coefficients: list[list[float]]) -> list[tuple[float, float, float, float]]:
    """Share of the energy, mean, deviation and entropy of each level."""
    squares = [[number * number for number in level] for level in coefficients]
    energies = [sum(level) for level in squares]
    total = sum(energies) + TINY
    return [
        (
            energy / total,
            sum(map(abs, level)) / len(level),
            deviation(level),
            -sum(share * math.log(share + TINY) for share in (square / (energy + TINY) for square in level_squares)),
        )
        for level, level_squares, energy in zip(coefficients, squares, energies)
    ]


def deviation(numbers: list[float]) -> float:
    """The standard deviation of all numbers."""
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))
