//! The list of dissectors: one file and one line each.

use crate::dissector::{Listed, Of};

macro_rules! dissectors {
    ($($module:ident::$name:ident,)+) => {
        $(pub(crate) mod $module;)+

        /// Every dissector, by the names of their files.
        pub(crate) const DISSECTORS: &[&dyn Listed] = &[$(&Of::<$module::$name>::NEW,)+];
    };
}

dissectors! {
    ssh::Ssh,
    tls::Tls,
}
