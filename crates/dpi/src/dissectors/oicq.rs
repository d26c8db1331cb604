//! OICQ: Tencent QQ's chat protocol (from captures and public descriptions). Packets between 0x02 and 0x03: version, command,
//! sequence number, account; over TCP with the total length before them.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Oicq;

const LONGEST: usize = 4096;

impl Dissector for Oicq {
    const META: Meta = Meta::tcp_udp(labels::OICQ)
        .only_on_ports(&[8000, 8001, 4000, 4001, 443, 80, 14000])
        .specification("from captures and public descriptions");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        match is_packet(&mut reader, segment.is_tcp()) {
            Ok(is_packet) => Verdict::matched_if(is_packet),
            Err(Short) => segment.more(),
        }
    }
}

fn is_packet(reader: &mut Reader<'_>, has_length: bool) -> Result<bool, Short> {
    let length = if has_length { usize::from(reader.u16()?).saturating_sub(2) } else { reader.len() };
    if length > LONGEST || !is_start(&mut { *reader })? {
        return Ok(false);
    }
    let packet = reader.take(length)?;
    Ok(packet.last() == Some(&0x03))
}

fn is_start(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let start = reader.u8()?;
    if start != 0x02 {
        return Ok(false);
    }
    let (version, command) = (reader.u16()?, reader.u16()?);
    reader.skip(2)?;
    let account = reader.u32()?;
    let is_command = matches!(
        command,
        0x0001..=0x0002
            | 0x0004..=0x0006
            | 0x0009..=0x0018
            | 0x001c..=0x0030
            | 0x003c..=0x003e
            | 0x0058..=0x0067
            | 0x0081
            | 0x0091
            | 0x00a4..=0x00ae
            | 0x00b5..=0x00cf
            | 0x00d1..=0x00ec
            | 0x0825..=0x0839
    );
    Ok((0x0800..0x4000).contains(&version) && is_command && account >= 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const PACKET: &str = "02 3b0b 0001 0017 561f0c7b 0000000000000000 55555555 03";

    #[test]
    fn packets_on_usual_ports() {
        assert_named(&Exchange::udp(8000).client(hex(PACKET)), labels::OICQ);
        let exchange = Exchange::tcp(8000).client(hex(&format!("001a {PACKET}")));
        assert_named(&exchange, labels::OICQ);
        exchange.assert_cuts_do_not_matter();
        assert_ne!(Exchange::udp(9999).client(hex(PACKET)).name(), "OICQ");
        let other = hex("02 3b0b 0301 0017 561f0c7b 03");
        assert_eq!(Exchange::udp(8000).client(other).verdict_of::<Oicq>(), Verdict::Excluded);
    }
}
