//! Numbers and addresses as text: the same output as the standard library, without the cost of `fmt`.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

#[inline]
pub(crate) fn int(number: i64, out: &mut Vec<u8>) {
    // Most numbers in most flows are small, and copies of a length known in advance are cheap.
    let digit = |number: i64| b'0' + (number % 10) as u8;
    match number {
        -9..0 => out.extend_from_slice(&[b'-', digit(-number)]),
        0..10 => out.push(digit(number)),
        10..100 => out.extend_from_slice(&[digit(number / 10), digit(number)]),
        100..1000 => out.extend_from_slice(&[digit(number / 100), digit(number / 10), digit(number)]),
        1000..10_000 => {
            let digits = [digit(number / 1000), digit(number / 100), digit(number / 10), digit(number)];
            out.extend_from_slice(&digits);
        }
        _ => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

/// Writes a number and the byte that ends its cell.
#[inline]
pub(crate) fn int_and(number: i64, end: u8, out: &mut Vec<u8>) {
    match number {
        -1 => out.extend_from_slice(&[b'-', b'1', end]),
        0..10 => out.extend_from_slice(&[b'0' + number as u8, end]),
        10..100 => out.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8, end]),
        _ => {
            int(number, out);
            out.push(end);
        }
    }
}

/// Writes the shortest decimal that reads back as the same number; whole numbers keep their `.0`. If two such
/// decimals are equally near, the even one is written, as in Python; the standard library takes the larger.
pub(crate) fn float(number: f64, out: &mut Vec<u8>) {
    // Most numbers are small and whole: -1 for what was not seen, 0, sizes that are all the same.
    let whole = number as i64;
    if (-9..10_000).contains(&whole) && (whole as f64).to_bits() == number.to_bits() {
        int(whole, out);
        out.extend_from_slice(b".0");
        return;
    }
    // Numbers outside this range have an exponent, which zmij writes as `1e+16` and everybody else as `1e16`.
    if number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
        out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else {
        write!(out, "{number:?}").expect("a vector takes all bytes");
    }
}

/// Writes a number and the byte that ends its cell.
#[inline]
pub(crate) fn float_and(number: f64, end: u8, out: &mut Vec<u8>) {
    // What was not seen.
    if number.to_bits() == (-1.0_f64).to_bits() {
        out.extend_from_slice(&[b'-', b'1', b'.', b'0', end]);
        return;
    }
    float(number, out);
    out.push(end);
}

/// Writes dotted decimal, or the canonical form of an IPv6 address (RFC 5952) as the C library writes it.
pub(crate) fn ip(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => ipv4(address, out),
        IpAddr::V6(address) => ipv6(address, out),
    }
}

fn ipv4(address: Ipv4Addr, out: &mut Vec<u8>) {
    for (index, octet) in address.octets().into_iter().enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        int(octet.into(), out);
    }
}

fn ipv6(address: Ipv6Addr, out: &mut Vec<u8>) {
    if let Some(embedded) = embedded_ipv4(address) {
        let prefix: &[u8] = if address.segments()[5] == 0 { b"::" } else { b"::ffff:" };
        out.extend_from_slice(prefix);
        return ipv4(embedded, out);
    }
    let groups = address.segments();
    let zeros = longest_zeros(&groups);
    for (index, group) in groups.into_iter().enumerate() {
        if index == zeros.start && !zeros.is_empty() {
            out.extend_from_slice(b"::");
        }
        if zeros.contains(&index) {
            continue;
        }
        if index > 0 && index != zeros.end {
            out.push(b':');
        }
        let digits = (4 - group.leading_zeros() / 4).max(1);
        out.extend((0..digits).rev().map(|digit| hex(group >> (digit * 4))));
    }
}

/// The IPv4 address that the C library's `inet_ntop`, and so the reference, shows in dotted decimal: after `::ffff:`
/// (RFC 4291, section 2.5.5.2) or, unless the IPv4 address begins with two zeros, after `::` (section 2.5.5.1).
fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let compatible = || match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => address.to_ipv4(),
        _ => None,
    };
    address.to_ipv4_mapped().or_else(compatible)
}

/// Finds the groups that `::` stands for: the first longest run of two or more zeros (RFC 5952, section 4.2), or an
/// empty range at the start.
fn longest_zeros(groups: &[u16; 8]) -> Range<usize> {
    let (mut longest, mut begin) = (0..0, 0);
    for (index, group) in groups.iter().enumerate() {
        if *group != 0 {
            begin = index + 1;
        } else if index + 1 - begin > longest.len().max(1) {
            longest = begin..index + 1;
        }
    }
    longest
}

/// Writes lower-case hexadecimal with a colon between bytes.
pub(crate) fn mac(bytes: &[u8], out: &mut Vec<u8>) {
    for (index, byte) in bytes.iter().enumerate() {
        let [high, low] = [hex(u16::from(byte >> 4)), hex(u16::from(*byte))];
        match index {
            0 => out.extend_from_slice(&[high, low]),
            _ => out.extend_from_slice(&[b':', high, low]),
        }
    }
}

