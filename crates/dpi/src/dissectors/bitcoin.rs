//! BITCOIN: peers of Bitcoin and of the coins that use its messages (Bitcoin Developer Reference, P2P Network). Each message
//! has the magic number of its network, a command in letters, length and checksum.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Bitcoin;

impl Dissector for Bitcoin {
    const META: Meta = Meta::tcp(labels::BITCOIN)
        .ports(&[8333, 18333, 18444, 38333, 9333, 22556, 9999, 8233])
        .starts_with(&[
            // Bitcoin: main, testnet3, testnet4, signet, regtest.
            &[0xf9, 0xbe, 0xb4, 0xd9],
            &[0x0b, 0x11, 0x09, 0x07],
            &[0x1c, 0x16, 0x3f, 0x28],
            &[0x0a, 0x03, 0xcf, 0x40],
            &[0xfa, 0xbf, 0xb5, 0xda],
            // Bitcoin Cash, Bitcoin Gold, Namecoin.
            &[0xe3, 0xe1, 0xf3, 0xe8],
            &[0xe1, 0x47, 0x6d, 0x44],
            &[0xf9, 0xbe, 0xb4, 0xfe],
            // Litecoin: main, testnet. Dogecoin: main, testnet.
            &[0xfb, 0xc0, 0xb6, 0xdb],
            &[0xfd, 0xd2, 0xc8, 0xf1],
            &[0xc0, 0xc0, 0xc0, 0xc0],
            &[0xfc, 0xc1, 0xb7, 0xdc],
            // Dash: main, testnet. Zcash: main, testnet. Peercoin, DigiByte, Ravencoin, Qtum.
            &[0xbf, 0x0c, 0x6b, 0xbd],
            &[0xce, 0xe2, 0xca, 0xff],
            &[0x24, 0xe9, 0x27, 0x64],
            &[0xfa, 0x1a, 0xf9, 0xbf],
            &[0xe6, 0xe8, 0xe9, 0xe5],
            &[0xfa, 0xc3, 0xb6, 0xda],
            &[0x52, 0x41, 0x56, 0x4e],
            &[0xf1, 0xcf, 0xa6, 0xd3],
        ])
        .max_segments(2)
        .specification("Bitcoin Developer Reference, P2P Network; BIP 37, 61, 130, 152, 155, 157");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // The first payload may have been shorter than the magic number.
        if !Self::META.may_start(segment.payload, segment.transport) {
            return Verdict::Excluded;
        }
        match is_message(segment) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => Verdict::More,
        }
    }
}

/// Magic, command (letters, then zeros), length, checksum.
fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    const LONGEST: u32 = 32 * 1024 * 1024;
    let mut reader = segment.reader();
    reader.skip(4)?;
    let command = reader.array::<12>()?;
    let letters = command.iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count();
    let is_padded = command.iter().skip(letters).all(|byte| *byte == 0);
    Ok(letters >= 2 && is_padded && reader.u32_le()? <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_messages() {
        let message = |magic: &str, command: &[u8]| [&hex(magic)[..], command, &[4, 0, 0, 0, 1, 2, 3, 4, 5]].concat();
        let exchange = Exchange::tcp(7000)
            .client(message("f9beb4d9", b"version\0\0\0\0\0"))
            .server(message("f9beb4d9", b"verack\0\0\0\0\0\0"));
        assert_named(&exchange, labels::BITCOIN);
        exchange.assert_cuts_do_not_matter();
        for other in [message("f9beb4d9", b"version\0\0\0\0x"), message("f9beb4d8", b"version\0\0\0\0\0")] {
            assert_eq!(Exchange::tcp(8333).client(other).verdict_of::<Bitcoin>(), Verdict::Excluded);
        }
    }
}
