//! [`Filter`]: selects the wanted frames, in the language of tcpdump (pcap-filter(7)).
//!
//! libpcap compiles the expression, once for each link type that comes. An interpreter in this crate runs the program, and bounds
//! what it does.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::fmt;

use crate::bpf::{Encoded, Malformed, Program, RETURN_CONSTANT};
use crate::libpcap::{self, Libpcap};
use crate::shortened::shortened;
use crate::{Block, Frame, terms};

/// LINKTYPE numbers whose frames libpcap knows under another number, that of its data link types.
const LINKTYPE_NULL: u16 = 0;
const LINKTYPE_BSD_RAW: u16 = 14;
const LINKTYPE_ATM_RFC1483: u16 = 100;
const LINKTYPE_RAW: u16 = 101;
const DLT_EN10MB: u16 = 1;
const DLT_ATM_RFC1483: u16 = 11;
const DLT_RAW: u16 = 12;
const DLT_LOOP: u16 = 108;

/// Most terms that libpcap compiles in one, and most in each part of an expression with more.
const MOST_WHOLE: usize = 100;
const TOGETHER: usize = 20;

/// Words in libpcap's message about an expression that holds for no frame, and a program that takes none.
const REJECTS_ALL: &str = "rejects all packets";
const REJECT: [Encoded; 1] = [Encoded { code: RETURN_CONSTANT, jump_true: 0, jump_false: 0, k: 0 }];

/// A name that no protocol has. libpcap repeats it in its message.
const NO_PROTOCOL: &str = "nfstream-no-protocol";

/// Most characters of an expression that a message shows.
const LONGEST_SHOWN: usize = 200;

/// Removes frames from blocks if an expression does not hold for them.
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
    /// Programs by data link type; `None` if libpcap cannot judge frames of that type by this expression.
    programs: Vec<(u16, Option<Program>)>,
}

/// The frames that a filter removed from a block.
#[derive(Debug, Default)]
pub struct Filtered {
    /// Number of frames that were removed.
    pub packets: u64,
    /// Their length on the wire.
    pub bytes: u64,
    /// Number of frames that were removed because the expression is not valid for their link type, but is for another: by link
    /// type, LINKTYPE registry of tcpdump.org.
    pub not_judged: BTreeMap<u16, u64>,
    /// Their length on the wire.
    pub not_judged_bytes: u64,
    /// The expression is not valid: no frames are left in the block.
    pub error: Option<FilterError>,
}

/// The reason why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// libpcap is not installed, or too old.
    #[error(
        "a packet filter, or capture through libpcap, needs libpcap 1.5.1 or later, which is not installed here; install it \
         with apt-get install libpcap0.8 (Debian, Ubuntu), dnf install libpcap (Fedora), apk add libpcap (Alpine) or brew \
         install libpcap (macOS)"
    )]
    NoLibpcap,
    /// The expression is not valid, or not valid for frames of a link type.
    #[error("filter \"{}\", for link type {link_type}: {message}", shortened(expression, LONGEST_SHOWN))]
    Expression {
        /// The expression.
        expression: String,
        /// Link type of the frames, LINKTYPE registry of tcpdump.org.
        link_type: u16,
        /// The message of libpcap.
        message: String,
    },
    /// The expression contains a null byte.
    #[error("filter \"{}\": an expression cannot contain a null byte", shortened(_0, LONGEST_SHOWN))]
    NullByte(String),
}

impl Filter {
    /// Makes a filter for frames that an expression of pcap-filter(7) holds for. The expression is compiled for Ethernet at once.
    /// An expression that is not valid there may be valid for another link type; this is checked when such frames come.
    ///
    /// # Errors
    /// When libpcap is not installed, or the expression contains a null byte.
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

    /// Removes the frames that are not wanted from a block.
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
                *filtered.not_judged.entry(frame.link_type).or_default() += 1;
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

