//! Lists the protocols and applications that can be recognised.

use std::borrow::Cow;
use std::collections::HashSet;

use nfstream::dpi::{Engine, Known};

use crate::arguments::ProtocolsArguments;
use crate::failure::Failure;
use crate::listing::Listing;

/// Prints the protocols and applications, including those of rules files.
pub(crate) fn list(arguments: &ProtocolsArguments) -> Result<(), Failure> {
    let engine = Engine::new(nfstream::rules(&arguments.rules)?, 1);
    listing(&engine).print(arguments.format)
}

/// The built-in protocols and applications, as a Markdown table.
pub fn protocols_table() -> String {
    listing(&Engine::new(nfstream::dpi::Rules::builtin(), 1)).markdown()
}

fn listing(engine: &Engine) -> Listing<'_, 5> {
    let mut catalogue = engine.catalogue();
    catalogue.sort_by_key(|known| known.name.to_lowercase());
    let rows = catalogue.iter().map(cells).collect();
    Listing { headers: ["name", "id", "category", "breed", "recognised by"], numbers: &[1], rows }
}

fn cells<'e>(known: &Known<'e>) -> [Cow<'e, str>; 5] {
    let mut told = HashSet::new();
    let ways = known.ways.iter().map(ToString::to_string).filter(|way| told.insert(way.clone()));
    let ways = ways.collect::<Vec<_>>().join(", ");
    let ways = if ways.is_empty() { "not yet".into() } else { ways.into() };
    [
        known.name.into(),
        known.label.0.to_string().into(),
        known.category.name().into(),
        known.breed.into(),
        ways,
    ]
}
