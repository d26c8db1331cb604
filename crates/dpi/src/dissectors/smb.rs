//! SMB: Server Message Block, versions 1 (MS-CIFS), 2 and 3 (MS-SMB2), over the session service of NetBIOS (RFC 1002, section
//! 4.3), which is a separate application, or directly over TCP, in the same frame. Distinguishes version 1 from later versions.

use crate::dissect::lines::contains;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::vocabulary::labels;

pub(super) struct Smb;

/// Earlier observations.
#[derive(Default)]
pub(crate) struct State {
    has_session: bool,
    asked_for_version: bool,
}

const SESSION_MESSAGE: u8 = 0x00;
const SESSION_REQUEST: u8 = 0x81;
const POSITIVE_RESPONSE: u8 = 0x82;
const NEGATIVE_RESPONSE: u8 = 0x83;
const RETARGET_RESPONSE: u8 = 0x84;
const KEEP_ALIVE: u8 = 0x85;

/// `SMB_COM_NEGOTIATE`.
const NEGOTIATE: u8 = 0x72;

/// Content of a frame.
enum Frame {
    Session,
    Version1,
    /// A client asks for the server's version.
    AnyVersion,
    Version2Or3,
}

impl Dissector for Smb {
    const META: Meta = Meta::tcp(labels::NETBIOS)
        .ports(&[139, 445])
        .starts_with(&[b"\x00", b"\x81\x00", b"\x82\x00\x00\x00", b"\x83\x00\x00\x01", b"\x84\x00\x00\x06"])
        .specification("RFC 1002, section 4.3; MS-CIFS; MS-SMB2");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        // An answer to a message that is not SMB.
        let is_answer = segment.is_first_of_direction() && segment.number > 0;
        if is_answer && !state.has_session && !state.asked_for_version {
            return Verdict::Excluded;
        }
        match frame(&mut segment.reader()) {
            Ok(Some(Frame::Session)) => {
                state.has_session = true;
                Verdict::Matched(Then::Wait)
            }
            Ok(Some(Frame::Version1)) => {
                found.application(labels::SMBV1);
                Verdict::DONE
            }
            Ok(Some(Frame::Version2Or3)) => {
                found.application(labels::SMBV23);
                Verdict::DONE
            }
            Ok(Some(Frame::AnyVersion)) if state.has_session => Verdict::Matched(Then::Wait),
            Ok(Some(Frame::AnyVersion)) => {
                state.asked_for_version = true;
                Verdict::Wait
            }
            Ok(None) if state.has_session => Verdict::DONE,
            Ok(None) => Verdict::Excluded,
            Err(Short) if state.has_session => Verdict::Matched(Then::More),
            Err(Short) => Verdict::More,
        }
    }
}

fn frame(reader: &mut Reader<'_>) -> Result<Option<Frame>, Short> {
    let (kind, flags) = (reader.u8()?, reader.u8()?);
    let length = usize::from(reader.u16()?);
    match (kind, flags, length) {
        (SESSION_REQUEST, 0, 68..) => {
            let names = reader.take(length)?;
            let (called, calling) = names.split_at(names.len() / 2);
            Ok([called, calling].iter().all(|name| is_name(name)).then_some(Frame::Session))
        }
        (POSITIVE_RESPONSE, 0, 0) | (KEEP_ALIVE, 0, 0) => Ok(reader.is_empty().then_some(Frame::Session)),
        (NEGATIVE_RESPONSE, 0, 1) => {
            let error = reader.u8()?;
            Ok((matches!(error, 0x80..=0x83 | 0x8f) && reader.is_empty()).then_some(Frame::Session))
        }
        (RETARGET_RESPONSE, 0, 6) => {
            reader.skip(6)?;
            Ok(reader.is_empty().then_some(Frame::Session))
        }
        // Some tools leave the length empty.
        (SESSION_MESSAGE, 0, 0) if may_begin_version_2(reader.rest()) => message(reader, length),
        (SESSION_MESSAGE, _, 32..) | (SESSION_MESSAGE, 1.., _) => message(reader, length),
        _ => Ok(None),
    }
}

fn may_begin_version_2(bytes: &[u8]) -> bool {
    const MARK: [u8; 4] = *b"\xfeSMB";
    bytes.starts_with(&MARK) || MARK.starts_with(bytes)
}

