"""Packets whose values are kept: what a packet is when it is copied, pickled or changed."""

from collections import namedtuple

from nfstream._engine import NFPacket

#: The attributes of an ``NFPacket`` in their order, as plain values.
Packet = namedtuple("Packet", NFPacket._fields)  # type: ignore[misc]
