//! [`Filter`]: which frames are wanted, in the language of tcpdump (pcap-filter(7)).
//!
//! The expression is compiled by libpcap, once for each link type that comes. The program is run here, by an interpreter that
//! bounds what it does.

use std::ffi::CString;
use std::fmt;

use crate::bpf::{Encoded, Malformed, Program};
use crate::libpcap::{self, Libpcap};
use crate::{Block, Frame};

/// LINKTYPE numbers whose frames libpcap knows under another number, that of its data link types.
const LINKTYPE_NULL: u16 = 0;
const LINKTYPE_BSD_RAW: u16 = 14;
const LINKTYPE_ATM_RFC1483: u16 = 100;
const LINKTYPE_RAW: u16 = 101;
const DLT_EN10MB: u16 = 1;
const DLT_ATM_RFC1483: u16 = 11;
const DLT_RAW: u16 = 12;
const DLT_LOOP: u16 = 108;

/// The instruction that returns a constant (`BPF_RET | BPF_K`).
#[cfg(target_os = "linux")]
const RETURN_CONSTANT: u16 = 0x06;

/// Takes frames out of blocks that an expression does not hold for.
///
/// ```no_run
/// use nfstream_capture::{Block, Captures, Filter, Input, Source};
///
/// let mut filter = Filter::new("tcp port 443")?;
/// let mut captures = Captures::open([Input::from("monday.pcap")])?;
/// let mut block = Block::default();
/// while captures.fill(&mut block)? {
///     let filtered = filter.apply(&mut block);
///     println!("{} frames, and {} that are not wanted", block.len(), filtered.packets);
///     if let Some(error) = filtered.error {
///         return Err(error.into());
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Filter {
    expression: CString,
    libpcap: &'static Libpcap,
    /// By data link type; `None` for one whose frames libpcap cannot judge by this expression.
    programs: Vec<(u16, Option<Program>)>,
}

/// What a filter took out of a block.
#[derive(Debug, Default)]
pub struct Filtered {
    /// Frames that were taken out.
    pub packets: u64,
    /// Their length on the wire.
    pub bytes: u64,
    /// Frames that were taken out because the expression says nothing of their link type, though of another's.
    pub not_judged: u64,
    /// Their length on the wire.
    pub not_judged_bytes: u64,
    /// The expression is none: no frame is in the block any more.
    pub error: Option<FilterError>,
}

/// Why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// libpcap is not installed.
    #[error(
        "a packet filter needs libpcap, which is not installed here; it comes with apt-get install libpcap0.8 (Debian, \
         Ubuntu), dnf install libpcap (Fedora), apk add libpcap (Alpine) or brew install libpcap (macOS)"
    )]
    NoLibpcap,
    /// The expression is none, or none for frames of a link type.
    #[error("filter \"{expression}\", for link type {link_type}: {message}")]
    Expression {
        /// The expression.
        expression: String,
        /// Link type of the frames, LINKTYPE registry of tcpdump.org.
        link_type: u16,
        /// What libpcap says of it.
        message: String,
    },
    /// There is a null byte in the expression.
    #[error("filter \"{0}\": an expression cannot contain a null byte")]
    NullByte(String),
}

impl Filter {
    /// A filter for frames that an expression of pcap-filter(7) holds for. It is compiled for Ethernet at once; an expression that
    /// is none there may be one for frames of another link type, which is seen when there are any.
    ///
    /// # Errors
    /// When libpcap is not there, or the expression contains a null byte.
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        let Some(c_expression) = libpcap::c_string(expression) else {
            return Err(FilterError::NullByte(expression.to_owned()));
        };
        let libpcap = Libpcap::load().ok_or(FilterError::NoLibpcap)?;
        let mut filter = Self { expression: c_expression, libpcap, programs: Vec::new() };
        if let Ok(program) = filter.compile(DLT_EN10MB) {
            filter.programs.push((DLT_EN10MB, Some(program)));
        }
        Ok(filter)
    }

    /// Takes the frames that are not wanted out of a block.
    pub fn apply(&mut self, block: &mut Block) -> Filtered {
        let mut filtered = Filtered::default();
        let mut last = None;
        block.retain(|frame| {
            if filtered.error.is_some() {
                return false;
            }
            let data_link = data_link(frame);
            let place = match last {
                Some((of, place)) if of == data_link => place,
                _ => match self.place(data_link, frame.link_type) {
                    Ok(place) => place,
                    Err(error) => {
                        filtered.error = Some(error);
                        return false;
                    }
                },
            };
            last = Some((data_link, place));
            let Some(program) = self.programs.get(place).and_then(|(_, program)| program.as_ref()) else {
                filtered.not_judged += 1;
                filtered.not_judged_bytes += u64::from(frame.wire_len);
                return false;
            };
            let accepted = program.accepts(frame.bytes, frame.wire_len);
            if !accepted {
                filtered.packets += 1;
                filtered.bytes += u64::from(frame.wire_len);
            }
            accepted
        });
        filtered
    }

    /// Where the program for a data link type is. It is compiled when it is needed first. An expression that is none for any link
    /// type so far is a mistake.
    fn place(&mut self, data_link: u16, link_type: u16) -> Result<usize, FilterError> {
        if let Some(place) = self.programs.iter().position(|(of, _)| *of == data_link) {
            return Ok(place);
        }
        let program = match self.compile(data_link) {
            Ok(program) => Some(program),
            Err(_) if self.programs.iter().any(|(_, program)| program.is_some()) => None,
            Err(message) => {
                let expression = self.expression.to_string_lossy().into_owned();
                return Err(FilterError::Expression { expression, link_type, message });
            }
        };
        self.programs.push((data_link, program));
        Ok(self.programs.len() - 1)
    }

    fn compile(&self, data_link: u16) -> Result<Program, String> {
        let encoded = self.libpcap.compile(&self.expression, data_link)?;
        Program::new(&encoded)
            .map_err(|Malformed(at)| format!("libpcap made a program of it that is malformed at {at}"))
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter").field("expression", &self.expression).finish_non_exhaustive()
    }
}

