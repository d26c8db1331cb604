//! Connections made by hand, and what the rules say of them.

use super::conversation::Conversation;
use super::gaps::Gaps;
use super::round_trips::RoundTrips;
use super::segment::{ACK, FIN, RST, SYN, Segment};
use super::side::Counts;
use crate::flow::Direction::{DstToSrc, SrcToDst};

/// Initial sequence numbers, near the point where they wrap.
const SOURCE: u32 = u32::MAX - 300;
const DESTINATION: u32 = u32::MAX - 5;

/// A segment of the source (`>`) or the destination (`<`), 100 microseconds after the one before. Words are letters of
/// flags and their numbers: `seq`, `ack` (relative to the initial sequence numbers), `len`, `win`, `us`.
fn conversation(script: &str) -> Conversation {
    let mut conversation: Option<Conversation> = None;
    let mut time = 1_000_000;
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let direction = if words.next() == Some(">") { SrcToDst } else { DstToSrc };
        let letters = words.next().unwrap();
        let flags = [('S', SYN), ('F', FIN), ('R', RST), ('A', ACK)];
        let flags = flags.iter().filter(|(letter, _)| letters.contains(*letter)).map(|(_, flag)| flag).sum();
        let (own, other) = if direction == SrcToDst { (SOURCE, DESTINATION) } else { (DESTINATION, SOURCE) };
        let mut segment = Segment::new(flags, own, 0, 0, 0);
        let words: Vec<_> = words.collect();
        let mut after = 100;
        for pair in words.chunks(2) {
            let number: u32 = pair[1].parse().unwrap();
            match pair[0] {
                "seq" => segment.sequence = own.wrapping_add(number),
                "ack" => segment.acknowledgment = other.wrapping_add(number),
                "len" => segment.length = number,
                "win" => segment.window = u16::try_from(number).unwrap(),
                "us" => after = u64::from(number),
                other => panic!("{other}"),
            }
        }
        time += after;
        segment.time = time * 1000;
        conversation.get_or_insert_with(|| Conversation::beginning(direction)).add(&segment, direction);
    }
    conversation.unwrap()
}

const HANDSHAKE: &str = "
    > S
    < SA ack 1
    > A seq 1 ack 1
";

