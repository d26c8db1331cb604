//! Directions that columns cover.

use crate::flow::Direction;

/// The directions that a directed column covers, by the prefix of its name.
pub(crate) const SCOPES: [(&str, &str, Option<Direction>); 3] = [
    ("bidirectional", "in both directions", None),
    ("src2dst", "from source to destination", Some(Direction::SrcToDst)),
    ("dst2src", "from destination to source", Some(Direction::DstToSrc)),
];
