//! Which process of this machine has a socket, asked with the addresses of a flow.
//!
//! A [`Watcher`] lists the sockets of its network namespace again and again, finds out whose they are, and answers
//! [`Watcher::process_of`] from a table. Linux only; elsewhere [`Watcher::start`] says so.
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
//! # What is found
//!
//! - A flow's socket is the one that is connected between its two endpoints; else one that listens on, or is bound to,
//!   an endpoint whose address is one of this machine. IPv6 sockets that IPv4 packets reach (v4-mapped addresses) count as
//!   IPv4.
//! - Between two processes of this machine the one at the flow's source is meant.
//! - A socket that several processes have (after `fork`, say) is said to be one's of them, usually the youngest.
//! - Sockets that have ended are still known for three minutes, for flows that began before.
//! - A socket that begins and ends between two looks is not seen. `process_of` has the watcher look at once when it
//!   does not know a socket of this machine. Where the kernel's tracing can be used (root, tracefs mounted), TCP sockets are also
//!   named as they are closed, which misses none.
//! - Without root, only sockets of the user's own processes are found; [`Blind`] says how many others there were.
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
