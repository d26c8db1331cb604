//! What has been written to a connection and is not acknowledged: `SIOCOUTQ` (tcp(7)), which is called `TIOCOUTQ`, too.

#![allow(unsafe_code, reason = "one system call; the block says why it is sound")]

use std::net::TcpStream;

/// Bytes that the other host has not acknowledged; a closing of our side counts as one. None where the system does not tell.
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
