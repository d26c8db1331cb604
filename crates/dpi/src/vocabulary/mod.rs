//! The vocabulary: names of protocols, applications and categories, and what is known of them.

mod category;
mod label;
pub mod labels;
mod lookup;
mod risk;

pub use category::Category;
pub use label::{Label, LabelEntry};
pub use risk::{Accountable, Risk, Risks, Severity, Share};