/// Compiles an expression for the kernel: what it returns for a frame is how many bytes of it are wanted.
#[cfg(target_os = "linux")]
pub(crate) fn compile(
    expression: &str,
    link_type: u16,
    snapshot_length: u32,
) -> Result<Vec<libc::sock_filter>, FilterError> {
    let Some(c_expression) = libpcap::c_string(expression) else {
        return Err(FilterError::NullByte(expression.to_owned()));
    };
    let libpcap = Libpcap::load().ok_or(FilterError::NoLibpcap)?;
    let data_link = if link_type == LINKTYPE_RAW { DLT_RAW } else { link_type };
    let encoded = libpcap.compile(&c_expression, data_link).map_err(|message| FilterError::Expression {
        expression: expression.to_owned(),
        link_type,
        message,
    })?;
    let limited = encoded.into_iter().map(|Encoded { code, jump_true, jump_false, k }| {
        let k = if code == RETURN_CONSTANT && k > 0 { snapshot_length } else { k };
        libc::sock_filter { code, jt: jump_true, jf: jump_false, k }
    });
    Ok(limited.collect())
}

/// Whether a kernel takes a program: it wants none that is longer than `BPF_MAXINSNS`, nor one that jumps back, as `protochain` does.
#[cfg(target_os = "linux")]
pub(crate) fn is_for_kernels(program: &[libc::sock_filter]) -> bool {
    let jumps_back = |instruction: &libc::sock_filter| {
        u32::from(instruction.code) == libc::BPF_JMP | libc::BPF_JA && instruction.k.cast_signed() < 0
    };
    program.len() <= libc::BPF_MAXINSNS as usize && !program.iter().any(jumps_back)
}

/// The program that takes so many bytes of every frame.
#[cfg(target_os = "linux")]
pub(crate) fn returns(length: u32) -> libc::sock_filter {
    libc::sock_filter { code: RETURN_CONSTANT, jt: 0, jf: 0, k: length }
}

