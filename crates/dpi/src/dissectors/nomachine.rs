//! `NoMachine`: remote desktops over NX (from captures). Both sides greet with a line that has the version, then TLS follows; over UDP
//! there are small numbered packets with their length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Greatest length of a greeting line.
const LONGEST_LINE: usize = 32;

pub(super) struct NoMachine;

impl Dissector for NoMachine {
    const META: Meta =
        Meta::tcp_udp(labels::NOMACHINE).ports(&[4000]).max_segments(2).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            // By default, servers use ports from 4011 to 4999 for datagrams.
            let has_port = [segment.src_port, segment.dst_port].iter().any(|port| (4000..5000).contains(port));
            return Verdict::matched_if(has_port && datagram(segment.reader()) == Ok(true));
        }
        match greeting(segment.payload) {
            Ok(is_one) => Verdict::matched_if(is_one),
            Err(Short) => Verdict::More,
        }
    }
}

/// `NXSH-8.10.1` of the client, `NXD-8.10.1` of the server.
fn greeting(payload: &[u8]) -> Result<bool, Short> {
    let starts: [&[u8]; 2] = [b"NXSH-", b"NXD-"];
    let Some(version) = starts.iter().find_map(|start| payload.strip_prefix(*start)) else {
        let may_be = starts.iter().any(|start| start.starts_with(payload));
        return if may_be { Err(Short) } else { Ok(false) };
    };
    let version = match Reader::new(version).line() {
        Err(Short) if version.len() > LONGEST_LINE => return Ok(false),
        line => line?,
    };
    Ok(version.first().is_some_and(u8::is_ascii_digit) && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// Kind, version, total length, sequence number and a reserved field, little-endian.
fn datagram(mut reader: Reader<'_>) -> Result<bool, Short> {
    let whole = reader.len();
    let (kind, version, length) = (reader.u16_le()?, reader.u16_le()?, reader.u16_le()?);
    let (_, reserved) = (reader.u16_le()?, reader.u16_le()?);
    Ok(matches!(kind, 1..=0x0f) && version == 1 && usize::from(length) == whole && reserved == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_greeting() {
        let exchange = Exchange::tcp(4001).client("NXSH-8.10.1\n").server("NXD-8.10.1\n");
        assert_named(&exchange, labels::NOMACHINE);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(4001).server("NXD-6.1.6\n"), labels::NOMACHINE);
        assert_named(&Exchange::udp(4011).client(hex("0100 0100 0a00 0700 0000")), labels::NOMACHINE);
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["NXSH-x\n", "NXD\n", "SSH-2.0\n", &format!("NXD-{}", "1".repeat(40))] {
            assert_eq!(Exchange::tcp(4000).client(line).verdict_of::<NoMachine>(), Verdict::Excluded, "{line}");
        }
        for (port, datagram) in [(5000, "0100 0100 0a00 0700 0000"), (4000, "0100 0100 0b00 0700 0000"), (4000, "0100")] {
            assert_eq!(Exchange::udp(port).client(hex(datagram)).verdict_of::<NoMachine>(), Verdict::Excluded);
        }
    }
}
