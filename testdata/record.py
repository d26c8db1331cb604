#!/usr/bin/env python3
"""Records the captures of this folder: real programs talking between two network namespaces.

    sudo ./record.py            all of them
    sudo ./record.py dns ssh    only these, and then whatever is made out of them

Runs as root on Debian 12 or later and needs these packages, which it does not install:

    apt-get install bind9-dnsutils curl dnsmasq-base ethtool iproute2 iputils-ping openssh-client \\
        openssh-server openssl python3 tcpdump wireshark-common xz-utils zstd

No packet leaves the two namespaces; they, the servers and the throwaway keys are gone when it ends.
A new recording has new times, ports and keys: whatever expects values of the old one must follow.
"""

import argparse
import contextlib
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from fcntl import ioctl
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLIENT, SERVER = "nfstream-client", "nfstream-server"
PROGRAMS = "capinfos curl dig dnsmasq editcap ethtool gzip ip mergecap openssl ping ssh ssh-keygen tcpdump xz zstd"
SSHD = "/usr/sbin/sshd"
HOSTS = {1: (1,), 2: (2, 3, 4, 53)}  # last bytes of the addresses at the client's and at the server's end of the wire
OVERLAY_MTU = 1300
RECORDINGS = {}


def recording(function):
    """Registers a function that makes the traffic of FUNCTION-NAME.pcap."""
    RECORDINGS[function.__name__.replace("_", "-")] = function
    return function


# What is recorded. The client is 10.0.0.1 and fd00::1; the server answers as
# www.example.org, shop.example.com and mail.example.net, and its DNS at 10.0.0.53.


@recording
def web(lab):
    with lab.tcpdump("web.pcap"):
        lab.client("curl -s -4 http://www.example.org/ http://www.example.org/style.css http://www.example.org/photo.bin")
        lab.client("curl -sk --tlsv1.3 https://shop.example.com/")
        lab.client("dig +short shop.example.com TXT")
        lab.client("curl -sk --tls-max 1.2 https://mail.example.net/")
        lab.client("curl -s -6 http://www.example.org/missing")
        lab.client("curl -s -4 -d name=value http://www.example.org/form")
        lab.client("ping -n -q -c 3 -i 0.2 10.0.0.2")


@recording
def http(lab):
    with lab.tcpdump("http.pcap"):
        lab.client("curl -s http://10.0.0.2/")
        lab.client("curl -s http://10.0.0.2/photo.bin")
        lab.client("curl -s http://10.0.0.2/missing")
        lab.client("curl -s -A Recorder/1.0 -d name=value http://10.0.0.2/form")


@recording
def http_ipv6(lab):
    with lab.tcpdump("http-ipv6.pcap"):
        lab.client("curl -s -g http://[fd00::2]/ http://[fd00::2]/style.css")


@recording
def tls12(lab):
    with lab.tcpdump("tls12.pcap"):
        lab.client("openssl s_client -connect 10.0.0.3:443 -servername shop.example.com -tls1_2 -ign_eof", "GET / HTTP/1.0\r\n\r\n")


@recording
def tls13(lab):
    with lab.tcpdump("tls13.pcap"):
        lab.client(
            "openssl s_client -connect 10.0.0.3:443 -servername shop.example.com -tls1_3 -ign_eof -alpn http/1.1", "GET / HTTP/1.0\r\n\r\n"
        )


@recording
def dns(lab):
    with lab.tcpdump("dns.pcap"):
        for question in ("www.example.org A", "www.example.org AAAA", "shop.example.com TXT", "no.example.org A", "-x 10.0.0.2"):
            lab.client(f"dig @10.0.0.53 {question}")
        lab.client("dig @fd00::53 mail.example.net A")
        lab.client("dig +tcp @10.0.0.53 long.example.org TXT")


