//! NFS: Network File System (RFC 1813, RFC 7530), and the other services that it needs, all called with ONC RPC (RFC 5531): the
//! port mapper, mount, locks. Over UDP, and over TCP in records.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Rpc;

const PORTS: &[u16] = &[111, 2049, 20048, 635, 892];
const CALL: u32 = 0;
const REPLY: u32 = 1;

impl Dissector for Rpc {
    const META: Meta =
        Meta::tcp_udp(labels::NFS).ports(PORTS).specification("RFC 5531, sections 9 and 11; RFC 1813; RFC 7530; RFC 1833");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let holds = match segment.is_tcp() {
            true => record(&mut reader, segment),
            false => message(&mut reader, segment),
        };
        holds.map_or_else(|Short| segment.more(), Verdict::matched_if)
    }
}

/// Section 11: whether it is the last fragment, and its length.
fn record(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    const LONGEST_RECORD: u32 = 1 << 21;
    // A cheap check before anything is awaited.
    let fits = matches!(segment.payload, [0x80 | 0x00] | [0x80 | 0x00, 0..=0x1f, ..]);
    if !fits {
        return Ok(false);
    }
    let length = reader.u32()? & 0x7fff_ffff;
    if !(24..LONGEST_RECORD).contains(&length) {
        return Ok(false);
    }
    message(reader, segment)
}

/// Section 9.
fn message(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let _transaction = reader.u32()?;
    match reader.u32()? {
        CALL if reader.u32()? == 2 => {
            let (program, version, procedure) = (reader.u32()?, reader.u32()?, reader.u32()?);
            Ok(is_of_nfs(program, version) && procedure < 64 && authentication(reader)?)
        }
        REPLY if PORTS.iter().any(|port| segment.has_port(*port)) => match reader.u32()? {
            0 => Ok(authentication(reader)? && reader.u32()? <= 5),
            1 => Ok(reader.u32()? <= 1),
            _ => Ok(false),
        },
        _ => Ok(false),
    }
}

/// Program numbers (IANA, RPC Program Numbers) and versions.
fn is_of_nfs(program: u32, version: u32) -> bool {
    let versions = match program {
        // Port mapper and rpcbind.
        100_000 => 1..=4,
        100_003 => 2..=4,
        // Mount.
        100_005 => 1..=3,
        // Quotas.
        100_011 => 1..=2,
        // Locks; the status of hosts that hold them.
        100_021 => 1..=4,
        100_024 => 1..=1,
        // Access control lists.
        100_227 => 2..=4,
        // Callbacks of version 4.
        0x4000_0000..=0x4000_ffff => 1..=1,
        _ => return false,
    };
    versions.contains(&version)
}

/// Section 8.2: a flavor and at most 400 bytes.
fn authentication(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let (flavor, length) = (reader.u32()?, reader.u32()?);
    if !matches!(flavor, 0..=7 | 390_000..=390_020) || length > 400 {
        return Ok(false);
    }
    reader.skip(length as usize).map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const GETPORT: &str = "12345678 00000000 00000002 000186a0 00000002 00000003 00000000 00000000 00000000 00000000
                           000186a3 00000003 00000011 00000000";
    const ANSWER: &str = "12345678 00000001 00000000 00000000 00000000 00000000 00000801";

    fn record(message: &str) -> Vec<u8> {
        let message = hex(message);
        [&(0x8000_0000 | message.len() as u32).to_be_bytes(), &message[..]].concat()
    }

    #[test]
    fn recognised_over_udp_and_tcp() {
        for exchange in [
            Exchange::udp(700).client(hex(GETPORT)),
            Exchange::udp(111).server(hex(ANSWER)),
            Exchange::tcp(700).client(record(GETPORT)),
            Exchange::tcp(2049).server(record(ANSWER)),
        ] {
            assert_named(&exchange, labels::NFS);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let other_program = GETPORT.replacen("000186a0", "000186a1", 1);
        let other_version = GETPORT.replacen("00000002", "00000003", 1);
        for call in [&other_program, &other_version] {
            assert_eq!(Exchange::udp(111).client(hex(call)).verdict_of::<Rpc>(), Verdict::Excluded, "{call}");
        }
        assert_eq!(Exchange::udp(112).server(hex(ANSWER)).verdict_of::<Rpc>(), Verdict::Excluded);
    }
}
