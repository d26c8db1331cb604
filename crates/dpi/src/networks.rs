//! Whom addresses belong to.
use crate::label::Label;
use std::net::IpAddr;
/// Owners.
pub struct Networks;
impl Networks {
    /// Compiled in.
    pub fn builtin() -> Self {
        Self
    }
    /// Owner.
    pub fn owner(&self, _: IpAddr) -> Label {
        Label::UNKNOWN
    }
    /// Labels.
    pub(crate) fn owners(&self) -> impl Iterator<Item = Label> {
        std::iter::empty()
    }
}
