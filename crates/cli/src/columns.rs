//! The columns of flow records, listed.

use std::borrow::Cow;

use nfstream::Column;

use crate::arguments::ColumnsArguments;
use crate::failure::Failure;
use crate::listing::Listing;

/// Prints the columns of records with these parameters.
pub(crate) fn list(arguments: &ColumnsArguments) -> Result<(), Failure> {
    // A streamer needs a source; this one is not read.
    let streamer = arguments.parameters.streamer()?.source(nfstream::Input::Stdin).build()?;
    listing(streamer.schema().columns()).print(arguments.format)
}

/// The columns as a Markdown table.
pub fn markdown_table(columns: &[Column]) -> String {
    listing(columns).markdown()
}

fn listing<'a>(columns: &'a [Column]) -> Listing<'a, 4> {
    let cells = |column: &'a Column| {
        [&column.name, column.kind.name(), column.unit.symbol(), &column.doc].map(Cow::from)
    };
    let rows = columns.iter().map(cells).collect();
    Listing { headers: ["name", "type", "unit", "meaning"], numbers: &[], rows }
}