    /// The place of the program for a data link type. It is compiled when it is first needed. An expression that has not been
    /// valid for any link type so far is a mistake.
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
        let encoded = compile_for(self.libpcap, &self.expression, data_link)?;
        if encoded.iter().any(asks_the_kernel) {
            return Err("only the kernel knows the direction of a frame (inbound, outbound): a file does not have it, and the kernel \
                        cannot apply filters with vlan, with protochain, or of more than 4,096 instructions"
                .to_owned());
        }
        Program::new(&encoded)
            .map_err(|Malformed(at)| format!("libpcap compiled it to a program that is malformed at {at}"))
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter").field("expression", &self.expression).finish_non_exhaustive()
    }
}

/// Whether an instruction loads what is not in the frame: at these offsets Linux has the direction of a frame, among others
/// (`SKF_AD_OFF` in linux/filter.h).
fn asks_the_kernel(instruction: &Encoded) -> bool {
    const LOAD_ABSOLUTE: u16 = 0x20;
    const CLASS_AND_MODE: u16 = 0xe7;
    const NOT_IN_FRAME: u32 = 0xffff_f000;
    instruction.code & CLASS_AND_MODE == LOAD_ABSOLUTE && instruction.k >= NOT_IN_FRAME
}

/// Compiles an expression for frames of a data link type. libpcap's time grows with the cube of the number of terms, so libpcap gets
/// long expressions in parts.
fn compile_for(libpcap: &Libpcap, expression: &CStr, data_link: u16) -> Result<Vec<Encoded>, String> {
    let compile = |part: &str| match libpcap.compile(&libpcap::c_string(part)?, data_link) {
        Err(message) if message.contains(REJECTS_ALL) => Some(REJECT.to_vec()),
        program => program.ok(),
    };
    // libpcap reads all of an expression before the step that takes its time. A mistake at the end leaves out that step.
    let is_valid = |text: &str| {
        let probe = libpcap::c_string(&format!("({text}) and ether proto \\{NO_PROTOCOL}"));
        let read = probe.map(|probe| libpcap.compile(&probe, data_link));
        matches!(read, Some(Err(message)) if message.contains(NO_PROTOCOL))
    };
    let long =
        expression.to_str().ok().filter(|text| terms::are_more_than(MOST_WHOLE, text) && is_valid(text));
    // libpcap itself handles expressions that cannot be taken apart, and reports mistakes.
    long.and_then(|text| terms::compile(text, TOGETHER, compile))
        .map_or_else(|| libpcap.compile(expression, data_link), Ok)
}

/// Compiles an expression for a capture: the program returns how many bytes of a frame are wanted.
pub(crate) fn compile(
    expression: &str,
    link_type: u16,
    snapshot_length: u32,
) -> Result<Vec<Encoded>, FilterError> {
    let Some(c_expression) = libpcap::c_string(expression) else {
        return Err(FilterError::NullByte(expression.to_owned()));
    };
    let libpcap = Libpcap::load().ok_or(FilterError::NoLibpcap)?;
    let data_link = if link_type == LINKTYPE_RAW { DLT_RAW } else { link_type };
    let mut program = compile_for(libpcap, &c_expression, data_link).map_err(|message| {
        FilterError::Expression { expression: expression.to_owned(), link_type, message }
    })?;
    for instruction in &mut program {
        if instruction.code == RETURN_CONSTANT && instruction.k > 0 {
            instruction.k = snapshot_length;
        }
    }
    Ok(program)
}

/// A program in the kernel's form.
#[cfg(target_os = "linux")]
pub(crate) fn for_kernel(program: &[Encoded]) -> Vec<libc::sock_filter> {
    let encoded = |&Encoded { code, jump_true: jt, jump_false: jf, k }| libc::sock_filter { code, jt, jf, k };
    program.iter().map(encoded).collect()
}

/// The program that takes the first `length` bytes of every frame.
#[cfg(target_os = "linux")]
pub(crate) fn returns(length: u32) -> libc::sock_filter {
    libc::sock_filter { code: RETURN_CONSTANT, jt: 0, jf: 0, k: length }
}