/// The data link type that libpcap has for a frame.
fn data_link(frame: Frame<'_>) -> u16 {
    match frame.link_type {
        // An address family in the byte order of the machine that captured it; in network order that is the type LOOP.
        LINKTYPE_NULL if matches!(frame.bytes, [0, 0, ..]) => DLT_LOOP,
        LINKTYPE_ATM_RFC1483 => DLT_ATM_RFC1483,
        LINKTYPE_BSD_RAW | LINKTYPE_RAW => DLT_RAW,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

    use super::*;
    use crate::{Captures, Input, Source};

    const EXPRESSIONS: [&str; 22] = [
        "",
        "tcp",
        "tcp port 443",
        "udp and not port 53",
        "host 10.0.0.1",
        "src net 10.0.0.0/24 and dst portrange 1-1023",
        "ip6",
        "ip6 and tcp",
        "icmp or icmp6",
        "vlan",
        "vlan and tcp",
        "mpls and ip",
        "pppoes and ip",
        "greater 200",
        "less 100",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "ip[6:2] & 0x1fff != 0",
        "ip[8] % 7 = 1 or len / 3 > 40",
        "ip[2:2] - ((ip[0] & 0xf) << 2) > 100",
        "ip protochain 6",
        "ip6 protochain 17",
        "ip broadcast or ip multicast",
    ];

    /// The frames that are left, and what was taken out.
    fn filtered(captures: &mut Captures, filter: &mut Filter) -> (u64, u64, Option<FilterError>) {
        let (mut block, mut left, mut out) = (Block::default(), 0, 0);
        while captures.fill(&mut block).unwrap() {
            let filtered = filter.apply(&mut block);
            left += block.len() as u64;
            out += filtered.packets;
            if filtered.error.is_some() {
                return (left, out, filtered.error);
            }
        }
        (left, out, None)
    }

    fn open(path: &Path) -> Captures {
        Captures::open([Input::from(path)]).unwrap()
    }

    fn testdata() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
    }

    fn libpcap() -> Option<&'static Libpcap> {
        let libpcap = Libpcap::load();
        if libpcap.is_none() {
            nfstream_skip::skip(FilterError::NoLibpcap);
        }
        libpcap
    }

    #[test]
    fn frames_are_chosen_as_libpcap_chooses() {
        let Some(libpcap) = libpcap() else { return };
        let (mut taken, mut refused) = (0, 0);
        for entry in fs::read_dir(testdata()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "pcap") {
                continue;
            }
            for expression in EXPRESSIONS {
                let (mut captures, mut block) = (open(&path), Block::default());
                let mut filter = Filter::new(expression).unwrap();
                while captures.fill(&mut block).unwrap() {
                    let data_links: Vec<u16> = block.frames().map(data_link).collect();
                    let expected: Result<Vec<bool>, String> = (block.frames().zip(&data_links))
                        .map(|(frame, data_link)| {
                            let program =
                                libpcap.compile(&libpcap::c_string(expression).unwrap(), *data_link)?;
                            Ok(libpcap::oracle::run(&program, frame.bytes, frame.wire_len) > 0)
                        })
                        .collect();
                    let Ok(expected) = expected else {
                        let filtered = filter.apply(&mut block);
                        assert_eq!(filtered.error, None, "{}: {expression}", path.display());
                        assert!(filtered.not_judged > 0, "{}: {expression}", path.display());
                        refused += 1;
                        continue;
                    };
                    let all: Vec<Vec<u8>> = block.frames().map(|frame| frame.bytes.to_vec()).collect();
                    let filtered = filter.apply(&mut block);
                    let left: Vec<&[u8]> = block.frames().map(|frame| frame.bytes).collect();
                    let wanted: Vec<&[u8]> = all
                        .iter()
                        .zip(&expected)
                        .filter(|(_, wanted)| **wanted)
                        .map(|(bytes, _)| &bytes[..])
                        .collect();
                    assert_eq!(filtered.error, None, "{}: {expression}", path.display());
                    assert!(left == wanted, "{}: {expression}", path.display());
                    assert_eq!(left.len() as u64 + filtered.packets, all.len() as u64);
                    taken += left.len();
                }
            }
        }
        assert!(taken > 1000 && refused > 0, "{taken}, {refused}");
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_libpcap() {
        if libpcap().is_none() {
            return;
        }
        let web = testdata().join("web.pcap");
        let told = |expression: &str, path: &Path| {
            let (left, _, error) = filtered(&mut open(path), &mut Filter::new(expression).unwrap());
            assert_eq!(left, 0);
            error.unwrap().to_string()
        };
        let syntax = told("tcp prt 443", &web);
        assert!(syntax.starts_with("filter \"tcp prt 443\", for link type 1: "), "{syntax}");
        assert!(syntax.contains("syntax error"), "{syntax}");
        let wireless = told("wlan type mgt", &testdata().join("raw-ip.pcap"));
        assert!(wireless.contains("link type 101: "), "{wireless}");
        assert_eq!(Filter::new("tcp\0").unwrap_err(), FilterError::NullByte("tcp\0".to_owned()));
    }

    /// Programs with instructions of every class; jumps go forwards, because nothing ends a loop in libpcap.
    fn instructions() -> impl Strategy<Value = Vec<Encoded>> {
        let code = prop_oneof![
            prop::sample::select(vec![0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1]),
            prop::sample::select(vec![0x80, 0x00, 0x60, 0x81, 0x01, 0x61, 0x02, 0x03, 0x07, 0x87]),
            prop::sample::select(vec![0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x84, 0x94, 0xa4]),
            prop::sample::select(vec![0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0xac]),
            prop::sample::select(vec![0x05, 0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d, 0x16]),
            0..0x100_u16,
        ];
        let k = prop_oneof![0..16_u32, 0..70_u32, Just(0xffff), any::<u32>()];
        let instruction = (code, 0..4_u8, 0..4_u8, k).prop_map(|(code, jump_true, jump_false, k)| {
            let k = match code {
                // What the shift of a number by more than it has bits gives is not the same everywhere.
                0x05 => k % 4,
                0x64 | 0x74 => k % 32,
                _ => k,
            };
            Encoded { code, jump_true, jump_false, k }
        });
        let plain = |code, k| Encoded { code, jump_true: 0, jump_false: 0, k };
        prop::collection::vec(instruction, 0..24).prop_map(move |instructions| {
            // Memory is not set to anything in libpcap.
            let stores = (0..16).map(|place| plain(0x02, place));
            stores.chain(instructions).chain([plain(0x16, 0); 5]).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        #[test]
        fn programs_do_what_they_do_in_libpcap(
            encoded in instructions(),
            bytes in prop::collection::vec(any::<u8>(), 0..80),
            wire_len in 0..2000_u32,
        ) {
            if let (Some(_), Ok(program)) = (Libpcap::load(), Program::new(&encoded)) {
                let expected = libpcap::oracle::run(&encoded, &bytes, wire_len);
                prop_assert_eq!(program.accepts(&bytes, wire_len), expected > 0, "{:?}", encoded);
            }
        }
    }
}
