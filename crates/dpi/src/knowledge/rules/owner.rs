//! What a pattern of hosts says.

use crate::vocabulary::{Category, Label};

/// Whose a domain is, and what for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owner {
    pub(super) application: Option<Label>,
    pub(super) category: Option<Category>,
}
