//! DHCPV6: dynamic host configuration for IPv6 (RFC 8415). A type, a transaction or relay addresses, then options that fill the
//! message.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;
/// The last that is assigned (IANA).
const LAST_TYPE: u8 = 36;

/// RFC 4704: a byte of flags, then the name in labels.
const CLIENT_FQDN: u16 = 39;

pub(super) struct Dhcpv6;

impl Dissector for Dhcpv6 {
    const META: Meta = Meta::udp(labels::DHCPV6).only_on_ports(&[546, 547]).specification("RFC 8415");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(message(segment, found).is_ok())
    }
}

fn message(segment: &Segment<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let mut reader = segment.reader();
    match reader.u8()? {
        // Hop count, link address, peer address.
        RELAY_FORWARD | RELAY_REPLY => reader.skip(1 + 16 + 16)?,
        1..=LAST_TYPE => reader.skip(3)?,
        _ => return Err(Short),
    }
    if reader.is_empty() {
        return Err(Short);
    }
    while !reader.is_empty() {
        let option = reader.u16()?;
        let mut value = reader.block16()?;
        // IANA, DHCPv6 Option Codes: none is 0, and few are beyond 150.
        if !(1..=0xff).contains(&option) {
            return Err(Short);
        }
        if option == CLIENT_FQDN && value.skip(1).is_ok() {
            let first_label = value.block8().map(|label| label.rest()).unwrap_or_default();
            found.field(Field::Host, first_label);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    #[test]
    fn recognised_by_options_that_fill_it() {
        let exchange = Exchange::udp(547).by_port(546).client(hex("01 123456 0008 0002 0000 0027 0004 00 027063"));
        let outcome = exchange.outcome();
        assert_eq!((&*outcome.name, outcome.field(Field::Host)), ("DHCPV6", "pc"));
        let relay = format!("0c 00 {} {} 0012 0001 00", "20".repeat(16), "fe".repeat(16));
        assert_eq!(Exchange::udp(547).by_port(547).client(hex(&relay)).name(), "DHCPV6");
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["01 123456 0008 0003 0000", "00 123456 0008 0002 0000", "ff 123456"] {
            assert_eq!(Exchange::udp(547).client(hex(message)).verdict_of::<Dhcpv6>(), Verdict::Excluded);
        }
    }
}
