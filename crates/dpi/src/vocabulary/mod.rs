//! The vocabulary: names of protocols, applications and categories, and what is known of them.

mod category;
mod label;
pub mod labels;
mod lookup;

pub use category::Category;
pub use label::{Label, LabelEntry};
