//! Families of features: each file declares its columns and what it keeps to compute them.

pub(crate) mod core;
mod l7;
mod splt;
mod statistics;
mod system;

pub(crate) use self::l7::L7;
pub(crate) use self::splt::Splt;
pub(crate) use self::statistics::Statistics;
pub(crate) use self::system::System;

use crate::packet::Direction;

/// What a directed column covers, by the prefix of its name.
pub(crate) const SCOPES: [(&str, &str, Option<Direction>); 3] = [
    ("bidirectional", "in both directions", None),
    ("src2dst", "from source to destination", Some(Direction::SrcToDst)),
    ("dst2src", "from destination to source", Some(Direction::DstToSrc)),
];
