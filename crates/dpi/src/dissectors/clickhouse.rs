//! `ClickHouse`: its native protocol (clickhouse.com, "Native protocol"). Both sides open with a hello: a number, a name, a version.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct ClickHouse;

impl Dissector for ClickHouse {
    const META: Meta = Meta::tcp(labels::CLICKHOUSE)
        .ports(&[9000, 9440])
        .starts_with(&[b"\x00", b"\x02"])
        .specification("clickhouse.com: Native Protocol, Client Hello, Server Hello, Exception");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let holds = match segment.payload.first() {
            Some(0) => hello(&mut reader, segment, found),
            _ => exception(&mut reader),
        };
        holds.map_or(Verdict::More, Verdict::matched_if)
    }
}

/// The name of the software, its major and minor version, its revision. The name of a client also begins with `ClickHouse`, or is that
/// of another program; a database, a user and a password follow.
fn hello(reader: &mut Reader<'_>, segment: &Segment<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    const REVISIONS: std::ops::RangeInclusive<u64> = 50_000..=60_000;
    reader.skip(1)?;
    let name = reader.block8()?.rest();
    let is_text = name.iter().all(|byte| matches!(byte, b' '..=b'~'));
    if !(4..=100).contains(&name.len()) || !is_text {
        return Ok(false);
    }
    let (major, minor, revision) = (number(reader)?, number(reader)?, number(reader)?);
    let field = if segment.from_source { Field::ClientSoftware } else { Field::ServerSoftware };
    found.field(field, name);
    Ok(major < 100 && minor < 1000 && REVISIONS.contains(&revision))
}

/// An error: its number and the name of its class, which is in a namespace of the database.
fn exception(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(1)?;
    let code = reader.u32_le()?;
    let class = reader.block8()?.rest();
    Ok(code < 2000 && class.starts_with(b"DB::"))
}

/// LEB128.
fn number(reader: &mut Reader<'_>) -> Result<u64, Short> {
    const MOST_BYTES: u32 = 5;
    let mut number = 0;
    for place in 0..MOST_BYTES {
        let byte = reader.u8()?;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_either_hello() {
        for exchange in [
            Exchange::tcp(9999).client(b"\x00\x11ClickHouse client\x16\x08\xb1\xa9\x03\x07default\x07default\x00"),
            Exchange::tcp(9999).client(b"\x00\x0aGolang SQL\x01\x01\xb2\xa9\x03\x07default\x07default\x00"),
            Exchange::tcp(9999).server(b"\x00\x0aClickHouse\x16\x08\xb1\xa9\x03\x03UTC\x01x\x01"),
            Exchange::tcp(9999).server(b"\x02\x04\x02\x00\x00\x0dDB::Exceptionx"),
        ] {
            assert_named(&exchange, labels::CLICKHOUSE);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [&b"\x00\x03abc\x16\x08\xb1\xa9\x03"[..], b"\x00\x0aClickHouse\x16\x08\x07", b"\x02\x04\x02\x00\x00\x04std:"] {
            assert_eq!(Exchange::tcp(9000).client(payload).verdict_of::<ClickHouse>(), Verdict::Excluded, "{payload:?}");
        }
    }
}
