//! Lustre: its network layer over TCP (`LNet`, Lustre Internals, chapter on socklnd). Connection request, hello, or a message
//! with node identifiers.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Connection request and hello, in either byte order.
const REQUEST: [u8; 4] = [0x00, 0x71, 0xce, 0xac];
const HELLO: [u8; 4] = [0x63, 0x69, 0x72, 0x45];

/// A message of the network layer, or one without payload or effect.
const MESSAGE: [u8; 4] = [0xc1, 0, 0, 0];
const NOTHING: [u8; 4] = [0xc0, 0, 0, 0];

pub(super) struct Lustre;

impl Dissector for Lustre {
    const META: Meta = Meta::tcp(labels::LUSTRE)
        .ports(&[988])
        .starts_with(&[&REQUEST, &HELLO, &MESSAGE, &NOTHING, &[0xac, 0xce, 0x71, 0x00], &[0x45, 0x72, 0x69, 0x63]])
        .specification("Lustre Internals, LNet and socklnd");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader()))
    }
}

fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    let mut magic = reader.array::<4>()?;
    if let MESSAGE | NOTHING = magic {
        reader.skip(20)?;
        return Ok(magic == NOTHING && reader.is_empty() || is_node(&mut reader)? && is_node(&mut reader)?);
    }
    if matches!(magic, [0xac | 0x45, ..]) {
        magic.reverse();
    }
    let mut version = reader.array::<4>()?;
    version.sort_unstable();
    Ok(matches!(magic, REQUEST | HELLO) && matches!(version, [0, 0, 0, 1..=4]))
}

/// Address and network: TCP (2), the number of the network below 256.
fn is_node(reader: &mut Reader<'_>) -> Result<bool, Short> {
    Ok(matches!(reader.array::<8>()?, [_, _, _, _, _, 0, 2, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_request_and_by_message() {
        let request = Exchange::tcp(988).client(hex("0071ceac 01000000 8358a8c0 00000200"));
        assert_named(&request, labels::LUSTRE);
        request.assert_cuts_do_not_matter();
        let nodes = "7758a8c0 00000200 7658a8c0 00000200";
        let message = hex(&format!("c1000000 {} {nodes}", "00".repeat(20)));
        assert_named(&Exchange::tcp(988).client(message), labels::LUSTRE);
    }

    #[test]
    fn refuses_its_neighbours() {
        let message = Exchange::tcp(988).client(hex(&format!("c1000000 {}", "00".repeat(40))));
        assert_eq!(message.verdict_of::<Lustre>(), Verdict::Excluded);
        let version = Exchange::tcp(988).client(hex("0071ceac 01020000"));
        assert_eq!(version.verdict_of::<Lustre>(), Verdict::Excluded);
    }
}