/// Section 4.1 of RFC 1001: 32 letters from A to P after their number, without a scope.
fn is_name(name: &[u8]) -> bool {
    match name {
        [0x20, letters @ .., 0] => letters.len() == 32 && letters.iter().all(|byte| matches!(byte, b'A'..=b'P')),
        _ => false,
    }
}

fn message(reader: &mut Reader<'_>, length: usize) -> Result<Option<Frame>, Short> {
    match &reader.array()? {
        b"\xffSMB" => {
            let command = reader.u8()?;
            reader.skip(4)?;
            let is_reply = reader.u8()? & 0x80 != 0;
            if command != NEGOTIATE || is_reply {
                return Ok(Some(Frame::Version1));
            }
            let dialects = reader.take(length.saturating_sub(10))?;
            Ok(Some(if contains(dialects, "SMB 2.") { Frame::AnyVersion } else { Frame::Version1 }))
        }
        // Section 2.2.1: the header's size is always the same; some tools leave it empty.
        b"\xfeSMB" => Ok(matches!(reader.u16_le()?, 0 | 64).then_some(Frame::Version2Or3)),
        // Encrypted; compressed.
        b"\xfdSMB" | b"\xfcSMB" => Ok(Some(Frame::Version2Or3)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Exchange;

    fn framed(message: &[u8]) -> Vec<u8> {
        let mut frame = (message.len() as u32).to_be_bytes().to_vec();
        frame.extend(message);
        frame
    }

    fn version1(command: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
        let mut message = b"\xffSMB".to_vec();
        message.extend([command, 0, 0, 0, 0, flags]);
        message.extend([0; 22]);
        message.extend(rest);
        framed(&message)
    }

    fn version2() -> Vec<u8> {
        let mut message = b"\xfeSMB\x40\x00".to_vec();
        message.extend([0; 90]);
        framed(&message)
    }

    fn version2_without_sizes() -> Vec<u8> {
        let mut message = b"\0\0\0\0\xfeSMB\0\0".to_vec();
        message.extend([0; 58]);
        message
    }

    fn session_request() -> Vec<u8> {
        let name = format!("\x20{}\0", "CA".repeat(16));
        [b"\x81\x00\x00\x44", name.as_bytes(), name.as_bytes()].concat()
    }

    #[test]
    fn tells_the_versions_apart() {
        let negotiate = version1(NEGOTIATE, 0x18, b"\x00\x0c\x00\x02SMB 2.002\x00");
        for (name, exchange) in [
            ("NetBIOS.SMBv1", Exchange::tcp(4450).client(version1(0x73, 0x18, &[0; 30]))),
            ("NetBIOS.SMBv1", Exchange::tcp(4450).client(version1(NEGOTIATE, 0x18, b"\x00\x0c\x00\x02NT LM 0.12\x00"))),
            ("NetBIOS.SMBv1", Exchange::tcp(4450).client(&negotiate).server(version1(NEGOTIATE, 0x98, &[0; 30]))),
            ("NetBIOS.SMBv23", Exchange::tcp(4450).client(&negotiate).server(version2())),
            ("NetBIOS.SMBv23", Exchange::tcp(4450).client(version2())),
            ("NetBIOS.SMBv23", Exchange::tcp(4450).client(version2_without_sizes()).server(version2())),
            ("NetBIOS.SMBv23", Exchange::tcp(139).client(session_request()).server(b"\x82\0\0\0").client(version2())),
            ("NetBIOS", Exchange::tcp(139).client(session_request()).server(b"\x83\0\0\x01\x82")),
        ] {
            assert_eq!(exchange.name(), name);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [&b"\x00\x00\x00\x40\xfeSMD\x40\x00"[..], b"\x00\x00\x00\x40\xfeSMB\x41\x00", b"\x82\0\0\0\0", b"\x81\x00\x00\x01\x00"] {
            assert_eq!(Exchange::tcp(445).client(payload).verdict_of::<Smb>(), Verdict::Excluded, "{payload:?}");
        }
        let late = Exchange::tcp(445).client("something").server(version2());
        assert_eq!(late.verdict_of::<Smb>(), Verdict::Excluded);
    }
}
