//! Bytes that have been written to a connection and are not acknowledged: `SIOCOUTQ` (tcp(7)), also named `TIOCOUTQ`.

#![allow(unsafe_code, reason = "one system call; the block says why it is sound")]

use std::net::TcpStream;

/// Number of bytes that the other host has not acknowledged. Closing our side counts as one byte. None if the system does
/// not report the number.
#[cfg(target_os = "linux")]
pub(super) fn unacknowledged(connection: &TcpStream) -> Option<u64> {
    use std::os::fd::AsRawFd;

    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open as long as the connection is borrowed, and the request writes one int, into `bytes`.
    let result = unsafe { libc::ioctl(connection.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    if result == 0 { u64::try_from(bytes).ok() } else { None }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn unacknowledged(_: &TcpStream) -> Option<u64> {
    None
}
