"""Names in answers of multicast DNS (RFC 6762)."""

from __future__ import annotations

from nfstream.plugin import NFPlugin
from nfstream.plugins.payload import udp_payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nfstream._engine import NFlow, NFPacket

UDP = 17
PORT = 5353
HEADER = 12
TYPE_PTR = 12

#: A name has at most 255 bytes (RFC 1035, section 2.3.4), so no more labels and pointers than this.
MOST_LABELS = 255


class MDNS(NFPlugin):
    """The services and names that hosts announce by multicast DNS.

    Notes
    -----
    Sets ``mdns_ptr``, a list of the names in PTR answers, each once, in the order in which they came. Only flows to port 5353 are
    inspected; others have an empty list. A damaged message is ignored.

    The plugin works as in nfstream 6.6. Deliberate differences: IPv6 is inspected, too; messages with records that nfstream cannot read (NSEC and
    others) are read; bytes of a name that are not UTF-8 are replaced, while nfstream stops.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> from nfstream.plugins import MDNS
    >>> flows = NFStreamer("services.pcap", udps=MDNS())
    >>> [name for flow in flows for name in flow.udps.mdns_ptr]
    ['printer.local', 'printer.local']
    """

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        flow.udps.mdns_ptr = []
        self.on_update(packet, flow)

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        if flow.dst_port != PORT or flow.protocol != UDP:
            return
        try:
            names = pointers(udp_payload(packet))
        except (IndexError, ValueError):
            return
        known = flow.udps.mdns_ptr
        known.extend(name for name in dict.fromkeys(names) if name not in known)


def pointers(message: bytes) -> list[str]:
    """The names that the PTR answers of a DNS message (RFC 1035, section 4) point to.

    Raises
    ------
    ValueError, IndexError
        When it is not a complete message.
    """
    names = []
    questions, answers, *others = (number(message, place, 2) for place in range(4, HEADER, 2))
    place = HEADER
    for _ in range(questions):
        place = end_of_name(message, place) + 4
    for record in range(answers + sum(others)):
        place = end_of_name(message, place)
        kind, length = number(message, place, 2), number(message, place + 8, 2)
        place += 10 + length
        if place > len(message):
            raise ValueError("the message ends within a record")
        if record < answers and kind == TYPE_PTR:
            names.append(name_at(message, place - length))
    return names


def number(message: bytes, place: int, length: int) -> int:
    """A number in network byte order."""
    if place + length > len(message):
        raise IndexError(place)
    return int.from_bytes(message[place : place + length], "big")


def end_of_name(message: bytes, place: int) -> int:
    """The end of the name that begins at a place: after its last label, or after a pointer."""
    while 0 < message[place] < 0xC0:
        place += 1 + message[place]
    return place + (2 if message[place] else 1)


def name_at(message: bytes, place: int) -> str:
    """The name that begins at a place (RFC 1035, section 4.1.4)."""
    labels: list[bytes] = []
    for _ in range(MOST_LABELS):
        length = message[place]
        if length == 0:
            return b".".join(labels).decode("utf-8", "replace")
        if length >= 0xC0:
            place = number(message, place, 2) & 0x3FFF
            continue
        if place + 1 + length > len(message):
            raise IndexError(place)
        labels.append(message[place + 1 : place + 1 + length])
        place += 1 + length
    raise ValueError("the name does not end")