@recording
def ssh(lab):
    options = "-F none -o BatchMode=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
    with lab.tcpdump("ssh.pcap"):
        lab.client(f"ssh {options} -i {lab.folder}/user_key root@10.0.0.2 echo done")


@recording
def ping(lab):
    with lab.tcpdump("ping.pcap"):
        lab.client("ping -n -q -c 3 -i 0.2 10.0.0.2")
        lab.client("ping -n -q -c 3 -i 0.2 fd00::2")


@recording
def refused(lab):
    with lab.tcpdump("refused.pcap"):
        lab.client("curl -s http://10.0.0.2:81/")
        lab.client("dig +tries=1 +time=1 @10.0.0.2 www.example.org")


@recording
def fragments(lab):
    with lab.tcpdump("fragments.pcap"):
        lab.client("dig +bufsize=4096 +ignore @10.0.0.53 long.example.org TXT")
        lab.client("dig +bufsize=4096 +ignore @fd00::53 long.example.org TXT")
        lab.client("ping -n -q -c 2 -i 0.2 -s 3000 10.0.0.2")
        lab.client("ping -n -q -c 2 -i 0.2 -s 3000 fd00::2")


@recording
def gaps(lab):
    with lab.tcpdump("gaps.pcap"):
        lab.client("curl -s --rate 24/m http://10.0.0.2/style.css http://10.0.0.2/ http://10.0.0.2/style.css")
        lab.client("ping -n -q -c 3 -i 2 10.0.0.2")


@recording
def loopback(lab):
    with lab.serve(CLIENT, "python3 -m http.server --bind 127.0.0.1 8080"), lab.tcpdump("loopback.pcap", "lo"):
        lab.client("curl -s http://127.0.0.1:8080/style.css")


@recording
def cooked_v1(lab):
    with lab.tcpdump("cooked-v1.pcap", "any", "-y", "LINUX_SLL"):
        lab.client("curl -s http://www.example.org/style.css")


@recording
def cooked_v2(lab):
    with lab.tcpdump("cooked-v2.pcap", "any", "-y", "LINUX_SLL2"):
        lab.client("curl -s http://www.example.org/style.css")


@recording
def raw_ip(lab):
    with lab.overlay("gtpu"), lab.tcpdump("raw-ip.pcap", "overlay"):
        overlay_traffic(lab)


def overlay_traffic(lab):
    lab.client("curl -s http://10.0.1.2/style.css")
    lab.client("curl -s -g http://[fd00:1::2]/style.css")
    lab.client("ping -n -q -c 2 -i 0.2 10.0.1.2")


# Encapsulations. Each end has a TUN (IP packets) or TAP (Ethernet frames) device, the overlay, whose
# packets a relay process wraps and sends over the wire between the namespaces, and unwraps at the other end.


class Udp:
    """Inside UDP, behind a header of its own."""

    def __init__(self, port, wrap, header_length, device="tun"):
        self.port, self.wrap, self.header_length, self.device = port, wrap, header_length, device

    def open(self, end):
        wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        wire.bind((end.address, self.port))
        return [wire]

    def send(self, wires, end, packet):
        wires[0].sendto(self.wrap(packet), (end.peer_address, self.port))

    def receive(self, wire, end):
        return wire.recv(65535)[self.header_length :]


class Ip:
    """Directly inside IP, by protocol number: one for an inner IPv4 packet, one for an inner IPv6 packet."""

    device = "tun"

    def __init__(self, family, protocols, header=lambda packet: b"", header_length=0):
        self.family, self.protocols, self.header, self.header_length = family, protocols, header, header_length

    def open(self, end):
        wires = [socket.socket(self.family, socket.SOCK_RAW, protocol) for protocol in self.protocols]
        for wire in wires:
            wire.bind((end.address if self.family == socket.AF_INET else end.address6, 0))
        return wires

    def send(self, wires, end, packet):
        wire = wires[-1] if packet[0] >> 4 == 6 else wires[0]
        peer = end.peer_address if self.family == socket.AF_INET else end.peer_address6
        wire.sendto(self.header(packet) + packet, (peer, 0))

    def receive(self, wire, end):
        packet = wire.recv(65535)
        # A raw IPv4 socket delivers the outer header too, a raw IPv6 socket does not.
        outer = (packet[0] & 15) * 4 if self.family == socket.AF_INET else 0
        return packet[outer + self.header_length :]


