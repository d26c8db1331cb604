//! The meaning of a host pattern.

use crate::vocabulary::{Category, Label};

/// The application that owns a domain, and the domain's purpose.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owner {
    pub(super) application: Option<Label>,
    pub(super) category: Option<Category>,
}
