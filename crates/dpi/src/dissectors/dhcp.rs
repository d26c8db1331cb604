//! DHCP: dynamic host configuration (RFC 2131, options RFC 2132) in the messages of BOOTP (RFC 951). A fixed header, a constant,
//! options. The options that a client requests, and their order, reveal its system.

use std::fmt::Write;

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

/// RFC 2132, section 2.
const MAGIC_COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];

const PAD: u8 = 0;
const HOST_NAME: u8 = 12;
const MESSAGE_TYPE: u8 = 53;
const PARAMETER_REQUEST_LIST: u8 = 55;
const VENDOR_CLASS: u8 = 60;
const END: u8 = 255;

pub(super) struct Dhcp;

impl Dissector for Dhcp {
    const META: Meta = Meta::udp(labels::DHCP)
        .ports(&[67, 68])
        .starts_with(&[b"\x01", b"\x02"])
        .specification("RFC 2131");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(message(&mut segment.reader(), found).is_ok())
    }
}

fn message(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let [operation, _, address_length, _] = reader.array()?;
    reader.skip(232)?;
    if !matches!(operation, 1 | 2) || address_length > 16 || reader.array()? != MAGIC_COOKIE {
        return Err(Short);
    }
    options(reader, found)
}

fn options(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    while let Ok(option) = reader.u8() {
        match option {
            PAD => continue,
            END => break,
            _ => {}
        }
        // A message may be cut off after the relevant options.
        let Ok(value) = reader.block8().map(|block| block.rest()) else { break };
        match option {
            // RFC 2132, section 9.6, and later ones (IANA).
            MESSAGE_TYPE if !matches!(value, [1..=18]) => return Err(Short),
            HOST_NAME => {
                found.server_name(value);
                found.field(Field::Host, value);
            }
            PARAMETER_REQUEST_LIST => found.client_fingerprint(&comma_separated(value)),
            VENDOR_CLASS => found.field(Field::ClientSoftware, value),
            _ => {}
        }
    }
    Ok(())
}

fn comma_separated(options: &[u8]) -> String {
    options.iter().fold(String::new(), |mut list, option| {
        let comma = if list.is_empty() { "" } else { "," };
        let _ = write!(list, "{comma}{option}");
        list
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    fn message(options: &str) -> Vec<u8> {
        [&hex("01010600 12345678")[..], &[0; 228], &MAGIC_COOKIE, &hex(options)].concat()
    }

    #[test]
    fn recognised_with_what_it_says_of_the_client() {
        let exchange = Exchange::udp(67).by_port(68).client(message("350101 0c02 5063 3704 01790306 ff 0000"));
        let outcome = exchange.outcome();
        assert_eq!((&*outcome.name, outcome.server_name()), ("DHCP", "pc"));
        assert_eq!(outcome.metadata.client_fingerprint.as_deref(), Some("1,121,3,6"));
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut no_cookie = message("350101ff");
        no_cookie[236] = 0;
        for payload in [no_cookie, message("35016aff"), message("")[..200].to_vec()] {
            assert_eq!(Exchange::udp(67).client(payload).verdict_of::<Dhcp>(), Verdict::Excluded);
        }
    }
}
