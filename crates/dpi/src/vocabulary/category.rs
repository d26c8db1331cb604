//! Categories: the kinds of things that labels stand for.

use std::fmt;

include!(concat!(env!("OUT_DIR"), "/categories.rs"));

/// The kind of thing that a label stands for.
///
/// It is kept as its place among the names, because there are many flows and each has one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Category(u8);

impl Category {
    /// The category of unknown traffic.
    pub const UNSPECIFIED: Self = Self::constant("Unspecified");
    /// A check whether the internet can be reached.
    pub const CONNECTIVITY_CHECK: Self = Self::constant("ConnCheck");
    /// Advertisement and tracking.
    pub const ADVERTISEMENT: Self = Self::constant("Advertisement");
    /// Programs, and anything that a client can only save.
    pub const DOWNLOAD: Self = Self::constant("Download");
    /// Sound and moving pictures.
    pub const MEDIA: Self = Self::constant("Media");
    /// The network's own workings.
    pub const NETWORK: Self = Self::constant("Network");

    /// The category with a name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let place = CATEGORIES.binary_search(&name).ok()?;
        u8::try_from(place).ok().map(Self)
    }

    /// The category with a name, which has to exist.
    pub(super) const fn constant(name: &str) -> Self {
        let mut place = 0;
        while !is_same(CATEGORIES[place], name) {
            place += 1;
        }
        Self(place as u8)
    }

    /// Name of the category, as in `application_category_name`.
    pub fn name(self) -> &'static str {
        CATEGORIES[usize::from(self.0)]
    }
}

/// Whether two texts are equal, for constants.
const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut place = 0;
    while place < a.len() && place < b.len() && a[place] == b[place] {
        place += 1;
    }
    place == a.len() && place == b.len()
}

impl Default for Category {
    fn default() -> Self {
        Self::UNSPECIFIED
    }
}

impl fmt::Debug for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
