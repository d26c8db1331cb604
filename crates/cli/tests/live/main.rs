//! Live capture by the `nfstream` binary, of what real programs send between network namespaces.
//!
//! The tests want root, for the namespaces, and each says which programs. Where something is missing they print one sentence
//! and pass.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod capture;
mod counters;
mod filters;
mod interfaces;
mod losses;
mod mistakes;
mod namespaces;
mod privileges;
mod programs;
mod recordings;
mod records;
mod replays;
mod signals;
mod timeouts;
mod tunnels;
mod waiting;
