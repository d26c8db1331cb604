//! Protection of Initial packets: its keys follow from the version and the client's first connection ID (RFC 9001,
//! sections 5.2 to 5.4; RFC 9369, section 3.3).

use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};
use aes_gcm::{AeadInPlace, Aes128Gcm, Tag};
use hkdf::Hkdf;
use sha2::Sha256;

use super::header::{Packet, Version};

/// Length of the tag of AES-128-GCM.
const TAG: usize = 16;

/// The key derivation of a version.
pub(super) struct Derivation {
    salt: [u8; 20],
    key: &'static [u8],
    iv: &'static [u8],
    hp: &'static [u8],
}

impl Derivation {
    const fn of_version_1(salt: [u8; 20]) -> Self {
        Self { salt, key: b"quic key", iv: b"quic iv", hp: b"quic hp" }
    }

    const fn of_version_2(salt: [u8; 20]) -> Self {
        Self { salt, key: b"quicv2 key", iv: b"quicv2 iv", hp: b"quicv2 hp" }
    }
}

/// The keys that protect the packets of a client.
pub(super) struct Keys {
    key: [u8; 16],
    iv: [u8; 12],
    hp: [u8; 16],
}

impl Keys {
    /// The keys for the connection ID that a client has chosen for its server.
    pub(super) fn of_client(derivation: &Derivation, connection_id: &[u8]) -> Option<Self> {
        let initial = Hkdf::<Sha256>::new(Some(&derivation.salt), connection_id);
        let client: [u8; 32] = expand(&initial, b"client in")?;
        let client = Hkdf::<Sha256>::from_prk(&client).ok()?;
        Some(Self {
            key: expand(&client, derivation.key)?,
            iv: expand(&client, derivation.iv)?,
            hp: expand(&client, derivation.hp)?,
        })
    }

    /// The frames of a packet, if these keys protect it.
    pub(super) fn open(&self, packet: &Packet<'_>) -> Option<Vec<u8>> {
        let mut bytes = packet.bytes.to_vec();
        let (head, protected) = bytes.split_at_mut_checked(packet.number_at)?;
        let mut mask = <[u8; 16]>::try_from(protected.get(4..20)?).ok()?.into();
        Aes128::new(&self.hp.into()).encrypt_block(&mut mask);
        let first = head.first_mut()?;
        *first ^= mask[0] & 0x0f;
        let length = usize::from(*first & 0x03) + 1;

        let mut nonce = self.iv;
        let (number, _) = protected.split_at_mut_checked(length)?;
        for (byte, mask) in number.iter_mut().zip(mask.iter().skip(1)) {
            *byte ^= mask;
        }
        for (byte, number) in nonce.iter_mut().rev().zip(number.iter().rev()) {
            *byte ^= number;
        }
        let (header, payload) = bytes.split_at_mut_checked(packet.number_at + length)?;
        let (frames, tag) = payload.split_at_mut_checked(payload.len().checked_sub(TAG)?)?;
        Aes128Gcm::new(&self.key.into())
            .decrypt_in_place_detached(&nonce.into(), header, frames, Tag::from_slice(tag))
            .ok()?;
        let end = bytes.len() - TAG;
        bytes.truncate(end);
        bytes.drain(..packet.number_at + length);
        Some(bytes)
    }
}

/// HKDF-Expand-Label without context (RFC 8446, section 7.1).
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &[u8]) -> Option<[u8; N]> {
    const PREFIX: &[u8] = b"tls13 ";
    let mut key = [0; N];
    let lengths = [0, u8::try_from(N).ok()?, u8::try_from(PREFIX.len() + label.len()).ok()?];
    secret.expand_multi_info(&[&lengths, PREFIX, label, &[0]], &mut key).ok()?;
    Some(key)
}

/// The possible key derivations. An unknown version is assumed to follow RFC 9001.
pub(super) fn derivations(version: Version) -> &'static [Derivation] {
    match version.0 {
        0x6b33_43cf => &[VERSION_2],
        0x709a_50c4 => &[VERSION_2_DRAFTS],
        0xff00_0016 | 0xface_b001 => &[DRAFT_22],
        0xff00_0017..=0xff00_001c | 0xface_b002 => &[DRAFTS_23_TO_28],
        0xff00_001d..=0xff00_0020 => &[DRAFTS_29_TO_32],
        // Experiments of mvfst: each follows the draft of its time.
        0xface_b000..=0xface_b0ff => &[VERSION_1, DRAFTS_29_TO_32, DRAFTS_23_TO_28],
        0x5130_3530 => &[Q050],
        0x5430_3530 => &[T050],
        0x5430_3531 => &[T051],
        0xff00_0000..=0xff00_0015 => &[],
        _ => &[VERSION_1],
    }
}