class Link:
    """Inside Ethernet, by EtherType, behind a header of its own."""

    device = "tun"

    def __init__(self, ethertype, header, header_length):
        self.ethertype, self.header, self.header_length = ethertype, header, header_length

    def open(self, end):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(self.ethertype))
        wire.bind((end.interface, self.ethertype))
        return [wire]

    def send(self, wires, end, packet):
        address = (end.interface, self.ethertype, 0, 0, end.peer_mac)
        wires[0].sendto(self.header(packet) + packet, address)

    def receive(self, wire, end):
        return wire.recv(65535)[self.header_length :]


class Vlan:
    """Ethernet frames with tags put in front of their EtherType."""

    device = "tap"

    def __init__(self, tags):
        self.tags = tags

    def open(self, end):
        every_type = 3  # ETH_P_ALL: the kernel takes the outermost tag off before a socket for its type would see it
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(every_type))
        wire.bind((end.interface, every_type))
        return [wire]

    def send(self, wires, end, frame):
        wires[0].send(frame[:12] + self.tags + frame[12:])

    def receive(self, wire, end):
        frame = wire.recv(65535)
        if frame[6:12] != end.peer_overlay_mac:
            return None
        while frame[12:14] in (b"\x81\x00", b"\x88\xa8"):
            frame = frame[:12] + frame[16:]
        return frame


def ethertype_of(packet):
    return b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"


def gtpu(packet):  # 3GPP TS 29.281: version 1, G-PDU, length, TEID
    return struct.pack("!BBHI", 0x30, 0xFF, len(packet), 0x1234) + packet


def vxlan(frame):  # RFC 7348: flags, VNI 42
    return struct.pack("!II", 0x08000000, 42 << 8) + frame


def tzsp(frame):  # version 1, received frame, Ethernet, end of tags
    return b"\x01\x00\x00\x01\x01" + frame


def capwap(packet):  # RFC 5415: 8 bytes of header, 802.11; then a data frame to the distribution system, LLC and SNAP
    station = b"\x02\x00\x00\x00\x01\x01"
    frame = b"\x08\x01\x00\x00" + b"\x02\x00\x00\x00\x00\xaa" + station + b"\x02\x00\x00\x00\x01\x02" + b"\x00\x00"
    return b"\x00\x10\x03\x00\x00\x00\x00\x00" + frame + b"\xaa\xaa\x03\x00\x00\x00" + ethertype_of(packet) + packet


def gre(packet):  # RFC 2784: no checksum, version 0
    return b"\x00\x00" + ethertype_of(packet)


def mpls(packet):  # RFC 3032: label 100, then label 200 at the bottom of the stack, TTL 64
    return struct.pack("!II", 100 << 12 | 64, 200 << 12 | 0x100 | 64)


def pppoe(packet):  # RFC 2516: version 1, session 7, length; RFC 1661: protocol IPv4 or IPv6
    protocol = 0x0057 if packet[0] >> 4 == 6 else 0x0021
    return struct.pack("!BBHHH", 0x11, 0, 7, len(packet) + 2, protocol)


