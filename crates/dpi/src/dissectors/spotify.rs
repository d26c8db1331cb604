//! Spotify: discovery of other clients in the local network, and the connection to an access point (from captures).

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Spotify;

impl Dissector for Spotify {
    const META: Meta = Meta::tcp_udp(labels::SPOTIFY)
        .ports(&[57621, 4070])
        .starts_with(&[b"SpotUdp", &[0x00, 0x04, 0x00, 0x00]])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            return Verdict::matched_if(segment.payload.starts_with(b"SpotUdp"));
        }
        match is_hello(&mut segment.reader()) {
            Ok(is_hello) => Verdict::matched_if(is_hello),
            Err(Short) => Verdict::More,
        }
    }
}

/// Two bytes, the length including all bytes before it, then the client hello in protocol buffers: build information as field 10, which
/// begins with the product.
fn is_hello(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let whole = reader.len();
    reader.skip(2)?;
    let length = reader.u32()?;
    let [field, inner, product] = reader.array()?;
    let is_start = (64..4096).contains(&length) && (field, product) == (0x52, 0x50) && inner < 0x40;
    if is_start && whole < length as usize { Err(Short) } else { Ok(is_start && whole == length as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn discovery_and_hello() {
        assert_named(&Exchange::udp(57621).client("SpotUdp0\x01\x02"), labels::SPOTIFY);
        let mut hello = hex("0004 00000050 520e 5000");
        hello.resize(0x50, 0x11);
        let exchange = Exchange::tcp(443).client(&hello);
        assert_named(&exchange, labels::SPOTIFY);
        exchange.assert_cuts_do_not_matter();
        hello.push(0);
        assert_eq!(Exchange::tcp(4070).client(hello).verdict_of::<Spotify>(), Verdict::Excluded);
    }
}
