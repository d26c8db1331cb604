//! The table of elements in the documentation.

use super::elements::{As, DataType, FLOW_END_REASON, KNOWN, REVERSE, Registered, TCP_CONTROL_BITS};

/// The elements of all columns that are known by name, as a Markdown table: column, number, name and type.
#[doc(hidden)]
pub fn markdown_table() -> String {
    let mut table = "| column | element | name | type |\n| --- | --- | --- | --- |\n".to_owned();
    let mut row = |column: &str, element: String, name: &str, data_type: DataType| {
        table.push_str(&format!("| `{column}` | {element} | {name} | {} |\n", data_type.name()));
    };
    for known in KNOWN {
        let own = DataType::of(known.kind);
        match known.registered {
            As::Own => row(known.column, format!("E/{}", known.id), known.column, own),
            As::One(element) => row(known.column, number(element), element.name, element.data_type),
            As::Address(v4, v6) => {
                row(known.column, number(v4), v4.name, v4.data_type);
                row(known.column, number(v6), v6.name, v6.data_type);
            }
        }
    }
    row("expiration_id", number(FLOW_END_REASON), "flowEndReason", DataType::Unsigned8);
    for (columns, element) in ["src2dst_*_packets", "dst2src_*_packets"].into_iter().zip(TCP_CONTROL_BITS) {
        row(columns, number(element), element.name, element.data_type);
    }
    table
}

fn number(element: Registered) -> String {
    if element.is_reverse { format!("{REVERSE}/{}", element.id) } else { element.id.to_string() }
}
