"""TLS fingerprints of clients: JA4."""

from __future__ import annotations

from nfstream.plugin import NFPlugin
from nfstream.plugins.payload import transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from nfstream._engine import NFlow, NFPacket

TCP = 6
HANDSHAKE = 22
CLIENT_HELLO = 1
SERVER_NAME, SIGNATURE_ALGORITHMS, ALPN, SUPPORTED_VERSIONS = 0x0000, 0x000D, 0x0010, 0x002B
VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2"}

#: A hello is searched for in at most this many first bytes of a direction.
MOST_BYTES = 16 * 1024


class JA4(NFPlugin):
    """JA4 of the client's hello, for TLS over TCP.

    The column ``client_fingerprint`` also has JA4, without a plugin, and for QUIC as well.

    Parameters
    ----------
    throw_warns : bool
        Whether to warn of a hello that is damaged.

    Notes
    -----
    Sets ``ja4``, ``None`` if there was no hello, and ``ja4s``, which is always ``None``.

    The plugin works as in nfstream 6.6. Deliberate differences: IPv6 is inspected, too; a hello may be spread over segments; an unknown version
    is ``00``; there is no JA4S, because its licence (FoxIO License 1.1) does not permit everybody to use it. JA4 is under the BSD
    3-Clause licence. For servers there is JA3S, in the column ``server_fingerprint``.

    Warns
    -----
    RuntimeWarning
        When a hello is damaged, unless ``throw_warns`` is false.

    Examples
    --------
    >>> from nfstream import NFStreamer
    >>> from nfstream.plugins import JA4
    >>> next(flow.udps.ja4 for flow in NFStreamer("web.pcap", udps=JA4()) if flow.udps.ja4)
    't13d0412h2_16476d049b0b_85302d7e289e'
    """

    def __init__(self, throw_warns: bool = True) -> None:
        self.throw_warns = throw_warns

    def on_init(self, packet: NFPacket, flow: NFlow) -> None:
        flow.udps.ja4 = flow.udps.ja4s = None
        if flow.protocol == TCP:
            flow.udps.ja4_streams = [Stream(), Stream()]
            self.on_update(packet, flow)

    def on_update(self, packet: NFPacket, flow: NFlow) -> None:
        if not packet.payload_size or flow.protocol != TCP:
            return
        stream = flow.udps.ja4_streams[packet.direction]
        if flow.udps.ja4 is not None or stream is None or not stream.take(transport(packet)):
            return
        try:
            hello = read_hello(stream.bytes)
            if hello is None:
                return
            flow.udps.ja4 = ja4(hello)
        except NoHello:
            # It may begin with the next segment.
            stream.bytes = b""
            return
        except (IndexError, ValueError) as damage:
            self._warn(packet, damage)
        flow.udps.ja4_streams[packet.direction] = None

    def _warn(self, packet: NFPacket, damage: Exception) -> None:
        if self.throw_warns:
            import warnings

            warnings.warn(f"a TLS hello of {packet.src_ip} is damaged: {damage}", RuntimeWarning, stacklevel=3)

    def on_expire(self, flow: NFlow) -> None:
        if flow.protocol == TCP:
            del flow.udps.ja4_streams


class Stream:
    """The first bytes of one direction of a TCP connection."""

    def __init__(self) -> None:
        self.bytes = b""
        self.next = 0

    def take(self, segment: bytes) -> bool:
        """Adds a TCP segment; returns whether there are more bytes now."""
        if len(segment) < 20:
            return False
        sequence = int.from_bytes(segment[4:8], "big")
        payload = segment[(segment[12] >> 4) * 4 :]
        known = (self.next - sequence) & 0xFFFFFFFF if self.bytes else 0
        if known >> 31 or len(self.bytes) >= MOST_BYTES:
            # The data before this segment is lost, or is not a hello.
            self.bytes, known = b"", 0
        if known >= len(payload):
            return False
        self.bytes += payload[known:]
        self.next = (sequence + len(payload)) & 0xFFFFFFFF
        return True


class Hello:
    """A client's hello (RFC 8446, section 4.1.2)."""

    def __init__(self, body: Bytes) -> None:
        self.version = body.number(2)
        body.bytes(32)
        body.bytes(body.number(1))
        self.ciphers = list(Bytes(body.bytes(body.number(2))).numbers())
        body.bytes(body.number(1))
        self.extensions = list(read_extensions(body))

    def value(self, extension: int) -> Bytes | None:
        """The value of an extension."""
        return next((Bytes(value) for kind, value in self.extensions if kind == extension), None)


