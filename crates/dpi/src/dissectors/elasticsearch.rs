//! Elasticsearch: the transport protocol between nodes (elastic.co, "Transport", and its wire format). `ES`, length, request,
//! status, version.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Elasticsearch;

impl Dissector for Elasticsearch {
    const META: Meta = Meta::tcp(labels::ELASTICSEARCH)
        .ports(&[9300])
        .starts_with(&[b"ES"])
        .specification("elastic.co, transport protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader()))
    }
}

fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    if reader.take(2)? != b"ES" {
        return Ok(false);
    }
    let length = reader.u32()?;
    if length == u32::MAX {
        // A ping has no other content.
        return Ok(reader.is_empty());
    }
    reader.skip(8)?;
    let (status, version) = (reader.u8()?, reader.u32()?);
    // Since 8.8 versions count up from 8,000,099 in steps of a thousand.
    Ok(length < 0x0800_0000 && status < 0x10 && (1_000_000..20_000_000).contains(&version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let handshake = hex("4553 00000034 0000000000000001 08 005cc363 00000019");
        assert_named(&Exchange::tcp(9300).client(&handshake), labels::ELASTICSEARCH);
        Exchange::tcp(9301).client(&handshake).assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(9300).client(hex("4553 ffffffff")), labels::ELASTICSEARCH);
    }

    #[test]
    fn refuses_its_neighbours() {
        let text = Exchange::tcp(9300).client("ESMTP is spoken here, not that");
        assert_eq!(text.verdict_of::<Elasticsearch>(), Verdict::Excluded);
    }
}
