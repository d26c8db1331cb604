//! Checksums of IPv4 (RFC 791), TCP (RFC 9293), UDP (RFC 768, 8200), ICMP (RFC 792) and ICMPv6 (RFC 4443), where the capture has all
//! bytes that they cover.
//!
//! A host may leave checksums to its interface. What it sends is then captured before they are computed. Three values show that: in
//! place of a TCP or UDP checksum, the sum of the pseudo-header (what Linux calls `CHECKSUM_PARTIAL`), or that sum without the length
//! (large send offload of Windows); and 0, for TCP and the header of IPv4.

use nfstream_decode::Headers;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Extension headers of IPv6 (RFC 8200): routing, fragment.
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;

/// What the checksums of a packet show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The header checksum of IPv4 is wrong.
    pub(crate) is_ip_wrong: bool,
    /// The checksum of TCP, UDP, ICMP or ICMPv6 is wrong.
    pub(crate) is_transport_wrong: bool,
    /// A checksum was left to the interface.
    pub(crate) is_offloaded: bool,
}

impl Verdict {
    pub(crate) fn is_wrong(self) -> bool {
        self.is_ip_wrong || self.is_transport_wrong
    }

    /// Checks the checksums of a packet: the innermost IP header, and the transport header in it.
    pub(crate) fn of(headers: &Headers, frame: &[u8]) -> Self {
        let packet = frame.get(headers.ip_offset as usize..).unwrap_or_default();
        match headers.ip_version {
            4 => Self::of_ipv4(headers, packet, frame),
            _ => Self::of_ipv6(headers, packet, frame),
        }
    }

    fn of_ipv4(headers: &Headers, packet: &[u8], frame: &[u8]) -> Self {
        let mut verdict = Self::default();
        let Some(fixed) = packet.first_chunk::<20>() else { return verdict };
        let Some(header) = packet.get(..usize::from(fixed[0] & 0xf) * 4) else { return verdict };
        if fold(sum(header)) != 0xffff {
            verdict.judge_ip(fixed[10..12] == [0, 0]);
        }
        let is_fragment = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff != 0;
        let has_length = fixed[2..4] != [0, 0];
        if !is_fragment && has_length {
            verdict.judge_transport(headers, sum(&fixed[12..20]), frame);
        }
        verdict
    }

    fn of_ipv6(headers: &Headers, packet: &[u8], frame: &[u8]) -> Self {
        let mut verdict = Self::default();
        let Some(fixed) = packet.first_chunk::<40>() else { return verdict };
        let has_length = fixed[4..6] != [0, 0];
        let extensions = headers.transport_offset.saturating_sub(headers.ip_offset + 40);
        let is_whole = extensions == 0 || has_plain_extensions(fixed[6], &packet[40..], extensions as usize);
        if has_length && is_whole {
            verdict.judge_transport(headers, sum(&fixed[8..40]), frame);
        }
        verdict
    }

    fn judge_ip(&mut self, is_left_out: bool) {
        self.is_offloaded |= is_left_out;
        self.is_ip_wrong |= !is_left_out;
    }

    /// Judges the checksum of the transport header, given the sum of the addresses.
    fn judge_transport(&mut self, headers: &Headers, addresses: u64, frame: &[u8]) {
        let start = headers.transport_offset as usize;
        let Some(segment) = frame.get(start..start + headers.transport_size as usize) else { return };
        let (segment, at) = match headers.protocol {
            TCP => (segment, 16),
            UDP => match datagram(segment) {
                Some(datagram) => (datagram, 6),
                None => return,
            },
            ICMP | ICMPV6 => (segment, 2),
            _ => return,
        };
        let Some(checksum) = segment.get(at..).and_then(|rest| rest.first_chunk::<2>()) else { return };
        if headers.protocol == UDP && headers.ip_version == 4 && *checksum == [0, 0] {
            return;
        }
        let kind = u64::from(u16::from_ne_bytes([0, headers.protocol]));
        let length = sum(&(segment.len() as u32).to_be_bytes());
        let pseudo = if headers.protocol == ICMP { 0 } else { addresses + kind + length };
        if fold(sum(segment) + pseudo) == 0xffff {
            return;
        }
        let found = u16::from_ne_bytes(*checksum);
        let is_offloaded = match headers.protocol {
            TCP => found == 0 || found == fold(pseudo) || found == fold(pseudo - length),
            UDP => found == fold(pseudo) || found == fold(pseudo - length),
            _ => false,
        };
        self.is_offloaded |= is_offloaded;
        self.is_transport_wrong |= !is_offloaded;
    }
}

/// The bytes that the length of a UDP header covers, if it is possible.
fn datagram(segment: &[u8]) -> Option<&[u8]> {
    let length = segment.get(4..6)?.first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    segment.get(..length).filter(|datagram| datagram.len() >= 8)
}

/// Whether the extension headers leave the packet whole and its destination as it is in the IP header: it is no fragment, and its
/// route is at its end.
fn has_plain_extensions(mut next: u8, headers: &[u8], length: usize) -> bool {
    let mut headers = headers.get(..length).unwrap_or_default();
    while let [following, length, _, segments_left, ..] = *headers {
        let is_plain = match next {
            ROUTING => segments_left == 0,
            FRAGMENT => false,
            _ => true,
        };
        if !is_plain {
            return false;
        }
        headers = headers.get(8 + usize::from(length) * 8..).unwrap_or_default();
        next = following;
    }
    next != FRAGMENT
}

