//! The `nfstream` command: network captures to flow records, from a shell.
//!
//! `arguments` declares the command line once. Help, manual page, completions and the reference in `docs/` are derived
//! from it. `dispatch` does what the command line says, and `run` processes captures.
#![forbid(unsafe_code)]

mod arguments;
mod captures;
mod columns;
mod descriptors;
mod destination;
mod dispatch;
mod failure;
mod interfaces;
mod interruption;
mod listing;
mod manual;
mod metrics;
mod output;
mod outputs;
mod parameters;
mod privileges;
mod progress;
mod protocols;
mod run;
#[cfg_attr(
    not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
    )),
    path = "no_sandbox.rs"
)]
mod sandbox;
mod summary;
mod table;
mod terminal;
#[cfg(feature = "top")]
mod top;

pub use crate::arguments::command;
pub use crate::columns::markdown_table;
pub use crate::dispatch::main;
#[doc(hidden)]
pub use crate::metrics::answer_metrics_request;
pub use crate::protocols::protocols_table;
