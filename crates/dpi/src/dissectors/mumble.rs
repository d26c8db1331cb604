//! Mumble: a ping over UDP asks a server for version and users (Mumble protocol 1.2, UDP ping). Voice and control
//! are encrypted.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const PORT: u16 = 64738;
const REQUEST: usize = 12;
const ANSWER: usize = 24;

pub(super) struct Mumble;

impl Dissector for Mumble {
    const META: Meta = Meta::udp(labels::MUMBLE)
        .ports(&[PORT])
        .starts_with(&[b"\x00\x00\x00\x00", b"\x00\x01"])
        .max_segments(4)
        .specification("Mumble protocol, UDP ping");

    /// Identifier of the last request.
    type State = Option<u64>;

    fn inspect(asked: &mut Self::State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let of_server = segment.has_port(PORT);
        let mut reader = segment.reader();
        match (segment.payload.len(), ping(&mut reader)) {
            (REQUEST, Ok((0, mark))) if of_server => Verdict::matched_if(mark != 0),
            (REQUEST, Ok((0, mark))) => {
                *asked = Some(mark);
                Verdict::Wait
            }
            (ANSWER, Ok((version, mark))) => {
                let is_answer = version >> 16 == 1 && users_fit(&mut reader).unwrap_or(false);
                Verdict::matched_if(is_answer && (*asked == Some(mark) || of_server))
            }
            _ => Verdict::Excluded,
        }
    }
}

/// Version, or zero for a request, and the identifier that the answer repeats.
fn ping(reader: &mut Reader<'_>) -> Result<(u32, u64), Short> {
    Ok((reader.u32()?, reader.u64()?))
}

/// The number of users is at most the maximum.
fn users_fit(reader: &mut Reader<'_>) -> Result<bool, Short> {
    const MOST: u32 = 1 << 20;
    let (users, most) = (reader.u32()?, reader.u32()?);
    Ok(users <= most && most < MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_ping_and_answer() {
        let ask = hex("00000000 0102030405060708");
        let answer = hex("00010304 0102030405060708 00000000 00000064 00011940");
        assert_named(&Exchange::udp(PORT).client(&ask), labels::MUMBLE);
        assert_named(&Exchange::udp(PORT).server(&answer), labels::MUMBLE);
        let elsewhere = Exchange::udp(5000).client(&ask);
        assert_eq!(elsewhere.verdict_of::<Mumble>(), Verdict::Wait);
        assert_named(&elsewhere.clone().server(&answer), labels::MUMBLE);
        let other = hex("00010304 0102030405060709 00000000 00000064 00011940");
        assert_eq!(elsewhere.server(other).verdict_of::<Mumble>(), Verdict::Excluded);
    }
}
