//! The rules of one application.

use std::borrow::Cow;

use crate::vocabulary::Category;

/// A text that is compiled in, or comes from a file.
pub(super) type Text = Cow<'static, str>;

/// The part of a file under one name.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) hosts: Vec<Text>,
    pub(super) user_agents: Vec<Text>,
    pub(super) certificates: Vec<Text>,
    pub(super) alpn: Vec<Text>,
    pub(super) category: Option<Category>,
}
