//! Chooses one of several rings for a packet, so that both directions of a flow go to the same ring.
//!
//! The kernel runs a BPF program of ours (packet(7), `PACKET_FANOUT_CBPF`), which computes the same number as [`Steering::of`].
//! The kernel's own hash (`PACKET_FANOUT_HASH`) would be good enough for most packets. But for a fragment or a packet in a tunnel,
//! it differs from the hash of the rest of the flow, and only the kernel can compute it. With the kernel's flag to reassemble
//! fragments, a datagram would be one packet, but several in a capture file.
//!
//! Ports count for TCP alone. The datagrams between two hosts go to one ring: their fragments, which have no ports, with them,
//! and both directions of a tunnel, whose ends may choose a port for each flow inside. So packets of one flow stay in order.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Chooses the ring that a flow belongs to. The key is random, so that nobody outside can aim at one ring.
#[derive(Clone, Debug)]
pub struct Steering {
    /// Odd multipliers: for the four words of an address, for the port, and for the mixture.
    keys: [u32; 6],
}

impl Steering {
    /// Draws a key.
    pub(crate) fn new() -> Self {
        let mut state = RandomState::new().build_hasher().finish();
        let keys = std::array::from_fn(|_| {
            // The generator's output is its upper half (Knuth's MMIX constants).
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 32) as u32 | 1
        });
        Self { keys }
    }

    /// A number for the flow between two endpoints, the same for both directions. An endpoint is an address, as four words, and a
    /// port of TCP, else 0. The words of an IPv4 address are the address itself and three zeros.
    #[inline]
    #[must_use]
    pub fn of(&self, a: ([u32; 4], u16), b: ([u32; 4], u16)) -> u32 {
        let sum = self.endpoint(a).wrapping_add(self.endpoint(b));
        let [.., mixer] = self.keys;
        let mixed = (sum ^ (sum >> 16)).wrapping_mul(mixer);
        mixed ^ (mixed >> 15)
    }

    #[inline]
    fn endpoint(&self, (address, port): ([u32; 4], u16)) -> u32 {
        let [a, b, c, d, of_port, _] = self.keys;
        let [w, x, y, z] = address;
        let words = [(w, a), (x, b), (y, c), (z, d), (u32::from(port), of_port)];
        // Shifted before the multiplication, so that differences only in the upper bits count, too.
        words.iter().fold(0, |sum, (word, key)| sum.wrapping_add((word ^ (word >> 15)).wrapping_mul(*key)))
    }

    /// The program that computes the same number for packets without VLAN tags (the kernel removes the first one) or IPv6 options,
    /// and without fragments. For other packets, the number may be wrong, and the receiver of the packet has to
    /// correct it.
    #[cfg(target_os = "linux")]
    pub(crate) fn program(&self) -> Vec<libc::sock_filter> {
        program::of(self.keys)
    }
}

#[cfg(target_os = "linux")]
mod program {
    use libc::{
        BPF_A, BPF_ABS, BPF_ADD, BPF_ALU, BPF_AND, BPF_B, BPF_H, BPF_IMM, BPF_IND, BPF_JEQ, BPF_JMP,
        BPF_JSET, BPF_K, BPF_LD, BPF_LDX, BPF_LSH, BPF_MEM, BPF_MISC, BPF_MUL, BPF_RET, BPF_RSH, BPF_ST,
        BPF_TAX, BPF_W, BPF_X, BPF_XOR, SKF_AD_OFF, SKF_AD_PROTOCOL, SKF_NET_OFF, sock_filter,
    };

    const ETHERTYPE_IPV4: u32 = 0x0800;
    const ETHERTYPE_IPV6: u32 = 0x86dd;
    const TCP: u32 = 6;
    /// The header of an IPv6 fragment.
    const FRAGMENT: u32 = 44;

    /// The mask of a fragment's offset and of the flag that more fragments follow. Only the first has ports, but all fragments
    /// of a datagram go to one ring, so that they stay in order.
    const FRAGMENT_V4: u32 = 0x3fff;
    const FRAGMENT_V6: u32 = 0xfff9;

    /// Scratch memory: the sum so far, and where the transport header begins after the network header.
    const SUM: u32 = 0;
    const TRANSPORT: u32 = 1;

    /// Instructions of a program.
    #[derive(Default)]
    struct Assembler(Vec<sock_filter>);

    impl Assembler {
        fn push(&mut self, code: u32, k: u32) {
            self.0.push(sock_filter { code: code as u16, jt: 0, jf: 0, k });
        }

        /// Jumps ahead by `holds` instructions if the condition holds, else by `fails`.
        fn branch(&mut self, condition: u32, k: u32, holds: u8, fails: u8) {
            self.0.push(sock_filter { code: (BPF_JMP | condition | BPF_K) as u16, jt: holds, jf: fails, k });
        }

        /// Loads at an offset from the network header.
        fn load(&mut self, size: u32, offset: u32) {
            self.push(BPF_LD | size | BPF_ABS, SKF_NET_OFF.cast_unsigned().wrapping_add(offset));
        }

