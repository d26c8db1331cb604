//! The kernel's list of sockets, and its messages on sockets that have ended (`sock_diag(7)`).

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader, NetlinkMessage, NlasIterator,
    Parseable,
};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags};
use netlink_packet_sock_diag::{
    AF_INET, AF_INET6, INET_DIAG_PROTOCOL, INET_DIAG_SKV6ONLY, SOCK_DIAG_BY_FAMILY, SockDiagMessage,
};
use netlink_sys::Socket as Netlink;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use rustix::event::{PollFd, PollFlags, poll};

use crate::Protocol;
use crate::table::{Key, canonical};

/// Types of control messages (netlink(7)).
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// State of a listening socket (`include/net/tcp_states.h`).
const TCP_LISTEN: u8 = 10;

/// Length of `struct inet_diag_msg` (`sock_diag(7)`); attributes follow.
const INET_DIAG_MSG: usize = 72;

/// `SKNLGRP_INET_TCP_DESTROY`, `SKNLGRP_INET_UDP_DESTROY` and the same for IPv6 (`linux/sock_diag.h`).
const DESTROY_GROUPS: [u32; 4] = [1, 2, 3, 4];

/// How long to wait for an answer: the kernel answers at once, with at most 32 KiB at a time.
const PATIENCE: Duration = Duration::from_secs(1);
const LONGEST_ANSWER: usize = 64 << 10;

/// A socket in the kernel's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    pub(crate) key: Key,
    /// The kernel's number of the socket, which is never used again.
    pub(crate) cookie: u64,
    /// Inode that links in `/proc/PID/fd` name; 0 when no process has the socket (any more, or yet).
    pub(crate) inode: u32,
    pub(crate) uid: u32,
}

/// Asks the kernel for lists of sockets.
pub(crate) struct Lister {
    netlink: Netlink,
    buffer: Vec<u8>,
    sequence: u32,
}

impl Lister {
    pub(crate) fn open() -> io::Result<Self> {
        let mut netlink = Netlink::new(NETLINK_SOCK_DIAG)?;
        netlink.bind_auto()?;
        netlink.set_non_blocking(true)?;
        Ok(Self { netlink, buffer: Vec::with_capacity(LONGEST_ANSWER), sequence: 0 })
    }

    /// Visits every TCP and UDP socket in this network namespace that a process may have. Returns whether these were
    /// all.
    pub(crate) fn list(&mut self, mut visit: impl FnMut(Socket)) -> io::Result<bool> {
        let mut is_whole = true;
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            for family in [AF_INET, AF_INET6] {
                is_whole &= match self.dump(family, protocol, &mut visit) {
                    // The kernel has no IPv6.
                    Err(error) if error.kind() == ErrorKind::NotFound && family == AF_INET6 => true,
                    whole => whole?,
                };
            }
        }
        Ok(is_whole)
    }

    fn dump(&mut self, family: u8, protocol: Protocol, visit: &mut impl FnMut(Socket)) -> io::Result<bool> {
        // Discards the rest of an earlier answer that was given up.
        while self.receive()? {}
        self.sequence = self.sequence.wrapping_add(1);
        self.netlink.send(&request(family, protocol, self.sequence), 0)?;
        let mut is_whole = true;
        loop {
            self.wait()?;
            if !self.receive()? {
                continue;
            }
            for message in messages(&self.buffer) {
                if message.sequence_number() != self.sequence {
                    continue;
                }
                is_whole &= message.flags() & NLM_F_DUMP_INTR == 0;
                match message.message_type() {
                    SOCK_DIAG_BY_FAMILY => {
                        if let Some(socket) = socket(message.payload(), Some(protocol)) {
                            visit(socket);
                        }
                    }
                    NLMSG_DONE => return Ok(is_whole),
                    NLMSG_ERROR => return Err(refusal(message.payload())),
                    _ => {}
                }
            }
        }
    }

    fn wait(&self) -> io::Result<()> {
        let mut fds = [PollFd::new(&self.netlink, PollFlags::IN)];
        let patience = PATIENCE.try_into().ok();
        match poll(&mut fds, patience.as_ref()) {
            Ok(0) => Err(io::Error::new(ErrorKind::TimedOut, "the kernel does not answer")),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn receive(&mut self) -> io::Result<bool> {
        receive(&self.netlink, &mut self.buffer)
    }
}

/// Receiver of the kernel's messages on sockets that have ended.
///
/// The messages contain neither inode nor user, so they do not show the process of a socket that has not been seen
/// before.
pub(crate) struct Ends {
    netlink: Netlink,
    buffer: Vec<u8>,
}

impl Ends {
    /// Begins to listen; this needs no privilege.
    pub(crate) fn open() -> io::Result<Self> {
        let mut netlink = Netlink::new(NETLINK_SOCK_DIAG)?;
        netlink.bind_auto()?;
        netlink.set_non_blocking(true)?;
        for group in DESTROY_GROUPS {
            netlink.add_membership(group)?;
        }
        // If a message is lost here, the next look notices that the socket has ended.
        netlink.set_no_enobufs(true)?;
        // The kernel grants as much of this size as it allows.
        netlink.set_rx_buf_sz(4i32 << 20)?;
        Ok(Self { netlink, buffer: Vec::with_capacity(LONGEST_ANSWER) })
    }

    /// Visits the sockets in the messages that have come.
    pub(crate) fn take(&mut self, mut visit: impl FnMut(Socket)) -> io::Result<()> {
        while receive(&self.netlink, &mut self.buffer)? {
            messages(&self.buffer)
                .filter(|message| message.message_type() == SOCK_DIAG_BY_FAMILY)
                .filter_map(|message| socket(message.payload(), None))
                .for_each(&mut visit);
        }
        Ok(())
    }
}

impl AsFd for Ends {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.netlink.as_fd()
    }
}

