//! Kafka (kafka.apache.org, "Kafka protocol guide"). Requests: a length, the call and its version, a number, the client.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Kafka;

/// A request that is not sufficient evidence alone: its number, and whether the flow's source sent it.
#[derive(Default)]
pub(crate) struct State(Option<(u32, bool)>);

/// Greatest plausible length of a request.
const LONGEST_REQUEST: usize = 64 << 20;

/// Greatest plausible number of a request. Clients count from zero in each connection.
const GREATEST_NUMBER: u32 = 1 << 24;

impl Dissector for Kafka {
    const META: Meta = Meta::tcp(labels::KAFKA)
        .ports(&[9092, 9093, 9094])
        .starts_with(&[b"\x00"])
        .specification("kafka.apache.org: Protocol Guide, Request Header");

    type State = State;

    fn inspect(State(asked): &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some((number, from_source)) = *asked {
            if from_source == segment.from_source {
                return Verdict::Wait;
            }
            let mut reader = segment.reader();
            let (Ok(length), Ok(answered)) = (reader.u32(), reader.u32()) else { return Verdict::More };
            let fits = (4..LONGEST_REQUEST).contains(&(length as usize)) && reader.len() + 4 <= length as usize;
            return Verdict::matched_if(answered == number && fits);
        }
        match request(&mut segment.reader(), segment.payload.len()) {
            Ok(Some(Request { client: Some(client), .. })) => {
                found.field(Field::ClientSoftware, client);
                Verdict::DONE
            }
            Ok(Some(Request { number, .. })) => {
                *asked = Some((number, segment.from_source));
                Verdict::Wait
            }
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

struct Request<'a> {
    number: u32,
    /// The name of the client, which may be missing.
    client: Option<&'a [u8]>,
}

fn request<'a>(reader: &mut Reader<'a>, seen: usize) -> Result<Option<Request<'a>>, Short> {
    let length = reader.u32()? as usize;
    if !(10..LONGEST_REQUEST).contains(&length) || seen > length + 4 {
        return Ok(None);
    }
    let (call, version, number) = (reader.u16()?, reader.u16()?, reader.u32()?);
    if call > 92 || version > 20 || number > GREATEST_NUMBER {
        return Ok(None);
    }
    match reader.u16()? {
        0 | 0xffff => Ok((seen == length + 4).then_some(Request { number, client: None })),
        name @ 1..=255 => {
            let client = reader.take(name.into())?;
            let is_name = client.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
            Ok(is_name.then_some(Request { number, client: Some(client) }))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn versions(client: &[u8]) -> Vec<u8> {
        let length = client.len() as u8 + 8;
        [&[0, 0, 0, length, 0, 18, 0, 3, 0, 0, 0, 9][..], client].concat()
    }

    #[test]
    fn recognised_by_a_request_or_its_answer() {
        for exchange in [
            Exchange::tcp(9999).client(versions(b"\x00\x07rdkafka\x00")),
            Exchange::tcp(9999).client(versions(b"\xff\xff")).server(hex("00000006 00000009 0000")),
        ] {
            assert_named(&exchange, labels::KAFKA);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut longer = versions(b"\xff\xff");
        longer.push(0);
        for payload in [longer, versions(b"\x00\x02\x01\x02"), hex("0000000a 0080 0001 00000001 ffff")] {
            assert_eq!(Exchange::tcp(9092).client(&payload).verdict_of::<Kafka>(), Verdict::Excluded, "{payload:?}");
        }
        // Extensions of TLS with the name of a host.
        let extensions = [&hex("00001700 00000000 18001600 0013")[..], b"static.host.example"].concat();
        assert_eq!(Exchange::tcp(443).client(extensions).verdict_of::<Kafka>(), Verdict::Excluded);
        let other = Exchange::tcp(9092).client(versions(b"\xff\xff")).server(hex("00000006 00000008 0000"));
        assert_eq!(other.verdict_of::<Kafka>(), Verdict::Excluded);
    }
}
