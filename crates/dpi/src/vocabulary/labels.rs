//! The labels by name. `build/labels.rs` generates them from `data/labels.csv`.

use super::category::Category;
use super::label::{Label, LabelEntry};

include!(concat!(env!("OUT_DIR"), "/labels.rs"));