ENCAPSULATIONS = {
    "vlan": Vlan(b"\x81\x00\x00\x2a"),
    "vlan-stacked": Vlan(b"\x81\x00\x00\x64" + b"\x81\x00\x00\x2a"),
    "qinq": Vlan(b"\x88\xa8\x00\x64" + b"\x81\x00\x00\x2a"),
    "mpls": Link(0x8847, mpls, 8),
    "pppoe": Link(0x8864, pppoe, 8),
    "ip-in-ipv4": Ip(socket.AF_INET, (socket.IPPROTO_IPIP, socket.IPPROTO_IPV6)),
    "ip-in-ipv6": Ip(socket.AF_INET6, (socket.IPPROTO_IPIP, socket.IPPROTO_IPV6)),
    "gre": Ip(socket.AF_INET, (socket.IPPROTO_GRE,), gre, 4),
    "vxlan": Udp(4789, vxlan, 8, "tap"),
    "gtpu": Udp(2152, gtpu, 8),
    "capwap": Udp(5247, capwap, 40),
    "tzsp": Udp(37008, tzsp, 5, "tap"),
}


def record_encapsulation(name):
    def record(lab):
        with lab.overlay(name), lab.tcpdump(f"{name}.pcap"):
            overlay_traffic(lab)

    return record


RECORDINGS.update({name: record_encapsulation(name) for name in ENCAPSULATIONS})


class End:
    """One end of the wire: number 1 is the client, 2 the server."""

    def __init__(self, number):
        peer = 3 - number
        self.interface = f"wire{number}"
        self.address, self.peer_address = f"10.0.0.{number}", f"10.0.0.{peer}"
        self.address6, self.peer_address6 = f"fd00::{number}", f"fd00::{peer}"
        self.peer_mac = bytes((2, 0, 0, 0, 0, peer))
        self.overlay_mac = bytes((2, 0, 0, 0, 1, number))
        self.peer_overlay_mac = bytes((2, 0, 0, 0, 1, peer))


def relay(name, number):
    """Carries packets between the overlay device and the wire until it is terminated."""
    encapsulation, end = ENCAPSULATIONS[name], End(number)
    set_interface, tun, tap, no_packet_info = 0x400454CA, 1, 2, 0x1000  # linux/if_tun.h
    overlay = os.open("/dev/net/tun", os.O_RDWR)
    kind = tap if encapsulation.device == "tap" else tun
    ioctl(overlay, set_interface, struct.pack("16sH22x", b"overlay", kind | no_packet_info))
    if kind == tap:
        run(f"ip link set overlay address {end.overlay_mac.hex(':')}")
    run(f"ip link set overlay mtu {OVERLAY_MTU} addrgenmode none")
    run(f"ip addr add 10.0.1.{number}/24 dev overlay")
    run(f"ip addr add fd00:1::{number}/64 dev overlay nodad")
    wires = encapsulation.open(end)
    run("ip link set overlay up")
    while True:
        for ready in select.select([overlay, *wires], [], [])[0]:
            if ready is overlay:
                encapsulation.send(wires, end, os.read(overlay, 65535))
            elif packet := encapsulation.receive(ready, end):
                os.write(overlay, packet)