/// The data link type that libpcap uses for a frame.
fn data_link(frame: Frame<'_>) -> u16 {
    match frame.link_type {
        // An address family in the byte order of the capturing machine. In network order, that is the type LOOP.
        LINKTYPE_NULL if matches!(frame.bytes, [0, 0, ..]) => DLT_LOOP,
        LINKTYPE_ATM_RFC1483 => DLT_ATM_RFC1483,
        LINKTYPE_BSD_RAW | LINKTYPE_RAW => DLT_RAW,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

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

    /// Number of frames that are left, and number of those that were removed.
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
                        assert!(!filtered.not_judged.is_empty(), "{}: {expression}", path.display());
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
        let long = told(&format!("{} or tcp prt 443", many(" or ", |n| format!("host 10.0.0.{n}"))), &web);
        assert!(long.starts_with("filter \"host 10.0.0.0 or host 10.0.0.1 or "), "{long}");
        assert!(long.contains('…') && long.ends_with("syntax error") && long.len() < 400, "{long}");
        let wireless = told("wlan type mgt", &testdata().join("raw-ip.pcap"));
        assert!(wireless.contains("link type 101: "), "{wireless}");
        assert_eq!(Filter::new("tcp\0").unwrap_err(), FilterError::NullByte("tcp\0".to_owned()));
        // A file has no direction.
        for expression in ["inbound", "not outbound", "udp or outbound"] {
            let direction = told(expression, &web);
            assert!(direction.contains(&format!("\"{expression}\", for link type 1: ")), "{direction}");
            assert!(
                direction.contains("only the kernel knows the direction of a frame")
                    || direction.contains("not supported"),
                "{direction}"
            );
        }
    }

    /// Stands in for the compiler, so that the test of taking expressions apart does not need libpcap.
    fn is_taken_apart(expression: &str) -> bool {
        const JUMP_IF_EQUAL: u16 = 0x15;
        let takes = Encoded { code: RETURN_CONSTANT, jump_true: 0, jump_false: 0, k: 1 };
        let program = [Encoded { code: JUMP_IF_EQUAL, jump_true: 0, jump_false: 1, k: 1 }, takes, REJECT[0]];
        terms::compile(expression, TOGETHER, |_| Some(program.to_vec())).is_some()
    }

    /// Fifty terms, each made from its number, joined.
    fn many(joint: &str, term: impl Fn(u8) -> String) -> String {
        (0..50).map(term).collect::<Vec<_>>().join(joint)
    }

    #[test]
    fn only_what_says_the_same_wherever_it_stands_is_taken_apart() {
        let hosts = many(" or ", |n| format!("host 10.0.0.{n}"));
        let addresses = many(" or ", |n| format!("10.0.0.{n}"));
        for apart in [
            hosts.clone(),
            hosts.replace(" or ", "||"),
            format!("tcp and not ({hosts})"),
            format!("host {addresses}"),
            format!("tcp and src host ({addresses})"),
            format!("tcp and (net ({addresses}) or (port 80 or 443))"),
            many(" and ", |n| format!("!src or dst host 10.0.0.{n}")),
            many(" or ", |n| format!("(ip[{n}] & 0xf) << 2 != 20&&ip[{n}:2]!=7")),
            many(" or ", |n| format!("net 10.{n}.0.0 mask 255.255.0.0")),
            many(" or ", |n| format!("host \\and and greater {n}")),
            many("||", |n| format!("ether proto \\ip and {n}<ip[{n}:1]")),
            many(" or ", |n| {
                format!("host ff::{n:x}or host ff:1:{n:x}::or ether host aa:bb:cc:dd:ee:{n:x}or tcp")
            }),
            many(" and ", |n| format!("ip[0]=ip[{n}]or wlan type mgt and ether multicast")),
            format!("net 10.0.0.0 mask 255.0.0.0 or {addresses}"),
            format!("host 10.0.0.1 or (tcp port 80 or udp) or {addresses}"),
            format!("host (10.0.0.1) or {addresses}"),
            format!("vlan 7 and ({hosts})"),
            format!("{hosts} or vlan or not mpls (7) and ({hosts})"),
            format!("not (geneve and ({hosts}))"),
            format!("{}{hosts}{}", "(".repeat(100_000), ")".repeat(100_000)),
            format!("{}udp{}", "tcp or (".repeat(100_000), ")".repeat(100_000)),
            format!("{}udp{}", "not (".repeat(100_000), format!(" or {hosts})").repeat(2))
                + &")".repeat(99_998),
        ] {
            assert!(is_taken_apart(&apart), "{apart}");
        }
        for whole in [
            // Only libpcap knows the qualifiers of these.
            addresses.clone(),
            format!("(host 10.0.0.1) or {addresses}"),
            // Each vlan moves all that follows; geneve only does if it is looked for.
            many(" or ", |n| format!("vlan {n}")),
            format!("tcp and geneve or {hosts}"),
            // These are not valid.
            format!("({hosts}"),
            format!("{hosts})"),
            format!("{hosts} or"),
            format!("or {hosts}"),
            format!("host ({addresses} or port 80)"),
            format!("tcp ({hosts})"),
            format!("less 100 or {addresses}"),
            format!("{hosts} \u{c} or tcp"),
            format!("{hosts} or tcp_"),
        ] {
            assert!(!is_taken_apart(&whole), "{whole}");
        }
    }

    #[test]
    fn expressions_of_thousands_of_terms_are_compiled() {
        if libpcap().is_none() {
            return;
        }
        let web = testdata().join("web.pcap");
        let chosen = |expression: &str| {
            let (left, out, error) = filtered(&mut open(&web), &mut Filter::new(expression).unwrap());
            assert_eq!(error, None);
            (left, out)
        };
        let hosts = |last: &str| {
            let others = (0..5000).map(|n| format!("host 172.16.{}.{}", n / 250, n % 250));
            others.chain([last.to_owned()]).collect::<Vec<_>>().join(" or ")
        };
        let expected = chosen("host 10.0.0.53");
        assert!(expected.0 > 0 && expected.1 > 0);
        assert_eq!(chosen(&hosts("host 10.0.0.53")), expected);
        assert_eq!(chosen(&format!("not ({})", hosts("host 10.0.0.53"))), (expected.1, expected.0));
        assert_eq!(chosen(&hosts("10.0.0.53").replace("or host ", "or ")), expected);
        // Deep in parentheses.
        let deep = format!("{}{}{}", "(".repeat(300), hosts("host 10.0.0.53"), ")".repeat(300));
        assert_eq!(chosen(&deep), expected);
        // No frame has a tag: the terms look where they are not.
        for moved in ["vlan", "vlan 7 and vlan", "mpls", "pppoes", "geneve"] {
            assert_eq!(
                chosen(&format!("{moved} and ({})", hosts("host 10.0.0.53"))),
                (0, expected.0 + expected.1)
            );
            assert_eq!(
                chosen(&format!("not ({moved}) or {}", hosts("host 10.0.0.53"))),
                (expected.0 + expected.1, 0)
            );
        }
        // A blank is missing before ||. libpcap tells it from a name at any length.
        let mistaken = hosts("ether proto \\ip||ip6");
        assert!(matches!(
            filtered(&mut open(&web), &mut Filter::new(&mistaken).unwrap()).2,
            Some(FilterError::Expression { message, .. }) if message.contains("ip||ip6")
        ));
    }

    /// Terms in an expression, and nested parentheses.
    fn expressions() -> impl Strategy<Value = String> {
        let term = prop_oneof![
            30 => prop::sample::select(vec![
                "udp",
                "tcp",
                "ip6",
                "icmp or icmp6",
                "greater 200",
                "len >= 0",
                "len < 0",
                "ip[8] > 60",
                "ip[300] = 7",
                "udp[40:2] > 7",
                "tcp[60] != 2",
                "ether[100:4] & 3 = 1",
                "ip6[70] > ip6[6]",
                "(ip[0] & 0xf) << 2 = 20",
                "ip[2:2] - ((ip[0] & 0xf) << 2) > 100",
                "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                "src or dst port 53",
                "src net 10.0.0.0/24",
                "port 80 or 443",
                "port 22 or not 443",
                "tcp dst port (53 or 443 or not 80)",
                "host 10.0.0.1 or (10.0.0.53 or 10.0.0.2) or udp",
                "ip proto \\tcp",
                "ip multicast",
            ])
            .prop_map(str::to_owned),
            3 => prop::sample::select(vec!["vlan", "vlan 100", "mpls", "pppoes"]).prop_map(str::to_owned),
            10 => (0..4_u8, 0..64_u8).prop_map(|(a, b)| format!("host 10.0.{a}.{b}")),
            10 => (0..1024_u16).prop_map(|port| format!("udp src port {port}")),
        ];
        let joined = |term: BoxedStrategy<String>, terms| {
            let joint = prop_oneof![8 => Just(" or "), 1 => Just("||"), 4 => Just(" and "), 1 => Just("&&")];
            prop::collection::vec((joint, prop::bool::weighted(0.3), term), terms).prop_map(|terms| {
                let written = |(at, (joint, negates, term)): (usize, (&str, bool, String))| {
                    format!("{}{}{term}", if at > 0 { joint } else { "" }, if negates { "not " } else { "" })
                };
                terms.into_iter().enumerate().map(written).collect::<String>()
            })
        };
        let inner = move |term| joined(term, 1..6).prop_map(|inner| format!("({inner})"));
        let terms = term.prop_recursive(3, 12, 4, move |term| inner(term.boxed()));
        joined(terms.boxed(), 4..12)
    }

    #[test]
    fn expressions_in_parts_choose_as_they_do_in_one() {
        let Some(libpcap) = libpcap() else { return };
        let mut frames: Vec<(Vec<u8>, u32)> = Vec::new();
        for name in ["web.pcap", "vlan.pcap", "dns.pcap", "http.pcap"] {
            let (mut captures, mut block) = (open(&testdata().join(name)), Block::default());
            while captures.fill(&mut block).unwrap() {
                for (at, frame) in block.frames().enumerate().filter(|(at, _)| at % 4 < 2) {
                    // Every second frame is cut.
                    let length =
                        if at % 2 == 0 { frame.bytes.len() } else { at * 7 % frame.bytes.len().min(120) };
                    frames.push((frame.bytes[..length].to_vec(), frame.wire_len));
                }
            }
        }
        let compile =
            |expression: &str| libpcap.compile(&libpcap::c_string(expression).unwrap(), DLT_EN10MB).ok();
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) };
        let (apart, different, unlike) = (Cell::new(0), Cell::new(0), Cell::new(0_usize));
        let compare = |expression: String| {
            // libpcap also calls it a mistake when no frame can pass.
            let (Some(whole), Some(parts)) = (compile(&expression), terms::compile(&expression, 3, compile))
            else {
                return Ok(());
            };
            let every = libpcap::c_string(&expression).unwrap();
            let every = libpcap::oracle::compile_every_load(libpcap, &every, DLT_EN10MB).unwrap();
            let [whole, parts, every] = [whole, parts, every].map(|program| Program::new(&program).unwrap());
            let (mut accepts, mut refuses) = (false, false);
            for (bytes, wire_len) in &frames {
                let [chosen, in_parts] = [&whole, &parts].map(|program| program.accepts(bytes, *wire_len));
                accepts |= chosen;
                refuses |= !chosen;
                if in_parts == chosen {
                    continue;
                }
                // libpcap's optimiser may drop other loads beyond the frame than it does in parts. It only drops those whose
                // result is the same for any bytes.
                let longer = [bytes, &[0; 400][..]].concat();
                prop_assert!(
                    !every.accepts(bytes, *wire_len) && every.accepts(&longer, *wire_len),
                    "{:02x?}",
                    bytes
                );
                unlike.set(unlike.get() + 1);
            }
            apart.set(apart.get() + 1);
            different.set(different.get() + u32::from(accepts && refuses));
            Ok(())
        };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(config, rng).run(&expressions(), compare).unwrap();
        assert!(apart.get() > 1000 && different.get() > 500, "{apart:?}, {different:?}");
        assert!(unlike.get() < apart.get() * frames.len() / 10, "{unlike:?} of {apart:?}");
    }

    /// Programs with instructions of every class. Jumps go forward, because nothing ends a loop in libpcap.
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
                // Shifting a number by more bits than it has does not give the same result everywhere.
                0x05 => k % 4,
                0x64 | 0x74 => k % 32,
                _ => k,
            };
            Encoded { code, jump_true, jump_false, k }
        });
        let plain = |code, k| Encoded { code, jump_true: 0, jump_false: 0, k };
        prop::collection::vec(instruction, 0..24).prop_map(move |instructions| {
            // libpcap does not initialize memory.
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
