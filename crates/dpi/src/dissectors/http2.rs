//! HTTP2: HTTP/2 in the clear, with prior knowledge (RFC 9113, section 3.4). The client's preface, or the settings that a server opens with.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;
use crate::reader::{Reader, Short};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame type (section 6.5).
const SETTINGS: u8 = 4;

pub(super) struct Http2;

impl Dissector for Http2 {
    const META: Meta = Meta::tcp(labels::HTTP2)
        .ports(&[80, 8080, 50051])
        .starts_with(&[PREFACE, &[0, 0]])
        .specification("RFC 9113, section 3.4");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_client = segment.payload.starts_with(b"P");
        segment.matched_if(if is_client { is_preface(segment.reader()) } else { opens_with_settings(segment.reader()) })
    }
}

fn is_preface(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(reader.take(PREFACE.len())? == PREFACE)
}

/// Section 6.5: on stream 0, without flags, pairs of a known identifier and a value. Without any, too little is said.
fn opens_with_settings(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = reader.u24()?;
    if length == 0 || length % 6 != 0 || length > 96 {
        return Ok(false);
    }
    let (kind, flags, stream) = (reader.u8()?, reader.u8()?, reader.u32()?);
    let (first, _) = (reader.u16()?, reader.u32()?);
    Ok(kind == SETTINGS && flags == 0 && stream == 0 && (1..=0x10).contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_on_either_side() {
        let client = Exchange::tcp(50051).client(PREFACE);
        assert_named(&client, labels::HTTP2);
        client.assert_cuts_do_not_matter();
        let server = Exchange::tcp(50051).server(hex("000006 04 00 00000000 0003 00000064"));
        assert_named(&server, labels::HTTP2);
        server.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for frame in ["000007 04 00 00000000 0003 00000064", "000006 04 00 00000000 1003 00000064"] {
            let exchange = Exchange::tcp(50051).server(hex(frame));
            assert_eq!(exchange.verdict_of::<Http2>(), Verdict::Excluded, "{frame}");
        }
    }
}
