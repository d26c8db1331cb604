//! Writes captures of every kind, and says what must be read from them.

use crate::Packet;

/// A capture, what is in it, and where its records begin.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) packets: Vec<Packet>,
    /// Where a record begins or the file ends, and how many packets are before.
    pub(crate) boundaries: Vec<(usize, usize)>,
    big_endian: bool,
}

impl Written {
    fn new(name: &'static str, big_endian: bool) -> Self {
        Self { name, bytes: Vec::new(), packets: Vec::new(), boundaries: Vec::new(), big_endian }
    }

    fn u16s(&mut self, values: &[u16]) -> &mut Self {
        for value in values {
            let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
            self.bytes.extend(bytes);
        }
        self
    }

    fn u32s(&mut self, values: &[u32]) -> &mut Self {
        for value in values {
            let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
            self.bytes.extend(bytes);
        }
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    fn boundary(&mut self) {
        self.boundaries.push((self.bytes.len(), self.packets.len()));
    }

    fn packet(&mut self, time_ns: u128, wire_len: u32, link_type: u16, bytes: &[u8]) {
        self.packets.push(Packet { time_ns, wire_len, link_type, bytes: bytes.to_vec() });
        self.boundary();
    }
}

pub(crate) const MICROSECONDS: u32 = 0xa1b2_c3d4;
pub(crate) const NANOSECONDS: u32 = 0xa1b2_3c4d;
pub(crate) const MODIFIED: u32 = 0xa1b2_cd34;

/// Writes a pcap file.
pub(crate) struct Pcap {
    pub(crate) written: Written,
    magic: u32,
    version: (u16, u16),
    snap_len: u32,
    network: u32,
}

impl Pcap {
    pub(crate) fn new(name: &'static str, big_endian: bool, magic: u32) -> Self {
        Self::with(name, big_endian, magic, (2, 4), 262_144, 1)
    }

    pub(crate) fn with(
        name: &'static str,
        big_endian: bool,
        magic: u32,
        version: (u16, u16),
        snap_len: u32,
        network: u32,
    ) -> Self {
        let mut written = Written::new(name, big_endian);
        written.u32s(&[magic]).u16s(&[version.0, version.1]).u32s(&[0, 0, snap_len, network]).boundary();
        Self { written, magic, version, snap_len, network }
    }

    pub(crate) fn record(&mut self, seconds: u32, fraction: u32, wire_len: u32, bytes: &[u8]) -> &mut Self {
        let captured = bytes.len() as u32;
        let lengths = if self.version < (2, 4) { [wire_len, captured] } else { [captured, wire_len] };
        self.written.u32s(&[seconds, fraction]).u32s(&lengths);
        if self.magic == MODIFIED {
            self.written.u32s(&[3]).u16s(&[0x0800]).bytes(&[4, 0]);
        }
        self.written.bytes(bytes);
        let scale = if self.magic == NANOSECONDS { 1 } else { 1000 };
        let time_ns = u128::from(seconds) * 1_000_000_000 + u128::from(fraction) * scale;
        let limit = if self.snap_len == 0 { usize::MAX } else { self.snap_len as usize };
        let kept = &bytes[..bytes.len().min(limit)];
        self.written.packet(time_ns, wire_len, self.network as u16, kept);
        self
    }
}

pub(crate) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(crate) const INTERFACE_DESCRIPTION: u32 = 1;
pub(crate) const OBSOLETE_PACKET: u32 = 2;
pub(crate) const SIMPLE_PACKET: u32 = 3;
pub(crate) const NAME_RESOLUTION: u32 = 4;
pub(crate) const ENHANCED_PACKET: u32 = 6;

/// Writes a pcapng file. What packets are to be read is for the caller to say.
pub(crate) struct Pcapng {
    pub(crate) written: Written,
}

impl Pcapng {
    pub(crate) fn new(name: &'static str, big_endian: bool) -> Self {
        let mut written = Written::new(name, big_endian);
        written.boundary();
        let mut file = Self { written };
        file.section(big_endian);
        file
    }

    pub(crate) fn section(&mut self, big_endian: bool) -> &mut Self {
        self.written.big_endian = big_endian;
        self.begin(SECTION_HEADER, 16);
        self.written.u32s(&[0x1a2b_3c4d]).u16s(&[1, 0]).u32s(&[u32::MAX, u32::MAX]);
        self.end(16);
        self.written.boundary();
        self
    }

    pub(crate) fn interface(&mut self, link_type: u16, snap_len: u32, options: &[(u16, &[u8])]) -> &mut Self {
        let length = 8 + options_length(options);
        self.begin(INTERFACE_DESCRIPTION, length);
        self.written.u16s(&[link_type, 0]).u32s(&[snap_len]);
        self.options(options).end(length);
        self.written.boundary();
        self
    }

