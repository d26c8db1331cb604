//! MongoDB: its wire protocol (mongodb.com, "MongoDB Wire Protocol"). A header of sixteen bytes, low byte first, with the length
//! and an operation; then collections and documents in BSON.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Mongodb;

const HEADER: u32 = 16;
const LONGEST_MESSAGE: u32 = 48_000_000;

impl Dissector for Mongodb {
    const META: Meta = Meta::tcp(labels::MONGODB)
        .ports(&[27017, 27018, 27019])
        .specification("mongodb.com: MongoDB Wire Protocol, Legacy Opcodes");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match message(&mut segment.reader(), segment.payload.len()) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

fn message(reader: &mut Reader<'_>, seen: usize) -> Result<bool, Short> {
    let length = reader.u32_le()?;
    if !(HEADER + 5..LONGEST_MESSAGE).contains(&length) || seen > length as usize {
        return Ok(false);
    }
    let (_request, answered, operation) = (reader.u32_le()?, reader.u32_le()?, reader.u32_le()?);
    // Messages that are not answers have zero here, or minus one with some clients.
    let is_request = matches!(answered, 0 | u32::MAX);
    let mut body = *reader;
    let room = length - HEADER;
    match operation {
        // OP_REPLY: flags, cursor, number of the first, count.
        1 => {
            let (flags, _cursor, first, count) = (body.u32_le()?, body.u64()?, body.u32_le()?, body.u32_le()?);
            let is_likely = flags < 16 && first < 1 << 24 && count < 1 << 16;
            Ok(is_likely && (room == 20 || (5..=room).contains(&body.u32_le()?)))
        }
        // OP_UPDATE, OP_DELETE.
        2001 | 2006 => Ok(is_request && body.u32_le()? == 0 && collection(&mut body)? && body.u32_le()? < 4),
        // OP_INSERT, OP_QUERY.
        2002 | 2004 => {
            let flags = body.u32_le()?;
            let holds = is_request && flags & 0xffff_ff01 == 0 || operation == 2002 && flags == 1;
            Ok(holds && collection(&mut body)?)
        }
        2005 => Ok(is_request && body.u32_le()? == 0 && collection(&mut body)?),
        2007 => Ok(is_request && body.u32_le()? == 0 && body.u32_le()?.checked_mul(8) == room.checked_sub(8)),
        // OP_COMMAND, OP_COMMANDREPLY: between servers.
        2010 | 2011 => Ok(body.rest().first().is_some_and(u8::is_ascii_graphic)),
        // OP_COMPRESSED: the original operation, its length, and the compressor.
        2012 => {
            let (original, _size, compressor) = (body.u32_le()?, body.u32_le()?, body.u8()?);
            Ok(matches!(original, 1 | 2001..=2013) && compressor <= 3)
        }
        // OP_MSG: flags, then sections of either kind.
        2013 => {
            let flags = body.u32_le()?;
            let kind = body.u8()?;
            Ok(flags & 0xfffc == 0 && kind <= 1 && (5..=room).contains(&body.u32_le()?))
        }
        _ => Ok(false),
    }
}

/// `database.collection`, and a zero.
fn collection(body: &mut Reader<'_>) -> Result<bool, Short> {
    const LONGEST: usize = 256;
    let searched = body.rest().get(..LONGEST).unwrap_or(body.rest());
    let Some(end) = memchr::memchr(0, searched) else {
        return if searched.len() == LONGEST { Ok(false) } else { Err(Short) };
    };
    let name = body.take(end)?;
    body.skip(1)?;
    Ok(memchr::memchr(b'.', name).is_some() && name.iter().all(|byte| *byte >= b' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn message(answered: u32, operation: u32, body: &[u8]) -> Vec<u8> {
        let header = [body.len() as u32 + HEADER, 7, answered, operation];
        header.iter().flat_map(|field| field.to_le_bytes()).chain(body.iter().copied()).collect()
    }

    #[test]
    fn recognised_by_its_operations() {
        let query = [&hex("00000000")[..], b"admin.$cmd\0", &hex("00000000 ffffffff 05000000 00")].concat();
        for payload in [
            message(0, 2004, &query),
            message(0, 2013, &hex("00000000 00 05000000 00")),
            message(3, 2013, &hex("00000000 00 05000000 00")),
            message(7, 1, &hex("08000000 0000000000000000 00000000 01000000 05000000 00")),
            message(0, 2012, &hex("dd070000 20000000 01 0000")),
            message(0, 2007, &hex("00000000 01000000 0102030405060708")),
        ] {
            let exchange = Exchange::tcp(30000).client(&payload);
            assert_named(&exchange, labels::MONGODB);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [
            message(0, 2003, &hex("00000000 00 05000000 00")),
            message(0, 2013, &hex("00000000 02 05000000 00")),
            message(0, 2013, &hex("00000000 00 50000000 00")),
            message(1, 2004, &[&hex("00000000")[..], b"admin.$cmd\0"].concat()),
            message(0, 2004, &[&hex("00000000")[..], b"admin\0\0\0\0\0\0"].concat()),
        ] {
            assert_eq!(Exchange::tcp(27017).client(&payload).verdict_of::<Mongodb>(), Verdict::Excluded, "{payload:?}");
        }
    }
}
