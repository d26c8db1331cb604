//! FastCGI: from a web server to an application (FastCGI Specification 1.0). A request begins with a record of fixed form,
//! parameters follow.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::vocabulary::labels;

/// Section 8: record types.
const BEGIN_REQUEST: u8 = 1;
const PARAMS: u8 = 4;

pub(super) struct Fastcgi;

/// Whether a request has begun.
#[derive(Debug, Default)]
pub(crate) struct Begun(bool);

impl Dissector for Fastcgi {
    const META: Meta = Meta::tcp(labels::FASTCGI)
        .ports(&[9000])
        .starts_with(&[&[1, BEGIN_REQUEST]])
        .specification("FastCGI Specification 1.0");

    type State = Begun;

    fn inspect(begun: &mut Begun, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.payload.starts_with(&[1, BEGIN_REQUEST]) {
            match begins_request(&mut reader) {
                Ok(true) => begun.0 = true,
                Ok(false) => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
            }
        }
        if !begun.0 {
            return segment.more();
        }
        if reader.is_empty() {
            return Verdict::Matched(Then::Wait);
        }
        match host(&mut reader) {
            Ok(host) => {
                host.into_iter().for_each(|host| found.server_name(host));
                Verdict::DONE
            }
            Err(Short) => Verdict::Matched(Then::More),
        }
    }
}

/// Section 5.1: a record of eight bytes with role, flags and five zeros.
fn begins_request(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let header = reader.array::<8>()?;
    let [role_high, role, flags, reserved @ ..] = reader.array::<8>()?;
    let is_begin = matches!(header, [1, BEGIN_REQUEST, _, _, 0, 8, _, 0]);
    Ok(is_begin && role_high == 0 && matches!(role, 1..=3) && flags <= 1 && reserved == [0; 5])
}

/// The requested `Host`, under its CGI name (RFC 3875, section 4.1.18).
fn host<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    let [1, PARAMS, _, _, high, low, _, _] = reader.array::<8>()? else { return Ok(None) };
    let mut pairs = Reader::new(reader.take(u16::from_be_bytes([high, low]).into())?);
    while !pairs.is_empty() {
        let Ok((name, value)) = pair(&mut pairs) else { return Ok(None) };
        if name == b"HTTP_HOST" {
            return Ok(Some(super::http::authority::without_port(value)));
        }
    }
    Ok(None)
}

/// Section 3.4: lengths of one byte, or of four with the high bit set.
fn pair<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], &'a [u8]), Short> {
    let name = length(reader)?;
    let value = length(reader)?;
    Ok((reader.take(name)?, reader.take(value)?))
}

fn length(reader: &mut Reader<'_>) -> Result<usize, Short> {
    let first = reader.u8()?;
    if first < 0x80 {
        return Ok(first.into());
    }
    let [a, b, c] = reader.array()?;
    Ok(u32::from_be_bytes([first & 0x7f, a, b, c]) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn exchange() -> Exchange {
        let pairs = b"\x04\x01PATH/\x09\x0dHTTP_HOSTexample.org:8";
        let params = [&[1, PARAMS, 0, 1, 0, pairs.len() as u8, 0, 0], &pairs[..]].concat();
        Exchange::tcp(9000).client(hex("01 01 0001 0008 00 00 0001 01 0000000000")).client(params)
    }

    #[test]
    fn recognised_by_its_first_record_and_its_host_is_read() {
        assert_named(&exchange(), labels::FASTCGI);
        assert_eq!(exchange().outcome().server_name(), "example.org");
        exchange().assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let role = Exchange::tcp(9000).client(hex("01 01 0001 0008 00 00 0009 01 0000000000"));
        assert_eq!(role.verdict_of::<Fastcgi>(), Verdict::Excluded);
    }
}
