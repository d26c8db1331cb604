//! Columns and their values.

mod column;
pub(crate) mod text;
mod value;

pub use self::column::{Column, Feature};
pub use self::value::{Kind, Unit, Value};