    pub(crate) fn enhanced(&mut self, interface: u32, ticks: u64, packet: Packet) -> &mut Self {
        self.enhanced_with(interface, ticks, packet, &[])
    }

    pub(crate) fn enhanced_with(
        &mut self,
        interface: u32,
        ticks: u64,
        packet: Packet,
        options: &[(u16, &[u8])],
    ) -> &mut Self {
        let length = 20 + packet.bytes.len().next_multiple_of(4) + options_length(options);
        self.begin(ENHANCED_PACKET, length);
        self.written.u32s(&[interface]);
        self.packet(ticks, packet, |file| {
            file.options(options).end(length);
        })
    }

    pub(crate) fn obsolete(&mut self, interface: u16, ticks: u64, packet: Packet) -> &mut Self {
        let length = 20 + packet.bytes.len().next_multiple_of(4);
        self.begin(OBSOLETE_PACKET, length);
        self.written.u16s(&[interface, 7]);
        self.packet(ticks, packet, |file| file.end(length))
    }

    pub(crate) fn simple(&mut self, packet: Packet) -> &mut Self {
        let length = 4 + packet.bytes.len().next_multiple_of(4);
        self.begin(SIMPLE_PACKET, length);
        self.written.u32s(&[packet.wire_len]).bytes(&packet.bytes);
        self.pad().end(length);
        self.written.packets.push(packet);
        self.written.boundary();
        self
    }

    pub(crate) fn block(&mut self, block_type: u32, body: &[u8]) -> &mut Self {
        self.begin(block_type, body.len());
        self.written.bytes(body);
        self.end(body.len());
        self.written.boundary();
        self
    }

    /// Words that need not be a valid block; nothing is to be read from them.
    pub(crate) fn words(&mut self, words: &[u32]) -> &mut Self {
        self.written.u32s(words);
        self
    }

    fn packet(&mut self, ticks: u64, packet: Packet, end: impl FnOnce(&mut Self)) -> &mut Self {
        let captured = packet.bytes.len() as u32;
        self.written
            .u32s(&[(ticks >> 32) as u32, ticks as u32, captured, packet.wire_len])
            .bytes(&packet.bytes);
        self.pad();
        end(self);
        self.written.packets.push(packet);
        self.written.boundary();
        self
    }

    fn begin(&mut self, block_type: u32, body: usize) {
        self.written.u32s(&[block_type, body as u32 + 12]);
    }

    fn end(&mut self, body: usize) {
        self.written.u32s(&[body as u32 + 12]);
    }

    /// Blocks before are multiples of four, so the position in the file will do.
    fn pad(&mut self) -> &mut Self {
        let padded = self.written.bytes.len().next_multiple_of(4);
        self.written.bytes.resize(padded, 0xee);
        self
    }