        /// Adds the loaded number to the sum, as `Steering::endpoint` does.
        fn add(&mut self, key: u32) {
            self.push(BPF_MISC | BPF_TAX, 0);
            self.push(BPF_ALU | BPF_RSH | BPF_K, 15);
            self.push(BPF_ALU | BPF_XOR | BPF_X, 0);
            self.push(BPF_ALU | BPF_MUL | BPF_K, key);
            self.push(BPF_LDX | BPF_MEM, SUM);
            self.push(BPF_ALU | BPF_ADD | BPF_X, 0);
            self.push(BPF_ST, SUM);
        }

        /// Adds both ports.
        fn add_ports(&mut self, key: u32) {
            let network = SKF_NET_OFF.cast_unsigned();
            self.push(BPF_LDX | BPF_MEM, TRANSPORT);
            self.push(BPF_LD | BPF_H | BPF_IND, network);
            self.add(key);
            self.push(BPF_LDX | BPF_MEM, TRANSPORT);
            self.push(BPF_LD | BPF_H | BPF_IND, network.wrapping_add(2));
            self.add(key);
        }

        /// Mixes the sum and returns it.
        fn finish(&mut self, mixer: u32) {
            self.push(BPF_LD | BPF_MEM, SUM);
            self.push(BPF_MISC | BPF_TAX, 0);
            self.push(BPF_ALU | BPF_RSH | BPF_K, 16);
            self.push(BPF_ALU | BPF_XOR | BPF_X, 0);
            self.push(BPF_ALU | BPF_MUL | BPF_K, mixer);
            self.push(BPF_MISC | BPF_TAX, 0);
            self.push(BPF_ALU | BPF_RSH | BPF_K, 15);
            self.push(BPF_ALU | BPF_XOR | BPF_X, 0);
            self.push(BPF_RET | BPF_A, 0);
        }
    }

    pub(super) fn of([a, b, c, d, port, mixer]: [u32; 6]) -> Vec<sock_filter> {
        let ports_and_end = {
            let mut end = Assembler::default();
            end.add_ports(port);
            end.finish(mixer);
            end.0
        };
        let without_ports = {
            let mut end = Assembler::default();
            end.finish(mixer);
            end.0
        };
        // A branch over the shorter end leads to the longer one.
        let over = without_ports.len() as u8;
        let ends = |mut program: Assembler| {
            program.0.extend_from_slice(&without_ports);
            program.0.extend_from_slice(&ports_and_end);
            program.0
        };

        let mut v4 = Assembler::default();
        v4.load(BPF_W, 12);
        v4.add(a);
        v4.load(BPF_W, 16);
        v4.add(a);
        v4.load(BPF_B, 0);
        v4.push(BPF_ALU | BPF_AND | BPF_K, 0x0f);
        v4.push(BPF_ALU | BPF_LSH | BPF_K, 2);
        v4.push(BPF_ST, TRANSPORT);
        v4.load(BPF_H, 6);
        v4.branch(BPF_JSET, FRAGMENT_V4, 2, 0);
        v4.load(BPF_B, 9);
        v4.branch(BPF_JEQ, TCP, over, 0);
        let v4 = ends(v4);

        let mut v6 = Assembler::default();
        for (word, key) in [a, b, c, d].into_iter().enumerate() {
            for address in [8, 24] {
                v6.load(BPF_W, address + 4 * word as u32);
                v6.add(key);
            }
        }
        v6.push(BPF_LD | BPF_IMM, 40);
        v6.push(BPF_ST, TRANSPORT);
        v6.load(BPF_B, 6);
        v6.branch(BPF_JEQ, FRAGMENT, 0, 5);
        v6.load(BPF_H, 42);
        v6.branch(BPF_JSET, FRAGMENT_V6, 4, 0);
        v6.push(BPF_LD | BPF_IMM, 48);
        v6.push(BPF_ST, TRANSPORT);
        v6.load(BPF_B, 40);
        v6.branch(BPF_JEQ, TCP, over, 0);
        let v6 = ends(v6);

        let mut program = Assembler::default();
        program.push(BPF_LD | BPF_IMM, 0);
        program.push(BPF_ST, SUM);
        program.push(BPF_LD | BPF_W | BPF_ABS, (SKF_AD_OFF + SKF_AD_PROTOCOL).cast_unsigned());
        program.branch(BPF_JEQ, ETHERTYPE_IPV4, 2, 0);
        program.branch(BPF_JEQ, ETHERTYPE_IPV6, 2, 0);
        program.push(BPF_RET | BPF_K, 0);
        // Further than a branch can jump.
        program.push(BPF_JMP | libc::BPF_JA, 1);
        program.push(BPF_JMP | libc::BPF_JA, v4.len() as u32);
        program.0.extend(v4);
        program.0.extend(v6);
        program.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_belong_to_the_same_ring() {
        let steering = Steering::new();
        let (a, b) = (([0x0a00_0001, 0, 0, 0], 50_000), ([0x0a00_0002, 0, 0, 0], 443));
        assert_eq!(steering.of(a, b), steering.of(b, a));
    }

    #[test]
    fn flows_are_spread() {
        let steering = Steering::new();
        let mut rings = [0; 4];
        for port in 0..4000_u16 {
            let client = ([0xc0a8_0000 | u32::from(port % 250), 0, 0, 0], 32_768 + port);
            rings[steering.of(client, ([0x0808_0808, 0, 0, 0], 53)) as usize % 4] += 1;
        }
        assert!(rings.iter().all(|count| (500..1500).contains(count)), "{rings:?}");
    }
}
