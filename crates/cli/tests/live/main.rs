//! Live capture by the `nfstream` binary, of what real programs send between network namespaces.
//!
//! The tests want root, for the namespaces, and each says which programs. Where something is missing they print one sentence
//! and pass.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod capture;
mod namespaces;
mod records;
mod recordings;
mod replays;
mod waiting;