/// Lower-case hexadecimal, two digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [hex(u16::from(byte >> 4)), hex(u16::from(*byte))];
    bytes.iter().flat_map(digits).map(char::from).collect()
}

/// The hexadecimal digit of the lowest four bits.
fn hex(number: u16) -> u8 {
    b"0123456789abcdef"[usize::from(number & 0xf)]
}

/// Writes the numbers in square brackets.
#[inline]
pub(crate) fn int_list<const N: usize>(numbers: &[i64], separator: &[u8; N], out: &mut Vec<u8>) {
    out.push(b'[');
    // Lists of short flows end in a long row of -1. The row is filled with copies of its own beginning.
    let before_row = numbers.iter().rposition(|number| *number != -1).map_or(0, |last| last + 1);
    for (index, number) in numbers.iter().take(before_row + 1).enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        int(*number, out);
    }
    if let Some(more) = numbers.len().checked_sub(before_row + 2) {
        let row = out.len();
        out.extend_from_slice(separator);
        out.extend_from_slice(b"-1");
        let mut missing = more * (N + b"-1".len());
        while missing > 0 {
            let copied = missing.min(out.len() - row);
            out.extend_from_within(row..row + copied);
            missing -= copied;
        }
    }
    out.push(b']');
}

/// Writes the texts in square brackets, each as a JSON string.
pub(crate) fn text_list(texts: &[&str], separator: &[u8], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        json_string(text, out);
    }
    out.push(b']');
}

/// Writes a JSON object of strings (RFC 8259).
pub(crate) fn json_object(members: &[(&str, &str)], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, text)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json_string(name, out);
        out.push(b':');
        json_string(text, out);
    }
    out.push(b'}');
}

/// Writes a JSON string.
pub(crate) fn json_string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text)
        .expect("a vector takes all bytes, and a str has no shape that JSON lacks");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Value;

    proptest! {
        #[test]
        fn is_what_the_standard_library_gives(
            number in any::<i64>(),
            small in -200..20_000i64,
            v4 in any::<u32>(),
            v6 in any::<u128>(),
            groups in proptest::array::uniform8(0..3u16),
            mac in any::<[u8; 6]>(),
            numbers in proptest::collection::vec(prop_oneof![any::<i64>(), -2..2i64], 0..4),
            row in 0..30usize,
        ) {
            prop_assert_eq!(Value::Int(number).to_string(), number.to_string());
            prop_assert_eq!(Value::Int(small).to_string(), small.to_string());
            let numbers = [numbers, vec![-1; row]].concat();
            prop_assert_eq!(Value::IntList((&numbers).into()).to_string(), format!("{numbers:?}"));
            let mapped = Ipv4Addr::from(v4).to_ipv6_mapped();
            for address in [
                IpAddr::V4(v4.into()),
                IpAddr::V6(mapped),
                IpAddr::V6((v6 >> (v4 % 128)).into()),
                IpAddr::V6(v6.into()),
                IpAddr::V6(groups.into()),
            ] {
                let shown = Value::Ip(address).to_string();
                // Addresses that the library shows differently have a test of their own.
                prop_assert!(shown.starts_with("::") && shown.contains('.') || shown == address.to_string());
            }
            let [a, b, c, d, e, f] = mac;
            prop_assert_eq!(Value::Mac(&mac[..3]).to_string(), format!("{a:02x}:{b:02x}:{c:02x}"));
            let whole = format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
            prop_assert_eq!(Value::Mac(&mac).to_string(), whole);
        }

        #[test]
        fn floats_read_back_and_are_as_short_as_those_of_the_standard_library(
            bits in any::<u64>(),
            mean in 0.0..100_000f64,
            exponent in -6..18i32,
        ) {
            for number in [f64::from_bits(bits), mean, mean.trunc(), mean / 100_000.0 * 10f64.powi(exponent)] {
                let text = Value::Float(number).to_string();
                prop_assert_eq!(text.len(), format!("{number:?}").len());
                prop_assert!(text.parse::<f64>().unwrap() == number || number.is_nan(), "{} for {:?}", text, number);
            }
        }
    }

    #[test]
    fn embedded_addresses_are_those_of_inet_ntop() {
        let shown = |text: &str| Value::Ip(text.parse().unwrap()).to_string();
        for text in
            ["::6.143.134.51", "::ffff:6.143.134.51", "::ffff:0.0.0.1", "::1", "::8633", "::1:0:0:1", "::"]
        {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("::0.1.0.2"), "::0.1.0.2");
    }

    #[test]
    fn floats_at_the_edges() {
        let edges = [
            0.0,
            -0.0,
            1.0,
            1e15,
            1e16,
            1.5e17,
            1e-4,
            1e-5,
            1.5e-7,
            5e-324,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ];
        for number in edges.into_iter().chain(edges.map(|number| -number)) {
            assert_eq!(Value::Float(number).to_string(), format!("{number:?}"));
        }
        assert_eq!(Value::Float(8.0 + 1.0 / 65_536.0).to_string(), "8.000015258789062");
    }
}
