//! Finds the process of this machine that has a socket, by the addresses of a flow.
//!
//! A [`Watcher`] lists the sockets of its network namespace again and again, finds their processes, and answers
//! [`Watcher::process_of`] from a table. It works on Linux only; on other systems [`Watcher::start`] returns an error.
//!
//! ```no_run
//! use std::time::{Duration, Instant};
//! use nfstream_processes::{Protocol, Watcher};
//!
//! let watcher = Watcher::start(Duration::from_millis(100), false)?;
//! let (source, destination) = ("192.0.2.1:50000".parse()?, "198.51.100.1:443".parse()?);
//! let answer = watcher.process_of(Protocol::Tcp, source, destination, Instant::now());
//! println!("{:?}", answer.process);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which sockets are found
//!
//! - The socket of a flow is the one that is connected between its two endpoints. If there is none, it is a socket that
//!   listens on, or is bound to, an endpoint whose address is one of this machine. IPv6 sockets that IPv4 packets reach
//!   (v4-mapped addresses) count as IPv4.
//! - A flow between two processes of this machine belongs to the one at the flow's source.
//! - A socket that several processes have (after `fork`, say) is reported for one of them, usually the youngest.
//! - Sockets that have ended stay known for three minutes, for flows that began before.
//! - A socket that begins and ends between two looks is not seen. If `process_of` does not know a socket of this
//!   machine, it makes the watcher look at once. Where the kernel's tracing can be used (root, tracefs mounted), the
//!   watcher also learns the process of each TCP socket when it is closed, and misses none.
//! - Without root, only sockets of the user's own processes are found; [`Blind`] counts the others.
#![forbid(unsafe_code)]

mod process;
mod protocol;
mod shared;
mod table;
mod watcher;

#[cfg(target_os = "linux")]
mod closings;
#[cfg(target_os = "linux")]
mod look;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod sockets;

pub use crate::process::Process;
pub use crate::protocol::Protocol;
pub use crate::table::Answer;
pub use crate::watcher::{Blind, Error, Watcher};
