"""Information that hosts give when they request an address: DHCP (RFC 2131, RFC 2132)."""

from __future__ import annotations

import enum

from nfstream.plugin import NFPlugin
from nfstream.plugins.payload import udp_payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from nfstream._engine import NFlow, NFPacket

UDP = 17
SERVER_PORT = 67
CLIENT_ADDRESS = slice(12, 16)
#: The place where options begin, after the magic cookie.
OPTIONS = 240
PAD, END = 0, 255


class MsgType(enum.Enum):
    """The type of a message (option 53)."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NACK = 6
    RELEASE = 7
    INFORM = 8


#: Messages that end a transaction.
LAST = MsgType.DECLINE, MsgType.ACK, MsgType.NACK, MsgType.INFORM


class DHCP(NFPlugin):
    """Information that a client gives about itself, with a flow for every transaction.

    Notes
    -----
    The plugin inspects flows to port 67. It sets these attributes, ``None`` if absent:

    - ``dhcp_msg_type``: the type of its first message, a ``MsgType``, or an ``int`` if the type has no name there.
    - ``dhcp_12`` (host name), ``dhcp_57`` (largest message, bytes), ``dhcp_60`` (vendor class), ``dhcp_77`` (user class): of
      the last message that had the option.
    - ``dhcp_50`` (address asked for), ``dhcp_55`` (parameters asked for, as ``1,3,6``), ``dhcp_options`` (a list of its options,
      in their order), ``dhcp_oui`` (of the flow's source), ``dhcp_addr`` (the client's address): of its requests.

    A flow ends with the message that ends the transaction, and with every message of a client that has no address yet:
    the answer goes to another address.

    The plugin works as in nfstream 6.6. Deliberate differences: text that is not UTF-8 is replaced and an unknown type is
    a number; nfstream stops in these cases.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> from nfstream.plugins import DHCP
    >>> for flow in NFStreamer("services.pcap", udps=DHCP()):
    ...     if flow.udps.dhcp_msg_type:
    ...         print(flow.udps.dhcp_msg_type.name, flow.udps.dhcp_12, flow.udps.dhcp_55)
    DISCOVER laptop None
    DISCOVER laptop None
    REQUEST laptop 1,3,6,12,15,28,42
    """

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        udps = flow.udps
        udps.dhcp_12 = udps.dhcp_50 = udps.dhcp_55 = udps.dhcp_57 = udps.dhcp_60 = udps.dhcp_77 = None
        udps.dhcp_options = []
        udps.dhcp_addr = udps.dhcp_msg_type = udps.dhcp_oui = None
        self.on_update(packet, flow)

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        if flow.dst_port != SERVER_PORT or flow.protocol != UDP:
            return
        message = udp_payload(packet)
        if len(message) < OPTIONS:
            return
        options = list(read_options(message))
        kind = message_type(options)
        describe(flow.udps, options)
        if kind is MsgType.REQUEST:
            describe_request(flow, options, message[CLIENT_ADDRESS])
        if flow.udps.dhcp_msg_type is None:
            flow.udps.dhcp_msg_type = kind
        if kind in LAST or flow.src_ip == "0.0.0.0":
            flow.expiration_id = -1


def read_options(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Codes and values of a message's options; the last may be cut off."""
    place = OPTIONS
    while place < len(message) and message[place] != END:
        code = message[place]
        if code == PAD:
            place += 1
            continue
        if place + 1 >= len(message):
            return
        length = message[place + 1]
        yield code, message[place + 2 : place + 2 + length]
        place += 2 + length


def message_type(options: list[tuple[int, bytes]]) -> MsgType | int:
    """The type, 0 if the message has none (BOOTP)."""
    number = next((int.from_bytes(value, "big") for code, value in options if code == 53), 0)
    return MsgType(number) if 1 <= number <= len(MsgType) else number


def describe(udps: object, options: list[tuple[int, bytes]]) -> None:
    """Sets the attributes that messages of every type may give."""
    for code, value in options:
        if code in (12, 60, 77):
            setattr(udps, f"dhcp_{code}", value.decode("utf-8", "replace"))
        elif code == 57:
            setattr(udps, "dhcp_57", int.from_bytes(value, "big"))


def describe_request(flow: NFlow, options: list[tuple[int, bytes]], client: bytes) -> None:
    """Sets the attributes that requests give."""
    for code, value in options:
        if code == 50:
            flow.udps.dhcp_50 = dotted(value)
        elif code == 55:
            flow.udps.dhcp_55 = ",".join(map(str, value))
    flow.udps.dhcp_options = [code for code, _ in options]
    flow.udps.dhcp_oui = flow.src_oui
    if any(client):
        flow.udps.dhcp_addr = dotted(client)


def dotted(address: bytes) -> str:
    """Four bytes in dotted decimal."""
    return ".".join(map(str, address[-4:].rjust(4, b"\0")))
