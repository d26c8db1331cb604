//! The columns and the fields of packets in the Python package, for type checkers. Each has a class in a file that is
//! otherwise written by hand.

use nfstream::expression::FIELDS;
use nfstream::{Column, Kind, Streamer};

pub(crate) const STUB: &str = "python/nfstream/_engine.pyi";
pub(crate) const EXPRESSIONS: &str = "python/nfstream/expression.py";

/// The stub with an attribute of `_Columns` for every column.
pub(crate) fn stub(old: &str) -> Result<String, String> {
    let wrong =
        || format!("{STUB}: there is no `class _Columns:` with attributes, and an empty line after it");
    let (before, rest) = old.split_once("class _Columns:\n").ok_or_else(wrong)?;
    let (_, after) = rest.split_once("\n\n").ok_or_else(wrong)?;
    let streamer = Streamer::builder().source("none.pcap").every_column().build();
    let streamer = streamer.map_err(|error| error.to_string())?;
    let attribute = |column: &Column| format!("    {}: {}", column.name, annotation(column.kind));
    let attributes: Vec<_> = streamer.schema().columns().iter().map(attribute).collect();
    Ok(format!("{before}class _Columns:\n{}\n\n{after}", attributes.join("\n")))
}

/// The type of an attribute. A struct and a list of texts cannot be set.
fn annotation(kind: Kind) -> &'static str {
    match kind {
        Kind::Float64 => "float",
        Kind::Text => "str",
        Kind::Int64List => "list[int]",
        Kind::TextList => "Final[list[str]]",
        Kind::TextStruct(_) => "Final[dict[str, str]]",
        _ => "int",
    }
}

/// The module with an attribute of `PacketFields` for every field of packets.
pub(crate) fn expressions(old: &str) -> Result<String, String> {
    const END: &str = ": PacketExpression\n";
    let wrong = || {
        format!(
            "{EXPRESSIONS}: there is no `class PacketFields:` with attributes that end in `{}`",
            END.trim_end()
        )
    };
    let class = old.find("class PacketFields:\n").ok_or_else(wrong)?;
    let mut fields = class + old[class..].find(END).ok_or_else(wrong)?;
    fields = old[..fields].rfind('\n').ok_or_else(wrong)? + 1;
    let (before, rest) = old.split_at(fields);
    let there: usize = rest.split_inclusive('\n').take_while(|line| line.ends_with(END)).map(str::len).sum();
    let fields: String = FIELDS.iter().map(|field| format!("    {}{END}", field.name)).collect();
    Ok([before, &fields, &rest[there..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_engine() {
        const OLD: &str = "class _Columns:\n    gone: int\n    src_ip: int\n\n@final\nclass Other: ...\n";
        let new = stub(OLD).expect("the class is there");
        assert!(new.starts_with("class _Columns:\n    id: int\n    expiration_id: int\n    src_ip: str\n"));
        assert!(new.contains("\n    l7: Final[dict[str, str]]\n") && !new.contains("gone"));
        assert!(
            new.contains("\n    system: Final[dict[str, str]]\n")
                && new.ends_with(": int\n\n@final\nclass Other: ...\n"),
            "{new}"
        );
        assert_eq!(stub(&new), Ok(new.clone()));
        assert!(stub("class Columns: ...\n").is_err());
    }

    #[test]
    fn fields_of_packets_are_those_of_expressions() {
        let old =
            "class PacketFields:\n    size: PacketExpression\n    gone: PacketExpression\n\n    more = 1\n";
        let new = expressions(old).expect("there are fields");
        assert!(new.starts_with(
            "class PacketFields:\n    raw_size: PacketExpression\n    ip_size: PacketExpression\n"
        ));
        assert!(new.ends_with("\n    payload_entropy: PacketExpression\n\n    more = 1\n"), "{new}");
        assert!(expressions("class PacketFields: ...\n").is_err());
    }
}
