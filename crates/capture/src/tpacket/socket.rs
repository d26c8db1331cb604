//! Packet sockets of Linux (packet(7)): requests to the kernel.

#![allow(unsafe_code, reason = "system calls; each block says why it is sound")]

use std::ffi::{c_int, c_uint, c_void};
use std::fs;
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use libc::{sock_filter, sockaddr_ll};

/// `PACKET_FANOUT_CBPF` with a group number that the kernel chooses.
const FANOUT: u32 = libc::PACKET_FANOUT_CBPF;

/// A packet socket.
#[derive(Debug)]
pub(crate) struct Socket(OwnedFd);

/// Counters since they were last read.
pub(crate) struct Statistics {
    /// Number of frames that had no room.
    pub(crate) drops: u32,
}

impl Socket {
    /// Opens a socket that gets no frames yet. A cooked socket delivers frames without their link header.
    pub(crate) fn open(cooked: bool) -> io::Result<Self> {
        let kind = if cooked { libc::SOCK_DGRAM } else { libc::SOCK_RAW };
        // SAFETY: takes numbers and returns one.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind | libc::SOCK_CLOEXEC, 0) };
        check(fd)?;
        // SAFETY: the descriptor is new, and nothing else owns it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    fn set<T>(&self, level: c_int, option: c_int, value: &T) -> io::Result<()> {
        let length = size_of::<T>() as libc::socklen_t;
        // SAFETY: the kernel reads as many bytes as the value has. If the value contains a pointer (`sock_fprog`), the kernel
        // reads no more there than it may, and writes nothing.
        check(unsafe {
            libc::setsockopt(self.fd(), level, option, std::ptr::from_ref(value).cast::<c_void>(), length)
        })
        .map(drop)
    }

    /// Sets an option of packet sockets.
    pub(crate) fn set_packet<T>(&self, option: c_int, value: &T) -> io::Result<()> {
        self.set(libc::SOL_PACKET, option, value)
    }

    /// Lets in only frames for which a program returns a length, and no more of their bytes than that.
    pub(crate) fn attach_filter(&self, program: &[sock_filter]) -> io::Result<()> {
        self.set(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &encoded(program)?)
    }

    /// Whether the kernel accepts a program as a filter. It refuses a program that is longer than `BPF_MAXINSNS`, one that jumps
    /// back, as `protochain` does, and one for which the sysctl `net.core.optmem_max` allows no memory.
    pub(crate) fn takes_filter(program: &[sock_filter]) -> bool {
        Self::open(true).and_then(|socket| socket.attach_filter(program)).is_ok()
    }

    /// Takes frames from now on: of the interface with this number, or of all interfaces with 0.
    pub(crate) fn bind(&self, index: u32) -> io::Result<()> {
        // SAFETY: a structure of numbers, for which zeros are values.
        let mut address: sockaddr_ll = unsafe { zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
        address.sll_ifindex = index.cast_signed();
        let length = size_of::<sockaddr_ll>() as libc::socklen_t;
        // SAFETY: the address is as long as stated.
        check(unsafe { libc::bind(self.fd(), (&raw const address).cast(), length) }).map(drop)
    }

    /// Makes the interface take in frames that are addressed to others, until the socket is closed.
    pub(crate) fn be_promiscuous(&self, index: u32) -> io::Result<()> {
        // SAFETY: a structure of numbers, for which zeros are values.
        let mut membership: libc::packet_mreq = unsafe { zeroed() };
        membership.mr_ifindex = index.cast_signed();
        membership.mr_type = libc::PACKET_MR_PROMISC as u16;
        self.set_packet(libc::PACKET_ADD_MEMBERSHIP, &membership)
    }

    /// Begins a group of sockets that share frames, as a program decides. Returns the group's number.
    pub(crate) fn begin_group(&self, program: &[sock_filter]) -> io::Result<u16> {
        self.set_packet(libc::PACKET_FANOUT, &((FANOUT | libc::PACKET_FANOUT_FLAG_UNIQUEID) << 16))?;
        self.set_packet(libc::PACKET_FANOUT_DATA, &encoded(program)?)?;
        let (mut group, mut length) = (0_u32, size_of::<u32>() as libc::socklen_t);
        // SAFETY: the kernel writes as many bytes as the number has.
        check(unsafe {
            libc::getsockopt(
                self.fd(),
                libc::SOL_PACKET,
                libc::PACKET_FANOUT,
                (&raw mut group).cast(),
                &raw mut length,
            )
        })?;
        Ok(group as u16)
    }

    /// Joins such a group.
    pub(crate) fn join_group(&self, group: u16) -> io::Result<()> {
        self.set_packet(libc::PACKET_FANOUT, &((FANOUT << 16) | u32::from(group)))
    }

    /// Reads the counters and resets them to 0.
    pub(crate) fn statistics(&self) -> io::Result<Statistics> {
        // SAFETY: a structure of numbers, for which zeros are values.
        let mut statistics: libc::tpacket_stats_v3 = unsafe { zeroed() };
        let mut length = size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
        // SAFETY: the kernel writes no more bytes than the structure has.
        check(unsafe {
            libc::getsockopt(
                self.fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut statistics).cast(),
                &raw mut length,
            )
        })?;
        Ok(Statistics { drops: statistics.tp_drops })
    }

