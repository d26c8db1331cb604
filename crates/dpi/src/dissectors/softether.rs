//! Softether: SoftEther VPN besides TLS: the server's address in its NAT traversal, and values packed for UDP (SoftEther
//! VPN, Mayaqua Kernel: PACK).

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Softether;

/// Port where a client asks for its own address.
const NAT_TRAVERSAL_PORT: u16 = 5004;

impl Dissector for Softether {
    const META: Meta = Meta::udp(labels::SOFTETHER)
        .ports(&[NAT_TRAVERSAL_PORT])
        .starts_with(&[b"A", b"IP=", &[0, 0, 0]])
        .max_segments(4)
        .specification("SoftEther VPN, Mayaqua Kernel and Cedar: PACK, UDP NAT traversal");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload {
            b"A" | b"B" if segment.has_port(NAT_TRAVERSAL_PORT) => Verdict::Wait,
            [b'I', b'P', b'=', rest @ ..] => Verdict::matched_if(is_endpoint(rest)),
            payload => Verdict::matched_if(is_pack(&mut Reader::new(payload)).unwrap_or(false)),
        }
    }
}

/// `IP=192.0.2.1,PORT=40001`
fn is_endpoint(text: &[u8]) -> bool {
    let address = text.iter().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')).count();
    (2..40).contains(&address)
        && text
            .get(address..)
            .and_then(|rest| rest.strip_prefix(b",PORT="))
            .is_some_and(|port| port.first().is_some_and(u8::is_ascii_digit))
}

/// Number of elements, then for each its name (the length also counts a missing terminator), type, and number of values.
fn is_pack(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let elements = reader.u32()?;
    let length = usize::try_from(reader.u32()?).unwrap_or_default();
    if !(1..=64).contains(&elements) || !(4..=64).contains(&length) {
        return Ok(false);
    }
    let name = reader.take(length - 1)?;
    let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    Ok(is_name && reader.u32()? <= 4 && (1..=64).contains(&reader.u32()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_answers_and_packed_values() {
        let answer = Exchange::udp(5004).client("A").server("IP=192.0.2.1,PORT=40001");
        assert_named(&answer, labels::SOFTETHER);
        let pack = |count: &str| [&hex(count)[..], b"opcode", &hex("00000002 00000001 00000009 6765745f746f6b656e")].concat();
        assert_named(&Exchange::udp(5004).client(pack("00000004 00000007")), labels::SOFTETHER);
        for other in [pack("00000000 00000007"), pack("00000004 00000008"), b"IP=x,PORT=1".to_vec(), b"AB".to_vec()] {
            assert_eq!(Exchange::udp(5004).client(other).verdict_of::<Softether>(), Verdict::Excluded);
        }
    }
}