class Lab:
    """The two namespaces, the wire between them and the servers."""

    def __init__(self, folder):
        self.folder = folder
        self.running = contextlib.ExitStack()

    def __enter__(self):
        self.close_namespaces()
        self.running.callback(self.close_namespaces)
        with contextlib.ExitStack() as failed:
            failed.callback(self.running.close)
            self.lay_wire()
            self.start_servers()
            failed.pop_all()
        return self

    def __exit__(self, *exception):
        self.running.close()

    def close_namespaces(self):
        for namespace in (CLIENT, SERVER):
            run(f"ip netns del {namespace}", check=False)
            shutil.rmtree(f"/etc/netns/{namespace}", ignore_errors=True)
        with contextlib.suppress(OSError):  # the folder of other namespaces, or none
            os.rmdir("/etc/netns")

    def lay_wire(self):
        resolver = Path(f"/etc/netns/{CLIENT}/resolv.conf")
        resolver.parent.mkdir(parents=True)
        resolver.write_text("nameserver 10.0.0.53\n")
        for namespace in (CLIENT, SERVER):
            run(f"ip netns add {namespace}")
            run(f"ip -n {namespace} link set lo up")
        run(f"ip -n {CLIENT} link add name wire1 type veth peer name wire2 netns {SERVER}")
        for number, namespace in ((1, CLIENT), (2, SERVER)):
            wire = f"wire{number}"
            run(f"ip netns exec {namespace} ethtool -K {wire} tx off tso off gso off gro off")
            run(f"ip -n {namespace} link set {wire} address 02:00:00:00:00:0{number} addrgenmode none")
            run(f"ip -n {namespace} link set {wire} up")
            for host in HOSTS[number]:
                run(f"ip -n {namespace} addr add 10.0.0.{host}/24 dev {wire}")
                run(f"ip -n {namespace} addr add fd00::{host}/64 dev {wire} nodad")
            for host in HOSTS[3 - number]:  # known beforehand: no ARP or neighbour discovery between the conversations
                for address in (f"10.0.0.{host}", f"fd00::{host}"):
                    run(f"ip -n {namespace} neigh add {address} lladdr 02:00:00:00:00:0{3 - number} dev {wire}")
        time.sleep(1)

    def start_servers(self):
        self.make_files()
        os.makedirs("/run/sshd", exist_ok=True)
        records = ["host-record=www.example.org,10.0.0.2,fd00::2", "host-record=shop.example.com,10.0.0.3",
                   "host-record=mail.example.net,10.0.0.4", "txt-record=shop.example.com,v=spf1 -all",
                   "txt-record=long.example.org," + ",".join(str(n % 10) * 250 for n in range(12))]  # fmt: skip
        options = ["no-daemon", "no-resolv", "no-hosts", "conf-file=/dev/null", "pid-file", "user=root", "bind-interfaces",
                   "listen-address=10.0.0.53,fd00::53", "edns-packet-max=4096", "local=/#/"]  # fmt: skip
        servers = (
            ["dnsmasq"] + [f"--{option}" for option in options + records],
            "python3 -m http.server --protocol HTTP/1.1 --bind :: 80".split(),
            "openssl s_server -accept 443 -cert shop.pem -key shop.key -www -quiet".split(),
            f"{SSHD} -D -e -f /dev/null -h {self.folder}/host_key -o UsePAM=no -o StrictModes=no -o PidFile=none "
            f"-o AuthorizedKeysFile={self.folder}/user_key.pub".split(),
        )
        for server in servers:
            self.running.enter_context(self.serve(SERVER, server))

    def make_files(self):
        site = self.folder
        (site / "index.html").write_text("<!doctype html><title>Example</title><link rel=stylesheet href=style.css>\n")
        (site / "style.css").write_text("body { font: 16px/1.5 sans-serif }\n" * 20)
        (site / "photo.bin").write_bytes(bytes(range(256)) * 60)
        run("openssl req -x509 -newkey rsa:2048 -nodes -keyout shop.key -out shop.pem -days 30 -subj /O=Example/CN=shop.example.com "
            "-addext subjectAltName=DNS:shop.example.com,DNS:mail.example.net", cwd=site)  # fmt: skip
        for key in ("host_key", "user_key"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", key], cwd=site)

    @contextlib.contextmanager
    def serve(self, namespace, command):
        """Runs a program in a namespace for as long as the context lasts."""
        words = command.split() if isinstance(command, str) else command
        log = open(self.folder / "servers.log", "ab")
        program = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            time.sleep(1)
            yield program
        finally:
            program.terminate()
            program.wait()
            log.close()

    @contextlib.contextmanager
    def overlay(self, name):
        with contextlib.ExitStack() as relays:
            for number, namespace in ((1, CLIENT), (2, SERVER)):
                relays.enter_context(self.serve(namespace, [sys.executable, __file__, "--relay", name, str(number)]))
            yield

    @contextlib.contextmanager
    def tcpdump(self, file, interface="wire1", *options):
        """Records an interface of the client into a file of this folder while the context lasts."""
        command = ["ip", "netns", "exec", CLIENT, "tcpdump", "-Z", "root", "-U", "--immediate-mode", "-i", interface, *options]
        recorder = subprocess.Popen(command + ["-w", HERE / file], stderr=subprocess.PIPE, text=True)
        for line in recorder.stderr:
            if "listening on" in line:
                break
        else:
            raise SystemExit(f"tcpdump did not start on {interface}")
        yield
        time.sleep(0.5)
        recorder.send_signal(signal.SIGINT)
        recorder.communicate()
        print(f"{file}: {(HERE / file).stat().st_size} bytes")

    def client(self, command, stdin=""):
        """Runs a program on the client; a refused connection is part of the traffic, so its exit status is not looked at."""
        words = ["ip", "netns", "exec", CLIENT, *command.split()]
        subprocess.run(words, input=stdin.encode(), capture_output=True, timeout=30, check=False)


def make_containers():
    """Puts http.pcap into other containers, whole, cut and damaged."""
    source, folder = HERE / "http.pcap", HERE / "containers"
    folder.mkdir(exist_ok=True)
    run(f"editcap -F pcapng {source} {folder}/http.pcapng")
    run(f"editcap -F nsecpcap {source} {folder}/http-nanosecond.pcap")
    run(f"editcap -F pcap -s 96 {source} {folder}/http-snaplen-96.pcap")
    run(f"mergecap -F pcapng -w {folder}/two-link-types.pcapng {source} {HERE}/raw-ip.pcap")
    for suffix, program in (("gz", "gzip -9n"), ("zst", "zstd -q -19"), ("xz", "xz -9")):
        with open(source, "rb") as original, open(folder / f"http.pcap.{suffix}", "wb") as packed:
            subprocess.run([*program.split(), "-c"], stdin=original, stdout=packed, check=True)
    little = source.read_bytes()
    (folder / "http-big-endian.pcap").write_bytes(big_endian(little))
    (folder / "http-truncated.pcap").write_bytes(little[: len(little) * 2 // 3])
    packed = (folder / "http.pcap.gz").read_bytes()
    (folder / "http-truncated.pcap.gz").write_bytes(packed[: len(packed) * 2 // 3])


def big_endian(little):
    """The same classic pcap with its own headers, not the packets, in the other byte order."""
    out = bytearray(struct.pack(">IHHIIII", *struct.unpack_from("<IHHIIII", little)))
    at = 24
    while at < len(little):
        record = struct.unpack_from("<IIII", little, at)
        out += struct.pack(">IIII", *record) + little[at + 16 : at + 16 + record[2]]
        at += 16 + record[2]
    return bytes(out)


def run(command, check=True, cwd=None):
    words = command.split() if isinstance(command, str) else command
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{command}: {done.stderr.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", nargs=2, metavar=("ENCAPSULATION", "END"), help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="*", help=f"recordings to make (default: all): {' '.join(RECORDINGS)}")
    arguments = parser.parse_args()
    if arguments.relay:
        return relay(arguments.relay[0], int(arguments.relay[1]))
    if unknown := [name for name in arguments.name if name not in RECORDINGS]:
        parser.error(f"no recording is called {' or '.join(unknown)}; there are: {' '.join(RECORDINGS)}")
    if os.geteuid() != 0:
        raise SystemExit("record.py: network namespaces need root; run it with sudo")
    missing = [name for name in [*PROGRAMS.split(), SSHD] if not shutil.which(name)]
    if missing:
        raise SystemExit(f"record.py: not installed: {' '.join(missing)}; the packages are named in the first lines of record.py")
    with tempfile.TemporaryDirectory(prefix="nfstream-record-") as folder, Lab(Path(folder)) as lab:
        for name in arguments.name or RECORDINGS:
            RECORDINGS[name](lab)
    make_containers()


if __name__ == "__main__":
    main()
