//! SSH: Secure Shell (RFC 4253). Both sides open with an identification line, then propose algorithms.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::hassh::hassh;
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Ssh;

/// The progress of each side, the source's first.
#[derive(Default)]
pub(crate) struct State([Progress; 2]);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    Silent,
    Identified,
    Proposed,
}

impl Dissector for Ssh {
    const META: Meta =
        Meta::tcp(labels::SSH).ports(&[22]).starts_with(&[b"SSH-"]).specification("RFC 4253; HASSH");

    type State = State;

    fn inspect(State(sides): &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let side = usize::from(!segment.from_source);
        let Some(progress) = sides.get_mut(side) else { return Verdict::Excluded };
        let mut reader = segment.reader();
        if *progress == Progress::Silent {
            match identification(&mut reader) {
                Ok(Some(software)) => {
                    let field =
                        if segment.from_source { Field::ClientSoftware } else { Field::ServerSoftware };
                    found.field(field, software);
                }
                Ok(None) => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
            }
            if reader.is_empty() {
                *progress = Progress::Identified;
                return Verdict::Matched(Then::Wait);
            }
        }
        if *progress != Progress::Proposed {
            match proposal(&mut reader, is_client(segment)) {
                Ok(Some(lists)) if is_client(segment) => found.client_fingerprint(&hassh(lists)),
                Ok(Some(lists)) => found.server_fingerprint(&hassh(lists)),
                Ok(None) => {}
                Err(Short) => return Verdict::Matched(Then::More),
            }
            *progress = Progress::Proposed;
        }
        let both = sides.iter().all(|progress| *progress == Progress::Proposed);
        Verdict::Matched(if both { Then::Done } else { Then::Wait })
    }
}

/// The client is the side without the port, or else the side that opened.
fn is_client(segment: &Segment<'_>) -> bool {
    match (segment.src_port, segment.dst_port) {
        (22, port) if port != 22 => false,
        (port, 22) if port != 22 => true,
        _ => segment.from_source,
    }
}

/// Section 4.2: `SSH-protoversion-softwareversion SP comments`, at most 255 bytes with its end. Gives the software.
fn identification<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    if reader.rest().get(..255).is_some_and(|start| !start.contains(&b'\n')) {
        return Ok(None);
    }
    let line = reader.line()?;
    let software = line.strip_prefix(b"SSH-2.0-").or_else(|| {
        let minor = line.strip_prefix(b"SSH-1.")?;
        let digits = minor.iter().take_while(|byte| byte.is_ascii_digit()).count();
        minor.get(digits..)?.strip_prefix(b"-").filter(|_| digits > 0)
    });
    Ok(software)
}

/// Section 7.1: `SSH_MSG_KEXINIT` in a binary packet (section 6). Returns the lists that HASSH uses.
fn proposal<'a>(reader: &mut Reader<'a>, of_client: bool) -> Result<Option<[&'a [u8]; 4]>, Short> {
    const LONGEST_PACKET: u32 = 35_000;
    const KEXINIT: u8 = 20;
    let length = reader.u32()?;
    let (_padding, message) = (reader.u8()?, reader.u8()?);
    if message != KEXINIT || length > LONGEST_PACKET {
        return Ok(None);
    }
    let mut packet = Reader::new(reader.take((length as usize).saturating_sub(2))?);
    Ok(name_lists(&mut packet, of_client).ok())
}

fn name_lists<'a>(packet: &mut Reader<'a>, of_client: bool) -> Result<[&'a [u8]; 4], Short> {
    packet.skip(16)?;
    let mut list = || {
        let length = packet.u32()?;
        packet.take(length as usize)
    };
    let key_exchange = list()?;
    let _host_key = list()?;
    let mut of_direction = || {
        let (to_server, to_client) = (list()?, list()?);
        Ok(if of_client { to_server } else { to_client })
    };
    Ok([key_exchange, of_direction()?, of_direction()?, of_direction()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn exchange() -> Exchange {
        Exchange::tcp(2222).server("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").client("SSH-2.0-PuTTY_Release_0.78\r\n")
    }

    fn kexinit() -> Vec<u8> {
        let mut lists = vec![0; 16];
        for list in ["kex", "key", "enc-cs", "enc-sc", "mac-cs", "mac-sc", "none", "zlib", "", ""] {
            lists.extend((list.len() as u32).to_be_bytes());
            lists.extend(list.as_bytes());
        }
        lists.extend([0; 5 + 4]);
        let mut packet = (lists.len() as u32 + 2).to_be_bytes().to_vec();
        packet.extend([4, 20]);
        packet.extend(lists);
        packet
    }

    #[test]
    fn recognised_by_its_identification() {
        assert_named(&exchange(), labels::SSH);
        let outcome = exchange().outcome();
        assert_eq!(outcome.field(Field::ClientSoftware), "PuTTY_Release_0.78");
        assert_eq!(outcome.field(Field::ServerSoftware), "OpenSSH_9.2p1 Debian-2");
        exchange().assert_cuts_do_not_matter();
    }

    #[test]
    fn software_of_earlier_versions() {
        for version in ["1.99", "1.5"] {
            let exchange = Exchange::tcp(22).server(format!("SSH-{version}-OpenSSH_3.4p1\r\n"));
            assert_eq!(exchange.outcome().field(Field::ServerSoftware), "OpenSSH_3.4p1");
        }
        assert_eq!(Exchange::tcp(22).server("SSH-1.-x\r\n").verdict_of::<Ssh>(), Verdict::Excluded);
    }

    #[test]
    fn fingerprints_both_sides_wherever_the_proposal_is_cut() {
        let client = hassh([b"kex", b"enc-cs", b"mac-cs", b"none"]);
        let server = hassh([b"kex", b"enc-sc", b"mac-sc", b"zlib"]);
        for cut in [1, 5, 30, 90] {
            let kexinit = kexinit();
            let (begin, end) = kexinit.split_at(cut);
            let mut banner = b"SSH-2.0-x\r\n".to_vec();
            banner.extend(begin);
            let exchange = exchange().server(&kexinit).client(begin).client(end);
            let together = Exchange::tcp(22).client(&banner).client(end).server(&banner).server(end);
            for outcome in [exchange.outcome(), together.outcome()] {
                assert_eq!(outcome.metadata.client_fingerprint.as_deref(), Some(&*client));
                assert_eq!(outcome.metadata.server_fingerprint.as_deref(), Some(&*server));
            }
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["SSH-9.9-x\r\n", "220 SSH-2.0-x\r\n", &format!("SSH-2.0-{}\r\n", "x".repeat(300))] {
            assert_eq!(Exchange::tcp(22).client(line).verdict_of::<Ssh>(), Verdict::Excluded, "{line}");
        }
    }
}
