//! DLMS/COSEM: metering (IEC 62056): HDLC frames between flags (IEC 62056-46, section 6.4), or a wrapper over TCP and UDP (IEC 62056-47).

use crate::dissect::checksums::crc16_reflected;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Iec62056;

const PORT: u16 = 4059;
const FLAG: u8 = 0x7e;

impl Dissector for Iec62056 {
    const META: Meta = Meta::tcp_udp(labels::IEC62056)
        .ports(&[PORT])
        .starts_with(&[&[FLAG], &[0, 1]])
        .specification("IEC 62056-46, section 6.4; IEC 62056-47");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let matched = match segment.payload {
            [FLAG, ..] => is_hdlc(&mut segment.reader()),
            _ if segment.has_port(PORT) => is_wrapper(segment),
            _ => return Verdict::Excluded,
        };
        match matched {
            Ok(matched) => Verdict::matched_if(matched),
            Err(Short) => segment.more(),
        }
    }
}

/// Frame format type 3 with the length of the data between the flags, which ends with a check sequence.
fn is_hdlc(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(1)?;
    let format = Reader::new(reader.rest()).u16()?;
    let length = usize::from(format & 0x07ff);
    if format >> 12 != 0x0a || length < 7 {
        return Ok(false);
    }
    let frame = reader.take(length)?;
    let Some((checked, sequence)) = frame.split_last_chunk::<2>() else { return Ok(false) };
    let crc = !crc16_reflected(0x8408, 0xffff, checked);
    Ok(u16::from_le_bytes(*sequence) == crc && reader.u8()? == FLAG)
}

/// Version 1, two wrapper ports, the length; then one of the units of an association.
fn is_wrapper(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let version = reader.u16()?;
    reader.skip(4)?;
    let length = usize::from(reader.u16()?);
    let unit = reader.u8()?;
    let known = matches!(unit, 0x01 | 0x05 | 0x06 | 0x08 | 0x0c..=0x0e | 0x18 | 0x60..=0x63 | 0xc0..=0xcf | 0xd8..=0xdf);
    let whole = length + 8;
    let follows = segment.payload.get(whole..).unwrap_or_default();
    let fits = segment.wire_len == whole || segment.is_tcp() && (follows.is_empty() || follows.starts_with(&[0, 1]));
    Ok(version == 1 && known && fits && length > 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_both_forms() {
        let connect = hex("7e a007 03 03 93 8c11 7e");
        let exchange = Exchange::tcp(4060).client(&connect);
        assert_named(&exchange, labels::IEC62056);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::udp(4059).client(&connect), labels::IEC62056);
        let wrapped = hex("0001 0010 0001 0004 6002a100");
        assert_named(&Exchange::tcp(4059).client(&wrapped), labels::IEC62056);
        assert_eq!(Exchange::tcp(4061).client(&wrapped).verdict_of::<Iec62056>(), Verdict::Excluded);
        let longer = hex("0001 0010 0001 0004 6002a100 00");
        assert_eq!(Exchange::udp(4059).client(longer).verdict_of::<Iec62056>(), Verdict::Excluded);
        let wrong = hex("7e a007 03 03 93 8c12 7e");
        assert_eq!(Exchange::tcp(4060).client(wrong).verdict_of::<Iec62056>(), Verdict::Excluded);
    }
}