class Bytes:
    """Bytes that are read from the front; ``IndexError`` at the end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def bytes(self, length: int) -> bytes:
        if self.place + length > len(self.content):
            raise IndexError("it ends early")
        self.place += length
        return self.content[self.place - length : self.place]

    def number(self, length: int) -> int:
        return int.from_bytes(self.bytes(length), "big")

    def numbers(self) -> Iterator[int]:
        """The remaining bytes as numbers of two bytes."""
        while self.place < len(self.content):
            yield self.number(2)


def read_hello(stream: bytes) -> Hello | None:
    """The hello that a stream begins with; ``None`` until it is complete.

    Raises
    ------
    ValueError, IndexError
        When the stream begins with something else, or the hello is damaged.
    """
    handshake = b""
    records = Bytes(stream)
    while True:
        if len(stream) - records.place < 5:
            if not handshake and stream[:2] != b"\x16\x03"[: len(stream)]:
                raise NoHello
            return None
        kind, version, length = records.number(1), records.number(2), records.number(2)
        if kind != HANDSHAKE or version >> 8 != 3:
            if not handshake:
                raise NoHello
            raise ValueError("a record of another kind comes before its end")
        handshake += stream[records.place : records.place + length]
        if len(handshake) >= 4:
            if handshake[0] != CLIENT_HELLO:
                raise NoHello
            whole = 4 + int.from_bytes(handshake[1:4], "big")
            if len(handshake) >= whole:
                return Hello(Bytes(handshake[4:whole]))
        if records.place + length > len(stream):
            return None
        records.bytes(length)


def read_extensions(body: Bytes) -> Iterator[tuple[int, bytes]]:
    """Types and values of the extensions, if there are any."""
    if body.place == len(body.content):
        return
    extensions = Bytes(body.bytes(body.number(2)))
    while extensions.place < len(extensions.content):
        kind = extensions.number(2)
        yield kind, extensions.bytes(extensions.number(2))


class NoHello(ValueError):
    """The stream is not a hello."""


def is_grease(number: int) -> bool:
    """Whether a number has no meaning (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def ja4(hello: Hello) -> str:
    """The fingerprint of a client."""
    ciphers = [cipher for cipher in hello.ciphers if not is_grease(cipher)]
    extensions = [kind for kind, _ in hello.extensions if not is_grease(kind)]
    named = "d" if SERVER_NAME in extensions else "i"
    counts = f"{min(len(ciphers), 99):02}{min(len(extensions), 99):02}"
    algorithms = hello.value(SIGNATURE_ALGORITHMS)
    listed = hexadecimal(sorted(kind for kind in extensions if kind not in (SERVER_NAME, ALPN)))
    if algorithms is not None:
        signatures = Bytes(algorithms.bytes(algorithms.number(2))).numbers()
        listed += "_" + hexadecimal([number for number in signatures if not is_grease(number)])
    return f"t{version(hello)}{named}{counts}{protocol(hello)}_{digest(hexadecimal(sorted(ciphers)))}_{digest(listed)}"


def version(hello: Hello) -> str:
    """The highest version offered."""
    offered = hello.value(SUPPORTED_VERSIONS)
    number = hello.version
    if offered is not None:
        offered = Bytes(offered.bytes(offered.number(1)))
        number = max((one for one in offered.numbers() if not is_grease(one)), default=number)
    return VERSIONS.get(number, "00")


def protocol(hello: Hello) -> str:
    """First and last character of the first application protocol (RFC 7301)."""
    value = hello.value(ALPN)
    if value is None or value.number(2) == 0:
        return "00"
    name = value.bytes(value.number(1))
    ends = name[:1] + name[-1:]
    if not name:
        return "00"
    return ends.decode() if ends.isalnum() else ends.hex()[0] + ends.hex()[-1]


def hexadecimal(numbers: list[int]) -> str:
    """Four digits for each, separated by commas."""
    return ",".join(f"{number:04x}" for number in numbers)


def digest(listed: str) -> str:
    """The first twelve digits of the SHA-256 digest; zeros for empty text."""
    import hashlib

    return hashlib.sha256(listed.encode()).hexdigest()[:12] if listed else "0" * 12
