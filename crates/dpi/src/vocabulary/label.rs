//! Labels: ids of protocols and applications.

use super::category::Category;

/// A protocol or an application, by its id: those of nDPI 5.0 below 1000, names that it does not have from 1000 up, names of a
/// rules file from 10,000 up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub u16);

/// What the vocabulary says of a label.
#[derive(Debug)]
pub struct LabelEntry {
    /// As it stands in `application_name`.
    pub name: &'static str,
    /// As it stands in `application_category_name`, unless a host says more.
    pub category: &'static str,
    /// The category of that name.
    pub(crate) kind: Category,
    /// How safe it is to have on a network.
    pub breed: &'static str,
    /// UDP ports by which it is guessed.
    pub udp_ports: &'static [u16],
    /// TCP ports by which it is guessed.
    pub tcp_ports: &'static [u16],
}

impl Label {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(0);

    /// Ids from here up are those of names that nDPI 5.0 does not have.
    pub(super) const FIRST_OWN: u16 = 1000;

    /// Ids from here up are those of a rules file.
    pub const FIRST_CUSTOM: u16 = 10_000;

    /// Whether anything is known.
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }
}
