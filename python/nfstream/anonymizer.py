"""Values of flows as keyed digests."""

from __future__ import annotations

import os

from nfstream.exports import KEY_BYTES, _digest
from nfstream.parameters import suggestion
from nfstream.values import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from nfstream._engine import NFlow

__all__ = ["NFAnonymizer"]


class NFAnonymizer:
    """Hides columns of flows, as ``columns_to_anonymize`` of ``to_csv`` does.

    Each value is replaced by the keyed BLAKE2b digest (64 bytes) of its text, in hexadecimal. Equal values have equal digests, also in
    different columns.

    Parameters
    ----------
    cols_names : iterable of str
        Columns to hide; columns of plugins have the name ``udps.NAME``. A string is one name.
    key : bytes, optional
        From 1 to 64 bytes; keep it secret. The same key gives the same digests; by default each anonymizer makes a new key.

    Raises
    ------
    TypeError
        For names that are not strings, and for a key that is not bytes.
    ValueError
        For a key that is empty or too long.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> from nfstream.anonymizer import NFAnonymizer
    >>> anonymizer = NFAnonymizer(["src_ip"], key=b"a secret")
    >>> flow = next(iter(NFStreamer("web.pcap")))
    >>> hidden = dict(zip(flow.keys(), anonymizer.process(flow)))
    >>> hidden["src_ip"][:16], hidden["dst_ip"]
    ('f77ddd41432506dd', '10.0.0.53')
    """

    def __init__(self, cols_names: Iterable[str], key: bytes | bytearray | memoryview | None = None) -> None:
        self._names = [cols_names] if isinstance(cols_names, str) else list(cols_names)
        if wrong := [name for name in self._names if not isinstance(name, str)]:
            raise TypeError(f"cols_names must be names of columns, not {wrong[0]!r}")
        if key is not None and not isinstance(key, (bytes, bytearray, memoryview)):
            raise TypeError(f"key must be bytes, not {type(key).__name__}")
        self._secret = os.urandom(KEY_BYTES) if key is None else bytes(key)
        if not 1 <= len(self._secret) <= KEY_BYTES:
            raise ValueError(f"key must have from 1 to {KEY_BYTES} bytes, not {len(self._secret)}")

    def process(self, flow: NFlow) -> list[Any]:
        """The values of a flow, in the order of its columns, with digests for the columns to hide; the flow itself is unchanged.

        Raises
        ------
        ValueError
            When the flow lacks a column with one of the names: its values would stay visible.
        """
        names, values = flow.keys(), flow.values()
        if unknown := [name for name in self._names if name not in names]:
            listed = ", ".join(map(repr, unknown))
            raise ValueError(f"no column to anonymize is called {listed}{suggestion(unknown[0], names)}")
        digest = _digest(self._secret)
        for place, name in enumerate(names):
            if name in self._names:
                values[place] = digest(str(plain(values[place])))
        return values