    fn options(&mut self, options: &[(u16, &[u8])]) -> &mut Self {
        for (code, value) in options {
            self.written.u16s(&[*code, value.len() as u16]).bytes(value);
            self.pad();
        }
        if !options.is_empty() {
            self.written.u16s(&[0, 0]);
        }
        self
    }
}

fn options_length(options: &[(u16, &[u8])]) -> usize {
    let values: usize = options.iter().map(|(_, value)| 4 + value.len().next_multiple_of(4)).sum();
    values + if options.is_empty() { 0 } else { 4 }
}

/// A packet wholly captured, with bytes that tell it from others and that hardly compress.
pub(crate) fn packet(time_ns: u128, link_type: u16, length: usize) -> Packet {
    let scramble = |position: usize| ((position * length) as u32 ^ position as u32).wrapping_mul(0x9e37_79b1);
    let bytes: Vec<u8> = (0..length).map(|position| (scramble(position) >> 24) as u8).collect();
    Packet { time_ns, wire_len: length as u32, link_type, bytes }
}

/// One small capture of each kind.
pub(crate) fn every_kind() -> Vec<Written> {
    vec![
        pcap("pcap", false, MICROSECONDS),
        pcap("pcap, big-endian", true, MICROSECONDS),
        pcap("pcap, nanoseconds", false, NANOSECONDS),
        pcap("pcap, nanoseconds, big-endian", true, NANOSECONDS),
        pcap("pcap, modified", false, MODIFIED),
        pcap("pcap, modified, big-endian", true, MODIFIED),
        pcap_of_version("pcap 2.3, lengths swapped", (2, 3)),
        pcap_of_version("pcap 2.2", (2, 2)),
        pcap_with_frame_check_sequence(),
        pcap_beyond_snap_length(),
        Pcap::new("pcap without packets", false, MICROSECONDS).written,
        pcapng("pcapng", false),
        pcapng("pcapng, big-endian", true),
        pcapng_sections(),
        pcapng_clocks(),
        pcapng_old_packets(),
        Pcapng::new("pcapng without packets", true).written,
    ]
}

fn pcap(name: &'static str, big_endian: bool, magic: u32) -> Written {
    let mut file = Pcap::new(name, big_endian, magic);
    file.record(1_700_000_000, 999_999, 60, &[1; 60])
        .record(u32::MAX, u32::MAX, 1514, &[2; 99])
        .record(0, 0, 0, &[])
        .record(1_700_000_001, 7, 61, &packet(0, 0, 61).bytes);
    file.written
}

fn pcap_of_version(name: &'static str, version: (u16, u16)) -> Written {
    let mut file = Pcap::with(name, false, MICROSECONDS, version, 65_535, 113);
    file.record(1, 2, 90, &[3; 20]).record(2, 3, 30, &[4; 30]);
    file.written
}

fn pcap_with_frame_check_sequence() -> Written {
    let mut file = Pcap::with("pcap with FCS length", false, MICROSECONDS, (2, 4), 0, 0x2400_0069);
    file.record(1, 2, 33, &[3; 33]);
    file.written
}

fn pcap_beyond_snap_length() -> Written {
    let mut file = Pcap::with("pcap beyond its snap length", true, MICROSECONDS, (2, 4), 40, 1);
    file.record(1, 2, 90, &packet(0, 0, 80).bytes).record(1, 3, 20, &[4; 20]);
    file.written
}

fn pcapng(name: &'static str, big_endian: bool) -> Written {
    let time_us = 1_700_000_000_123_456;
    let mut file = Pcapng::new(name, big_endian);
    file.interface(1, 262_144, &[(2, b"eth0")])
        .enhanced(0, time_us, packet(u128::from(time_us) * 1000, 1, 61))
        .block(0x8000_0bad, &[9; 40])
        .enhanced_with(0, 5, packet(5_000, 1, 0), &[(1, b"nothing in it"), (2, &[0; 4])])
        // Longer than the interface's snap length: kept whole, though libpcap stops at such a packet.
        .interface(101, 16, &[])
        .enhanced(1, time_us + 1, packet(u128::from(time_us + 1) * 1000, 101, 42))
        .block(NAME_RESOLUTION, &[0; 4])
        .enhanced(0, u64::MAX, Packet { wire_len: 9000, ..packet(u128::from(u64::MAX) * 1000, 1, 14) });
    file.written
}

fn pcapng_sections() -> Written {
    let mut file = Pcapng::new("pcapng, sections of both byte orders", false);
    file.interface(1, 0, &[])
        .interface(113, 0, &[])
        .enhanced(1, 1, packet(1_000, 113, 20))
        .section(true)
        .interface(101, 0, &[])
        .enhanced(0, 2, packet(2_000, 101, 21))
        .section(false)
        .section(true)
        .interface(276, 0, &[(9, &[9])])
        .enhanced(0, 3, packet(3, 276, 22));
    file.written
}

fn pcapng_clocks() -> Written {
    let mut file = Pcapng::new("pcapng, clocks", true);
    file.interface(1, 0, &[(9, &[3])])
        .interface(1, 0, &[(9, &[9]), (14, &(-1i64).to_be_bytes())])
        .interface(1, 0, &[(14, &10i64.to_be_bytes()), (9, &[0x80 | 10])])
        .enhanced(0, 1_700_000_000_123, packet(1_700_000_000_123_000_000, 1, 1))
        .enhanced(1, 1_000_000_007, packet(7, 1, 2))
        .enhanced(2, 1024 + 1, packet(11_000_976_562, 1, 3));
    file.written
}

fn pcapng_old_packets() -> Written {
    let mut file = Pcapng::new("pcapng, simple and obsolete packets", false);
    file.interface(105, 24, &[])
        .interface(1, 0, &[])
        .simple(packet(0, 105, 23))
        .obsolete(1, 4, packet(4_000, 1, 30))
        .simple(Packet { wire_len: 100, ..packet(4_000, 105, 24) })
        .section(true)
        .interface(1, 0, &[])
        .simple(packet(0, 1, 30));
    file.written
}

/// A capture with packets of all lengths, so that the ends of buffers come everywhere in a record.
pub(crate) fn many_packets(packets: usize) -> Written {
    let mut file = Pcap::new("pcap of many packets", false, NANOSECONDS);
    for number in 0..packets {
        let length = number * 37 % 1500;
        file.record(number as u32, 5, length as u32, &packet(0, 0, length).bytes);
    }
    file.written
}
