//! TFTP: trivial file transfer (RFC 1350, options RFC 2347). A request goes to the server's port; the transfer comes from another
//! port.

use std::net::SocketAddr;

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::flow::Transport;
use crate::lessons::About;
use crate::metadata::Field;
use crate::vocabulary::{Label, labels};

const PORT: u16 = 69;

/// Greatest plausible length of a file name.
const LONGEST_NAME: usize = 255;

/// The last packet of a side in a transfer whose request was not seen.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Said {
    #[default]
    Nothing,
    Data(u16),
    Acknowledged(u16),
}

pub(super) struct Tftp;

impl Dissector for Tftp {
    const META: Meta = Meta::udp(labels::TFTP)
        .ports(&[PORT])
        .starts_with(&[b"\0\x01", b"\0\x02", b"\0\x03", b"\0\x04", b"\0\x05", b"\0\x06"])
        .specification("RFC 1350");

    type State = Said;

    fn inspect(said: &mut Said, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        match reader.u16() {
            Ok(1 | 2) => {
                let is_request = request(&mut reader, found).is_ok();
                if is_request {
                    let client = SocketAddr::new(segment.src, segment.src_port);
                    found.teach(About::Endpoint(Transport::Udp, client), labels::TFTP, Label::UNKNOWN);
                }
                Verdict::matched_if(is_request)
            }
            Ok(3) => match reader.u16() {
                Ok(block) => transfer(said, Said::Data(block)),
                Err(Short) => Verdict::Excluded,
            },
            Ok(4) if reader.len() == 2 => transfer(said, Said::Acknowledged(reader.u16().unwrap_or_default())),
            Ok(5) => Verdict::matched_if(is_error(&mut reader)),
            Ok(6) => Verdict::matched_if(are_options(&mut reader)),
            _ => Verdict::Excluded,
        }
    }
}

/// Section 5: file name and mode, each with a zero after it, then options.
fn request(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let name = text(reader)?;
    let mode = text(reader)?;
    let is_mode = [&b"netascii"[..], b"octet", b"mail"].iter().any(|known| mode.eq_ignore_ascii_case(known));
    if !is_mode || name.is_empty() || name.len() > LONGEST_NAME {
        return Err(Short);
    }
    found.field(Field::File, name);
    Ok(())
}

/// Data and acknowledgements alternate: two matching packets are enough.
fn transfer(before: &mut Said, now: Said) -> Verdict {
    let fits = match (*before, now) {
        (Said::Data(block), Said::Acknowledged(acknowledged)) => block == acknowledged,
        (Said::Acknowledged(acknowledged), Said::Data(block)) => block == acknowledged.wrapping_add(1),
        _ => false,
    };
    if fits {
        return Verdict::DONE;
    }
    // Repeated: its answer may have been lost.
    let goes_on = matches!(*before, Said::Nothing) || *before == now;
    *before = now;
    if goes_on { Verdict::Wait } else { Verdict::Excluded }
}

fn is_error(reader: &mut Reader<'_>) -> bool {
    let is_code = matches!(reader.u16(), Ok(0..=8));
    let message = text(reader).is_ok_and(|message| message.iter().all(|byte| matches!(byte, 0x20..=0x7e)));
    is_code && message && reader.is_empty()
}

/// RFC 2347: names and values of the options that the server accepts.
fn are_options(reader: &mut Reader<'_>) -> bool {
    let known = [&b"blksize"[..], b"timeout", b"tsize", b"windowsize", b"multicast", b"rollover", b"saddr"];
    let Ok(first) = text(reader) else { return false };
    known.iter().any(|option| first.eq_ignore_ascii_case(option)) && text(reader).is_ok()
}

/// Bytes up to a zero, which is skipped.
fn text<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Short> {
    let end = memchr::memchr(0, reader.rest()).ok_or(Short)?;
    let text = reader.take(end)?;
    reader.skip(1)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn a_request_tells_where_the_transfer_will_go() {
        let outcome = Exchange::udp(69).client(b"\0\x01boot.bin\0OCTET\0blksize\x001468\0").outcome();
        assert_eq!((&*outcome.name, outcome.field(Field::File)), ("TFTP", "boot.bin"));
        let client = SocketAddr::from(([192, 0, 2, 1], 40001));
        assert!(outcome.lessons.iter().any(|lesson| lesson.about == About::Endpoint(Transport::Udp, client)));
    }

    #[test]
    fn a_transfer_is_recognised_by_two_messages_that_fit() {
        let data = [&hex("0003 0001")[..], &[0x61; 512]].concat();
        assert_named(&Exchange::udp(3445).client(&data).server(hex("0004 0001")), labels::TFTP);
        assert_named(&Exchange::udp(3445).client(hex("0004 0000")).server(&data), labels::TFTP);
        assert_named(&Exchange::udp(3445).client(b"\0\x06blksize\x001468\0"), labels::TFTP);
        assert_named(&Exchange::udp(3445).client(b"\0\x05\0\x01File not found\0"), labels::TFTP);
        assert_eq!(Exchange::udp(3445).client(&data).server(hex("0004 0007")).verdict_of::<Tftp>(), Verdict::Excluded);
    }

    #[test]
    fn refuses_its_neighbours() {
        for request in [&b"\0\x01\0octet\0"[..], b"\0\x01name\0binary\0", b"\0\x01name\0octet", b"\0\x06speed\x001\0"] {
            assert_eq!(Exchange::udp(69).client(request).verdict_of::<Tftp>(), Verdict::Excluded);
        }
    }
}