    /// Waits until there is something to read, or an error, at most for `patience`.
    pub(crate) fn wait(&self, patience: Duration) -> io::Result<()> {
        let mut waited = libc::pollfd { fd: self.fd(), events: libc::POLLIN, revents: 0 };
        // Rounded up: otherwise the rest of a millisecond would be spent polling again and again.
        let milliseconds = c_int::try_from(patience.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX);
        // SAFETY: there is one descriptor, as stated.
        match check(unsafe { libc::poll(&raw mut waited, 1, milliseconds) }) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
            Ok(_) if waited.revents & libc::POLLERR != 0 => Err(self.pending_error()?),
            Ok(_) => Ok(()),
        }
    }

    /// The kernel's pending error of the socket.
    fn pending_error(&self) -> io::Result<io::Error> {
        let (mut number, mut length) = (0, size_of::<c_int>() as libc::socklen_t);
        // SAFETY: the kernel writes as many bytes as the number has.
        check(unsafe {
            libc::getsockopt(
                self.fd(),
                libc::SOL_SOCKET,
                libc::SO_ERROR,
                (&raw mut number).cast(),
                &raw mut length,
            )
        })?;
        Ok(io::Error::from_raw_os_error(number))
    }

    /// Makes an interface stamp all frames that it receives (`SIOCSHWTSTAMP`), and the socket report these stamps.
    pub(crate) fn use_hardware_stamps(&self, interface: &str) -> io::Result<()> {
        // SAFETY: a structure of numbers and null pointers, for which zeros are values.
        let mut request: libc::ifreq = unsafe { zeroed() };
        for (place, byte) in request.ifr_name.iter_mut().zip(interface.bytes()) {
            *place = byte.cast_signed();
        }
        let mut wanted = HardwareStamps { flags: 0, sent: 0, received: FILTER_ALL };
        request.ifr_ifru.ifru_data = (&raw mut wanted).cast();
        // SAFETY: name and data have the form that the request needs, and live during the call. The kernel writes its settings
        // into both structures.
        check(unsafe { libc::ioctl(self.fd(), libc::SIOCSHWTSTAMP, &raw mut request) })?;
        self.set_packet(libc::PACKET_TIMESTAMP, &(libc::SOF_TIMESTAMPING_RAW_HARDWARE as c_int))
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// `struct hwtstamp_config`.
#[repr(C)]
struct HardwareStamps {
    flags: c_int,
    sent: c_int,
    received: c_int,
}

/// `HWTSTAMP_FILTER_ALL`.
const FILTER_ALL: c_int = 1;

/// A program in the kernel's form; it lives as long as the slice.
fn encoded(program: &[sock_filter]) -> io::Result<libc::sock_fprog> {
    let len = program.len().try_into().map_err(|_| io::Error::from_raw_os_error(libc::E2BIG))?;
    Ok(libc::sock_fprog { len, filter: program.as_ptr().cast_mut() })
}

/// The result of a system call, or the error that it left.
fn check(returned: c_int) -> io::Result<c_int> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(returned) }
}

/// Number of frames that an interface has received and had no room for, since the system was started.
pub(crate) fn lost_by_interface(name: &str) -> Option<u64> {
    let counter = |counter: &str| -> Option<u64> {
        let text = fs::read_to_string(format!("/sys/class/net/{name}/statistics/{counter}")).ok()?;
        text.trim().parse().ok()
    };
    Some(counter("rx_missed_errors")?.saturating_add(counter("rx_dropped")?))
}

const _: () = assert!(size_of::<c_uint>() == size_of::<u32>());