/// Counts of both sides, by what they are called.
fn counts(conversation: &Conversation) -> [Vec<(&'static str, u32)>; 2] {
    [SrcToDst, DstToSrc].map(|direction| {
        let Counts {
            retransmitted,
            fast_retransmitted,
            spurious_retransmitted,
            out_of_order,
            duplicate_acks,
            keep_alives,
            zero_windows,
            window_fulls,
        } = conversation.side(direction).counts;
        let all = [
            ("retransmitted", retransmitted),
            ("fast", fast_retransmitted),
            ("spurious", spurious_retransmitted),
            ("out of order", out_of_order),
            ("duplicate", duplicate_acks),
            ("keep-alive", keep_alives),
            ("zero window", zero_windows),
            ("window full", window_fulls),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    })
}

/// Stream bytes, lost bytes and lost gaps of the source.
fn stream(conversation: &Conversation) -> (u64, u64, u64) {
    let side = conversation.side(SrcToDst);
    let lost = side.gaps.as_ref().map(|gaps| (gaps.bytes(), gaps.count())).unwrap_or_default();
    (side.stream_bytes, lost.0, lost.1)
}

#[test]
fn every_state_of_a_connection() {
    let data = "> A seq 1 ack 1 len 10\n< A seq 1 ack 11 len 20\n";
    let originator_closes = "> FA seq 11 ack 21\n";
    let responder_closes = "< FA seq 21 ack 12\n";
    for (script, state, history) in [
        (&["> S"][..], "S0", "S"),
        (&["> S\n", "> S"], "S0", "S"),
        (&[HANDSHAKE, data], "S1", "ShADd"),
        (&[HANDSHAKE, data, originator_closes, responder_closes, "> A seq 12 ack 22"], "SF", "ShADdFf"),
        (&[HANDSHAKE, data, originator_closes, responder_closes, "> R seq 12"], "SF", "ShADdFfR"),
        (&["> S\n", "< RA ack 1"], "REJ", "Sr"),
        (&["> S\n", "< RA ack 1\n", "> R seq 1"], "REJ", "SrR"),
        (&[HANDSHAKE, data, originator_closes], "S2", "ShADdF"),
        (&[HANDSHAKE, data, responder_closes], "S3", "ShADdf"),
        (&[HANDSHAKE, data, "> RA seq 11 ack 21"], "RSTO", "ShADdR"),
        (&[HANDSHAKE, data, responder_closes, "> R seq 12"], "RSTO", "ShADdfR"),
        (&[HANDSHAKE, data, "< RA seq 21 ack 11"], "RSTR", "ShADdr"),
        (&["> S\n", "> R seq 1"], "RSTOS0", "SR"),
        (&["< SA ack 1\n", "< R seq 1"], "RSTRH", "^hr"),
        (&["> S\n", "> FA seq 1"], "SH", "SF"),
        (&["< SA ack 1\n", "< FA seq 1 ack 1"], "SHR", "^hf"),
        (&[data], "OTH", "Dd"),
        (&["< SA ack 1"], "OTH", "^h"),
        // The SYN-ACK is captured before the SYN.
        (&["< SA ack 1\n", "> S\n", "> A seq 1 ack 1\n", data], "S1", "^hSADd"),
        (&["> SFA\n", "> SR\n", "> FR\n", "> FRA"], "RSTOS0", "QI"),
    ] {
        let script = script.concat();
        let conversation = conversation(&script);
        assert_eq!((conversation.conn_state(), conversation.history()), (state, history), "{script}");
    }
}

#[test]
fn history_counts_what_repeats_in_powers_of_ten() {
    let closed: String = "< A seq 1 ack 1 win 0\n".repeat(9);
    let again: String = "> A seq 1 ack 1 len 5\n".repeat(11);
    assert_eq!(conversation(&[HANDSHAKE, &closed].concat()).history(), "ShAaw");
    assert_eq!(conversation(&[HANDSHAKE, &closed, "< A seq 1 ack 1 win 0"].concat()).history(), "ShAaww");
    assert_eq!(conversation(&[HANDSHAKE, &again].concat()).history(), "ShADTT");
    let resets: String = (1..60).map(|number| format!("> R seq {number}\n")).collect();
    assert_eq!(conversation(&resets).history(), "R".repeat(31));
}

#[test]
fn segments_that_come_again() {
    // Within the round trip of the handshake, 200 microseconds.
    let lost = "> A seq 1 ack 1 len 100\n> A seq 201 ack 1 len 100 us 10\n";
    let late = conversation(&[HANDSHAKE, lost, "> A seq 101 ack 1 len 100 us 10"].concat());
    assert_eq!((counts(&late), stream(&late)), ([vec![("out of order", 1)], vec![]], (300, 0, 0)));

    let later = conversation(&[HANDSHAKE, lost, "> A seq 101 ack 1 len 100 us 900"].concat());
    assert_eq!((counts(&later), stream(&later)), ([vec![("retransmitted", 1)], vec![]], (300, 0, 0)));

    let asked = "< A seq 1 ack 101\n< A seq 1 ack 101\n< A seq 1 ack 101\n";
    let fast = conversation(&[HANDSHAKE, lost, asked, "> A seq 101 ack 1 len 100 us 900"].concat());
    let expected = [vec![("retransmitted", 1), ("fast", 1)], vec![("duplicate", 2)]];
    assert_eq!((counts(&fast), stream(&fast)), (expected, (300, 0, 0)));
    let slow = conversation(&[HANDSHAKE, lost, asked, "> A seq 101 ack 1 len 100 us 20000"].concat());
    assert_eq!(counts(&slow), [vec![("retransmitted", 1)], vec![("duplicate", 2)]]);

    let again = "> A seq 1 ack 1 len 100\n< A seq 1 ack 101\n> A seq 1 ack 1 len 100\n";
    let spurious = conversation(&[HANDSHAKE, again].concat());
    assert_eq!(counts(&spurious), [vec![("retransmitted", 1), ("spurious", 1)], vec![]]);
    assert_eq!((stream(&spurious), spurious.history()), ((100, 0, 0), "ShADaT"));

    let syns = conversation("> S\n> S us 1000000\n< SA ack 1");
    assert_eq!(counts(&syns), [vec![("retransmitted", 1)], vec![]]);
    assert_eq!((syns.syn_to_syn_ack(), syns.syn_ack_to_ack()), (Some(100_000), None));
}

#[test]
fn gaps_are_lost_unless_they_are_filled() {
    let lost = "> A seq 101 ack 1 len 100\n> A seq 301 ack 1 len 100\n";
    let open = conversation(&[HANDSHAKE, lost].concat());
    assert_eq!((stream(&open), open.history()), ((200, 200, 2), "ShAD"));
    // The receiver has what was not captured; the letter is that of the side whose data is missing.
    let captured = conversation(&[HANDSHAKE, lost, "< A seq 1 ack 401"].concat());
    assert_eq!((stream(&captured), captured.history()), ((200, 200, 2), "ShADaG"));
    let part = conversation(&[HANDSHAKE, lost, "> A seq 51 ack 1 len 200 us 9000"].concat());
    assert_eq!(stream(&part), (300, 100, 2));
}

#[test]
fn numbers_alone_are_no_bytes() {
    // Two SYN-ACKs with different numbers, before and after data.
    let first = "> S\n< SA seq 0 ack 1\n< SA seq 2000000000 ack 1\n> A seq 1 ack 2000000001\n";
    let answered = "> A seq 1 ack 2000000001 len 10\n< A seq 2000000001 ack 11 len 30\n";
    let both = conversation(&[first, answered, "< SA seq 700000000 ack 1"].concat());
    let side = both.side(DstToSrc);
    assert_eq!((side.stream_bytes, side.gaps.as_ref().map(|gaps| gaps.bytes())), (30, None));
    // A flow that begins within a connection has not lost what was before it.
    assert_eq!(stream(&conversation("> A seq 123456 ack 1 len 10\n> A seq 123466 ack 1 len 10")), (20, 0, 0));
    // So has one that begins with a keep-alive, or with an RST that has a number of its own.
    assert_eq!(stream(&conversation("> A seq 99 ack 1\n> A seq 100 ack 1 len 10")), (10, 0, 0));
    assert_eq!(stream(&conversation("> R seq 9000\n> A seq 10000 ack 1 len 10")), (10, 0, 0));
    // A FIN that comes late has a number, and is no byte.
    let fin = conversation(&[HANDSHAKE, "> A seq 2 ack 1\n> FA seq 1 ack 1 us 9000"].concat());
    assert_eq!(stream(&fin), (0, 0, 0));
    // Numbers further ahead than any window are of another stream.
    let far = conversation(&[HANDSHAKE, "> A seq 1 ack 1 len 5\n> A seq 1500000000 ack 1 len 5"].concat());
    assert_eq!(stream(&far), (10, 0, 0));
    // A new connection in the same flow.
    let anew = "> S seq 900000\n< SA seq 50 ack 900001\n> A seq 900001 ack 51 len 5";
    let two = conversation(&[HANDSHAKE, "> A seq 11 ack 1 len 5\n", anew].concat());
    assert_eq!((stream(&two), counts(&two)), ((10, 10, 1), [vec![], vec![]]));
}

#[test]
fn windows_and_keep_alives() {
    let data = "> A seq 1 ack 1 len 100\n< A seq 1 ack 101 win 50\n";
    let full = conversation(&[HANDSHAKE, data, "> A seq 101 ack 1 len 50"].concat());
    assert_eq!(counts(&full), [vec![("window full", 1)], vec![]]);

    // A byte into a closed window is a probe, is no retransmission, and counts once it is accepted.
    let closed = "< A seq 1 ack 101 win 0\n> A seq 101 ack 1 len 1\n< A seq 1 ack 101 win 0\n";
    let refused = conversation(&[HANDSHAKE, data, closed, "> A seq 101 ack 1 len 30"].concat());
    assert_eq!(counts(&refused), [vec![], vec![("zero window", 2)]]);
    assert_eq!(stream(&refused), (130, 0, 0));
    let accepted = conversation(&[HANDSHAKE, data, closed, "> A seq 102 ack 1 len 30"].concat());
    assert_eq!(stream(&accepted), (131, 0, 0));

    let kept = "> A seq 100 ack 1 us 9000\n< A seq 1 ack 101 win 50\n> A seq 100 ack 1 len 1 us 9000\n< A seq 1 ack 101 win 50";
    let alive = conversation(&[HANDSHAKE, data, kept].concat());
    assert_eq!(counts(&alive), [vec![("keep-alive", 2)], vec![]]);
    assert_eq!((stream(&alive), alive.history()), ((100, 0, 0), "ShADa"));
}

#[test]
fn times_of_the_handshake_and_of_round_trips() {
    let script = "
        > S
        < SA ack 1 us 3000
        > A seq 1 ack 1 us 500
        > A seq 1 ack 1 len 10
        > A seq 11 ack 1 len 10
        < A seq 1 ack 21 us 3000
        > A seq 21 ack 1 len 10
        > A seq 21 ack 1 len 10 us 9000
        < A seq 1 ack 31 us 3000
        > A seq 31 ack 1 len 10
        < A seq 1 ack 41 us 5000
    ";
    let conversation = conversation(script);
    let handshake = (conversation.syn_to_syn_ack(), conversation.syn_ack_to_ack());
    assert_eq!(handshake, (Some(3_000_000), Some(500_000)));
    let trips = conversation.side(SrcToDst).round_trips.as_ref().unwrap();
    let found = (trips.count, trips.min, trips.max, trips.mean());
    assert_eq!(found, (2, 3_000_000, 5_000_000, 4_000_000.0));
}

/// RFC 9293, figure 7: both sides send the SYN again with their acknowledgment. tshark counts the same.
#[test]
fn both_sides_may_open_a_connection() {
    let script = "
        > S
        < S us 900
        > SA ack 1 us 100
        < SA ack 1 us 1000
        > A seq 1 ack 1 us 500
        < A seq 1 ack 1 us 500
        > A seq 1 ack 1 len 10
    ";
    let conversation = conversation(script);
    let handshake = (conversation.syn_to_syn_ack(), conversation.syn_ack_to_ack());
    assert_eq!(handshake, (Some(2_000_000), Some(500_000)));
    let both = vec![("retransmitted", 1), ("duplicate", 1)];
    assert_eq!(counts(&conversation), [both.clone(), both]);
    assert_eq!(stream(&conversation), (10, 0, 0));
}

#[test]
fn a_connection_takes_as_little_memory_as_documented() {
    assert_eq!(conversation(HANDSHAKE).memory(), size_of::<Conversation>());
    let lost = "> A seq 1 ack 1 len 5\n> A seq 100 ack 1 len 5\n> A seq 200 ack 1 len 5";
    let beside = size_of::<RoundTrips>() + size_of::<Gaps>();
    let with_gaps = conversation(&[HANDSHAKE, lost].concat());
    assert_eq!(with_gaps.memory(), size_of::<Conversation>() + beside);
    let sizes = (size_of::<Conversation>(), size_of::<RoundTrips>(), size_of::<Gaps>());
    assert_eq!(sizes, (432, 240, 280));
}
