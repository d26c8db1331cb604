//! The `nfstream` binary, run as from a shell.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod collector;
mod flows;
mod hostile_text;
#[cfg(target_os = "linux")]
mod memory;
mod metrics;
mod mistakes;
mod outputs;
mod process;
mod processes;
mod reference;
mod streams;
mod synthetic;
mod terminal;
#[cfg(feature = "top")]
mod top;
