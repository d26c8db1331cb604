"""Names of nfstream's modules that are missing here, and what to use instead."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def missing(module: str, name: str, replacements: Mapping[str, str]) -> Exception:
    """The error for a name that a module does not have.

    Parameters
    ----------
    module : str
        The module.
    name : str
        The requested name.
    replacements : mapping of str to str
        For each name that nfstream's module has and this one lacks, what to use.

    Returns
    -------
    ImportError
        For a name with a replacement; the message gives the replacement. ``from module import name`` and ``module.name`` both show it.
    AttributeError
        For any other name.

    Examples
    --------
    >>> from nfstream.meter import meter_workflow
    Traceback (most recent call last):
    ImportError: nfstream.meter.meter_workflow is not in this package: iterate over an NFStreamer; its meters are threads, not processes
    """
    if name in replacements:
        return ImportError(f"{module}.{name} is not in this package: {replacements[name]}", name=name)
    return AttributeError(f"module {module!r} has no attribute {name!r}")
