//! The family of layer 7: which columns it has, and what works on them in which thread.

use std::sync::Arc;

use nfstream_dpi::Engine;

use super::ahead::{Follower, Scout};
use super::inspections::{Inspections, Shared, features, nested};
use crate::column::Column;
use crate::features::{Accumulator, Family};

/// The family of columns of layer 7.
pub(crate) struct L7 {
    shared: Arc<Shared>,
}

impl L7 {
    /// What else was read is kept if `kept`, and with `metadata` the column `l7` has it.
    pub(crate) fn new(engine: Engine, metadata: bool, kept: bool) -> Self {
        let mut features = features();
        if metadata {
            features.push(nested());
        }
        Self { shared: Arc::new(Shared { engine: engine.keep_fields(metadata || kept), features }) }
    }
}

impl Family for L7 {
    fn columns(&self) -> Vec<Column> {
        self.shared.features.iter().map(|feature| feature.column.clone()).collect()
    }

    fn is_known_alive(&self) -> bool {
        false
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(Inspections::new(&self.shared))
    }

    fn scout(&self) -> Option<Box<dyn Accumulator>> {
        Some(Box::new(Scout::new(&self.shared)))
    }

    fn follower(&self) -> Box<dyn Accumulator> {
        Box::new(Follower::new(&self.shared))
    }
}