const VERSION_1: Derivation = Derivation::of_version_1([
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f,
    0x0a,
]);
const VERSION_2: Derivation = Derivation::of_version_2([
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e,
    0xd9,
]);
const VERSION_2_DRAFTS: Derivation = Derivation::of_version_2([
    0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5,
    0xd3,
]);
const DRAFT_22: Derivation = Derivation::of_version_1([
    0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64,
    0x4a,
]);
const DRAFTS_23_TO_28: Derivation = Derivation::of_version_1([
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5,
    0x02,
]);
const DRAFTS_29_TO_32: Derivation = Derivation::of_version_1([
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8,
    0x99,
]);
const Q050: Derivation = Derivation::of_version_1([
    0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b,
    0x45,
]);
const T050: Derivation = Derivation::of_version_1([
    0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83,
    0x10,
]);
const T051: Derivation = Derivation::of_version_1([
    0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03,
    0x3d,
]);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::testing::hex;

    const CONNECTION_ID: &str = "8394c8f03e515708";

    fn keys(version: u32, connection_id: &[u8]) -> Keys {
        let [.., derivation] = derivations(Version(version)) else { panic!("a version with keys") };
        Keys::of_client(derivation, connection_id).expect("lengths that fit")
    }

    /// A client's datagram with these frames, protected.
    pub(crate) fn seal(version: u32, connection_id: &[u8], number: u8, frames: &[u8]) -> Vec<u8> {
        let keys = keys(version, connection_id);
        let first = if version == 0x6b33_43cf { 0xd0 } else { 0xc0 };
        let mut frames = frames.to_vec();
        frames.resize(frames.len().max(1170), 0);
        let mut packet = vec![first];
        packet.extend(version.to_be_bytes());
        packet.push(connection_id.len() as u8);
        packet.extend(connection_id);
        packet.extend([0, 0]);
        packet.extend((0x4000 | (1 + frames.len() + TAG) as u16).to_be_bytes());
        let number_at = packet.len();
        packet.push(number);
        let mut nonce = keys.iv;
        nonce[11] ^= number;
        let cipher = Aes128Gcm::new(&keys.key.into());
        let tag = cipher.encrypt_in_place_detached(&nonce.into(), &packet, &mut frames).expect("short enough");
        packet.extend(frames);
        packet.extend(tag);
        let mut mask = <[u8; 16]>::try_from(&packet[number_at + 4..number_at + 20]).expect("16").into();
        Aes128::new(&keys.hp.into()).encrypt_block(&mut mask);
        packet[0] ^= mask[0] & 0x0f;
        packet[number_at] ^= mask[1];
        packet
    }

    #[test]
    fn keys_of_the_examples() {
        // RFC 9001, appendix A.1.
        let keys = keys(1, &hex(CONNECTION_ID));
        assert_eq!(keys.key.as_slice(), hex("1f369613dd76d5467730efcbe3b1a22d"));
        assert_eq!(keys.iv.as_slice(), hex("fa044b2f42a3fd3b46fb255c"));
        assert_eq!(keys.hp.as_slice(), hex("9f50449e04a0e810283a1e9933adedd2"));
        // RFC 9369, appendix A.1.
        let keys = self::keys(0x6b33_43cf, &hex(CONNECTION_ID));
        assert_eq!(keys.key.as_slice(), hex("8b1a0bc121284290a29e0971b5cd045d"));
        assert_eq!(keys.iv.as_slice(), hex("91f73e2351d8fa91660e909f"));
        assert_eq!(keys.hp.as_slice(), hex("45b95e15235d6f45a6b19cbcb0294ba9"));
    }

    #[test]
    fn opens_what_was_sealed_and_nothing_else() {
        let frames = hex("0600 02 0100");
        let mut datagram = seal(1, &hex(CONNECTION_ID), 7, &frames);
        let (packet, _) = Packet::read(&datagram, 0).expect("a packet");
        let keys = keys(packet.version.0, packet.destination);
        assert!(keys.open(&packet).is_some_and(|opened| opened.starts_with(&frames) && opened.len() == 1170));
        *datagram.last_mut().expect("not empty") ^= 1;
        let (packet, _) = Packet::read(&datagram, 0).expect("a packet");
        assert!(keys.open(&packet).is_none());
    }
}
