//! Splunk: forwarding of events to an indexer, "Splunk to Splunk" (Splunk Enterprise manual, "Forwarding Data"; the layout from
//! captures). A forwarder opens with a signature of 128 bytes, its own name in 256 and its management port in 16, in text.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const SIGNATURE: &[u8] = b"--splunk-cooked-mode";
const LENGTH_OF_SIGNATURE: usize = 128;
const LENGTH_OF_NAME: usize = 256;

pub(super) struct Splunk;

impl Dissector for Splunk {
    const META: Meta = Meta::tcp(labels::SPLUNK)
        .ports(&[9997])
        .starts_with(&[SIGNATURE])
        .max_segments(2)
        .specification("Splunk Enterprise, Forwarding Data; from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match is_opening(segment.reader(), found) {
            Err(Short) if segment.wire_len > segment.payload.len() => Verdict::DONE,
            holds => segment.matched_if(holds),
        }
    }
}

/// `--splunk-cooked-mode--`, `--splunk-cooked-mode-v2--`, `--splunk-cooked-mode-v3--`, padded with zeros.
fn is_opening(mut reader: Reader<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    let signature = reader.take(LENGTH_OF_SIGNATURE)?;
    let Some(version) = text(signature).strip_prefix(SIGNATURE) else { return Ok(false) };
    if !matches!(version, b"--" | [b'-', b'v', b'0'..=b'9', b'-', b'-']) {
        return Ok(false);
    }
    let name = text(reader.take(LENGTH_OF_NAME)?);
    if !name.is_empty() {
        found.field(Field::Host, name);
    }
    Ok(true)
}

/// The bytes before the first zero.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn opening(signature: &str) -> Vec<u8> {
        let mut opening = signature.as_bytes().to_vec();
        opening.resize(LENGTH_OF_SIGNATURE, 0);
        opening.extend(b"forwarder-1");
        opening.resize(LENGTH_OF_SIGNATURE + LENGTH_OF_NAME, 0);
        opening.extend(b"8089\0\0\0\0\0\0\0\0\0\0\0\0");
        opening
    }

    #[test]
    fn recognised_by_its_signature() {
        for signature in ["--splunk-cooked-mode-v3--", "--splunk-cooked-mode-v2--", "--splunk-cooked-mode--"] {
            let exchange = Exchange::tcp(19997).client(opening(signature));
            assert_named(&exchange, labels::SPLUNK);
            assert_eq!(exchange.outcome().field(Field::Host), "forwarder-1");
        }
        Exchange::tcp(19997).client(opening("--splunk-cooked-mode-v3--")).assert_cuts_do_not_matter();
        for other in ["--splunk-cooked-mode-vx--", "--splunk-cooked-mode"] {
            assert_eq!(Exchange::tcp(9997).client(opening(other)).verdict_of::<Splunk>(), Verdict::Excluded, "{other}");
        }
    }
}