/// Receives what is there; returns whether there was anything.
fn receive(netlink: &Netlink, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    match netlink.recv(buffer, 0) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(false),
        Err(error) => Err(error),
    }
}

fn request(family: u8, protocol: Protocol, sequence: u32) -> Vec<u8> {
    // A socket in TIME_WAIT has no owner.
    let states = StateFlags::all() - StateFlags::TIME_WAIT;
    let socket_id = if family == AF_INET { SocketId::new_v4() } else { SocketId::new_v6() };
    let extensions = ExtensionFlags::empty();
    let inet = InetRequest { family, protocol: protocol.number(), extensions, states, socket_id };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    header.sequence_number = sequence;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(inet).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Splits received bytes into messages, up to the first incomplete one.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = NetlinkBuffer<&[u8]>> {
    std::iter::from_fn(move || {
        let message = NetlinkBuffer::new_checked(bytes).ok()?;
        // Messages begin at multiples of four bytes (`NLMSG_ALIGN`).
        let length = (message.length() as usize).next_multiple_of(4);
        bytes = bytes.get(length..).unwrap_or_default();
        Some(message)
    })
}

/// Converts the content of `NLMSG_ERROR`, a negative error number, to an error.
fn refusal(payload: &[u8]) -> io::Error {
    match payload.first_chunk() {
        Some(code) => io::Error::from_raw_os_error(i32::from_ne_bytes(*code).wrapping_neg()),
        None => io::Error::new(ErrorKind::InvalidData, "the kernel's answer is cut off"),
    }
}

/// Reads the socket that a `struct inet_diag_msg` describes; returns `None` if it has no port, or if its protocol is
/// not one of those asked for.
fn socket(payload: &[u8], protocol: Option<Protocol>) -> Option<Socket> {
    let header = InetResponseHeader::parse(payload).ok()?;
    let (mut told, mut v6_only) = (protocol, false);
    for attribute in NlasIterator::new(payload.get(INET_DIAG_MSG..)?) {
        let Ok(attribute) = attribute else { break };
        match (attribute.kind(), attribute.value()) {
            (INET_DIAG_PROTOCOL, &[number, ..]) if protocol.is_none() => told = Protocol::of_number(number),
            (INET_DIAG_SKV6ONLY, &[value, ..]) => v6_only = value != 0,
            _ => {}
        }
    }
    let protocol = told?;
    let SocketId { source_address, source_port, destination_address, destination_port, cookie, .. } =
        header.socket_id;
    if source_port == 0 {
        return None;
    }
    let local = canonical(SocketAddr::new(source_address, source_port));
    let key = if destination_port == 0 || header.state == TCP_LISTEN {
        Key::Bound { protocol, local, v6_only }
    } else {
        let remote = canonical(SocketAddr::new(destination_address, destination_port));
        Key::Connected { protocol, local, remote }
    };
    Some(Socket { key, cookie: u64::from_ne_bytes(cookie), inode: header.inode, uid: header.uid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message as the kernel sends it: an IPv4 or IPv6 socket, and attributes.
    fn message(family: u8, state: u8, addresses: [[u8; 16]; 2], attributes: &[u8]) -> Vec<u8> {
        let mut payload = vec![family, state, 0, 0];
        payload.extend(5000u16.to_be_bytes());
        payload.extend(80u16.to_be_bytes());
        payload.extend(addresses.concat());
        payload.extend([0; 4]);
        payload.extend(7u64.to_ne_bytes());
        payload.extend([0; 12]);
        payload.extend(1000u32.to_ne_bytes());
        payload.extend(4711u32.to_ne_bytes());
        payload.extend(attributes);
        let mut message = (16 + payload.len() as u32).to_ne_bytes().to_vec();
        message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        message.extend([0; 10]);
        message.extend(payload);
        message
    }

    fn sockets(bytes: &[u8], protocol: Option<Protocol>) -> Vec<Socket> {
        messages(bytes).filter_map(|message| socket(message.payload(), protocol)).collect()
    }

    fn attribute(kind: u16, value: u8) -> Vec<u8> {
        [&5u16.to_ne_bytes()[..], &kind.to_ne_bytes(), &[value, 0, 0, 0]].concat()
    }

    #[test]
    fn messages_are_read_one_after_the_other() {
        let mut v4 = [[0; 16]; 2];
        v4[0][..4].copy_from_slice(&[192, 0, 2, 1]);
        v4[1][..4].copy_from_slice(&[198, 51, 100, 9]);
        let mut bytes = message(AF_INET, 1, v4, &attribute(INET_DIAG_PROTOCOL, 6));
        bytes.extend(message(AF_INET6, TCP_LISTEN, [[0; 16]; 2], &attribute(INET_DIAG_SKV6ONLY, 1)));
        let (local, remote) = ("192.0.2.1:5000".parse().unwrap(), "198.51.100.9:80".parse().unwrap());
        let protocol = Protocol::Tcp;
        let connected =
            Socket { key: Key::Connected { protocol, local, remote }, cookie: 7, inode: 4711, uid: 1000 };
        let listening = Key::Bound { protocol, local: "[::]:5000".parse().unwrap(), v6_only: true };
        assert_eq!(sockets(&bytes, Some(protocol)), [connected, Socket { key: listening, ..connected }]);
        // If the protocol that was asked for is not known, only attributes show it.
        assert_eq!(sockets(&bytes, None), [connected]);
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        let mapped = "::ffff:192.0.2.1".parse::<std::net::Ipv6Addr>().unwrap().octets();
        let bytes = message(AF_INET6, 1, [mapped; 2], &[]);
        let [Socket { key: Key::Connected { local, .. }, .. }] = sockets(&bytes, Some(Protocol::Udp))[..]
        else {
            panic!("one connected socket")
        };
        assert_eq!(local, "192.0.2.1:5000".parse().unwrap());
    }

    #[test]
    fn cut_messages_are_left_out() {
        let bytes = message(AF_INET, 1, [[1; 16]; 2], &attribute(INET_DIAG_PROTOCOL, 17));
        for length in 0..bytes.len() {
            assert_eq!(sockets(&bytes[..length], None), []);
        }
        assert_eq!(refusal(&[1]).kind(), ErrorKind::InvalidData);
        assert_eq!(refusal(&i32::MIN.to_ne_bytes()).raw_os_error(), Some(i32::MIN));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            sockets(&bytes, None);
        }

        #[test]
        fn damaged_messages_are_read_without_a_panic(
            place in 0usize..96, byte: u8, attributes in prop::collection::vec(any::<u8>(), 0..16)
        ) {
            let mut bytes = message(AF_INET, 1, [[1; 16]; 2], &attributes);
            if let Some(there) = bytes.get_mut(place) {
                *there = byte;
            }
            sockets(&bytes, Some(Protocol::Tcp));
        }
    }
}
