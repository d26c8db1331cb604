//! Identification of network protocols and applications.
#![forbid(unsafe_code)]

mod label;
#[rustfmt::skip]
pub mod labels;

pub use label::{Category, Label, LabelEntry};
