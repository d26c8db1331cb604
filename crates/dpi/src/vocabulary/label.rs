//! Labels: ids of protocols and applications.

use super::category::Category;

/// A protocol or an application, by its id. Ids below 1000 are those of nDPI 5.0. Ids from 1000 up are names that nDPI does
/// not have, and ids from 10,000 up are names of a rules file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub u16);

/// Entry of a label in the vocabulary.
#[derive(Debug)]
pub struct LabelEntry {
    /// Name, as in `application_name`.
    pub name: &'static str,
    /// Category, as in `application_category_name`, unless a host says more.
    pub category: &'static str,
    /// The category with that name.
    pub(crate) kind: Category,
    /// How safe it is to have on a network.
    pub breed: &'static str,
    /// UDP ports by which the label is guessed.
    pub udp_ports: &'static [u16],
    /// TCP ports by which the label is guessed.
    pub tcp_ports: &'static [u16],
}

impl Label {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(0);

    /// First id of names that nDPI 5.0 does not have.
    pub(super) const FIRST_OWN: u16 = 1000;

    /// First id of names of a rules file.
    pub const FIRST_CUSTOM: u16 = 10_000;

    /// Whether the label says anything.
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }
}
