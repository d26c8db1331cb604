//! The built-in rules. `build/rules.rs` makes them of `data/applications.toml` and `data/categories.toml`.

use super::Builtin;
use crate::labels;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