/// The sum of 16-bit words in the byte order of this machine (RFC 1071, section 2), not folded; a byte that is left is padded.
#[inline]
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<4>();
    let words = words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum::<u64>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    words + u64::from(u32::from_ne_bytes(last))
}

/// Folds a sum into 16 bits, with the carries added.
#[inline]
fn fold(sum: u64) -> u16 {
    let sum = (sum & 0xffff_ffff) + (sum >> 32);
    let sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    let sum = (sum & 0xffff) + (sum >> 16);
    ((sum & 0xffff) + (sum >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use nfstream_decode::{LinkType, Reading, decode};

    use super::*;

    /// The sum as RFC 1071 defines it, word by word.
    fn checksum(bytes: &[u8]) -> [u8; 2] {
        let mut sum = 0_u32;
        for word in bytes.chunks(2) {
            sum += u32::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
            sum = (sum & 0xffff) + (sum >> 16);
        }
        (!(sum as u16)).to_be_bytes()
    }

    /// An Ethernet frame with correct checksums, and where its pseudo-header's sum would stand.
    fn frame(v6: bool, protocol: u8, payload: &[u8]) -> (Vec<u8>, usize, [u8; 2]) {
        let (header, at) = match protocol {
            TCP => (vec![4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 9, 9, 0, 0, 0, 0], 16),
            UDP => (vec![4, 0, 0, 80, 0, 8 + payload.len() as u8, 0, 0], 6),
            _ => (vec![8, 0, 0, 0, 1, 2, 3, 4], 2),
        };
        let mut segment = [&header, payload].concat();
        let length = segment.len() as u8;
        let addresses: Vec<u8> = (1..=if v6 { 32 } else { 8 }).collect();
        let pseudo = [&addresses[..], &[0, length, 0, protocol]].concat();
        let covered = if protocol == ICMP { segment.clone() } else { [&pseudo[..], &segment].concat() };
        segment[at..at + 2].copy_from_slice(&checksum(&covered));
        let mut frame = vec![0; 12];
        if v6 {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, length, protocol, 64]);
            frame.extend(&addresses);
        } else {
            let mut ip = vec![0x45, 0, 0, 20 + length, 0, 1, 0, 0, 64, protocol, 0, 0];
            ip.extend(&addresses);
            let sum = checksum(&ip);
            ip[10..12].copy_from_slice(&sum);
            frame.extend([8, 0]);
            frame.extend(ip);
        }
        let at = frame.len() + at;
        frame.extend(segment);
        let partial = checksum(&pseudo).map(|byte| !byte);
        (frame, at, partial)
    }

    fn verdict(frame: &[u8]) -> Verdict {
        Verdict::of(&decode(LinkType::ETHERNET, frame, Reading::SPECIFICATION).unwrap(), frame)
    }

    const WRONG: Verdict = Verdict { is_ip_wrong: false, is_transport_wrong: true, is_offloaded: false };
    const OFFLOADED: Verdict = Verdict { is_ip_wrong: false, is_transport_wrong: false, is_offloaded: true };

    #[test]
    fn any_bit_that_is_turned_is_noticed() {
        let kinds = [(false, TCP), (false, UDP), (false, ICMP), (true, TCP), (true, UDP), (true, ICMPV6)];
        for (v6, protocol) in kinds {
            for length in [0, 1, 2, 3, 5, 64] {
                let payload: Vec<u8> = (0..length).map(|byte: u8| byte.wrapping_mul(7) ^ 0xc8).collect();
                let (correct, at, _) = frame(v6, protocol, &payload);
                assert_eq!(verdict(&correct), Verdict::default(), "{v6} {protocol} {length}");
                for byte in at..correct.len() {
                    let mut damaged = correct.clone();
                    damaged[byte] ^= 0x10;
                    assert_eq!(verdict(&damaged), WRONG, "{v6} {protocol} {length}, byte {byte}");
                }
            }
        }
        let (mut correct, ..) = frame(false, TCP, b"data");
        correct[22] -= 1;
        assert_eq!(verdict(&correct), Verdict { is_ip_wrong: true, ..Verdict::default() });
    }

    #[test]
    fn checksums_left_to_the_interface_are_not_wrong() {
        for (v6, protocol) in [(false, TCP), (true, TCP), (false, UDP), (true, UDP)] {
            let (mut sent, at, partial) = frame(v6, protocol, b"data");
            sent[at..at + 2].copy_from_slice(&partial);
            assert_eq!(verdict(&sent), OFFLOADED, "{v6} {protocol}");
            sent[at + 1] ^= 1;
            assert_eq!(verdict(&sent), WRONG, "{v6} {protocol}");
        }
        let (mut sent, at, _) = frame(false, TCP, b"data");
        sent[24..26].fill(0);
        sent[at..at + 2].fill(0);
        assert_eq!(verdict(&sent), OFFLOADED);
    }

    #[test]
    fn what_the_capture_cannot_know_is_not_judged() {
        let (mut none, at, _) = frame(false, UDP, b"data");
        none[at..at + 2].fill(0);
        assert_eq!(verdict(&none), Verdict::default());
        let (mut damaged, at, _) = frame(false, TCP, b"data");
        damaged[at] ^= 1;
        assert_eq!(verdict(&damaged[..damaged.len() - 1]), Verdict::default(), "cut off");
        damaged[20] |= 0x20;
        damaged[24..26].fill(0);
        let sum = checksum(&damaged[14..34]);
        damaged[24..26].copy_from_slice(&sum);
        assert_eq!(verdict(&damaged), Verdict::default(), "a first fragment");
    }
}
