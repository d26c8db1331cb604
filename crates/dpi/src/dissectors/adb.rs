//! ADB: Android Debug Bridge (Android Open Source Project, adb: protocol.txt, SERVICES.TXT, and the notes on TLS). Messages of 24
//! bytes, whose last word is the complement of the first, with data behind them; after STLS in both directions, TLS. Also the
//! requests to the server on the developer's machine: four hexadecimal digits of length, and the name of a service.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::{Tunnel, inspect_within};
use crate::vocabulary::labels;

/// Length of a message without its data.
const HEADER: usize = 24;

/// Greatest length of data that a device may announce: 1 MiB.
const LONGEST_DATA: u32 = 1 << 20;

pub(super) struct Adb;

/// The progress of a connection.
#[derive(Default)]
pub(crate) struct State {
    is_recognised: bool,
    tls: Tunnel,
}

impl Dissector for Adb {
    const META: Meta = Meta::tcp(labels::ADB)
        .ports(&[5555, 5037])
        .starts_with(&[
            b"SYNC", b"CNXN", b"OPEN", b"OKAY", b"CLSE", b"WRTE", b"AUTH", b"STLS", b"000", b"001", b"002", b"003", b"004",
        ])
        .max_segments(2)
        .specification("Android Open Source Project, adb: protocol.txt, SERVICES.TXT");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(verdict) = inspect_within(&mut state.tls, segment, found, labels::ADB) {
            return verdict;
        }
        if segment.payload.first() == Some(&b'0') && !state.is_recognised {
            return segment.matched_if(is_request(segment.reader()));
        }
        match command(segment.reader()) {
            Ok(Some(Command::Connect)) => {
                state.is_recognised = true;
                Verdict::Matched(Then::Wait)
            }
            Ok(Some(Command::StartTls)) => {
                state.tls = Tunnel::AskedFor;
                state.is_recognised = true;
                Verdict::Matched(Then::Wait)
            }
            Ok(Some(Command::Other)) => Verdict::DONE,
            // Data of a message, or the client's hello.
            _ if matches!(state.tls, Tunnel::AskedFor) && segment.payload.starts_with(&[0x16, 0x03]) => {
                state.tls.open();
                inspect_within(&mut state.tls, segment, found, labels::ADB).unwrap_or(Verdict::DONE)
            }
            _ if state.is_recognised => Verdict::Matched(Then::Wait),
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    /// The first messages: systems present themselves. TLS may follow.
    Connect,
    StartTls,
    Other,
}

/// The header of a message: command, two arguments, length of the data, its checksum, the command's complement.
fn command(mut reader: Reader<'_>) -> Result<Option<Command>, Short> {
    let mut header = Reader::new(reader.take(HEADER)?);
    let name = header.array::<4>()?;
    header.skip(8)?;
    let length = header.u32_le()?;
    header.skip(4)?;
    let is_complement = header.array::<4>()? == name.map(|byte| !byte);
    if !is_complement || length > LONGEST_DATA {
        return Ok(None);
    }
    Ok(match &name {
        b"CNXN" => Some(Command::Connect),
        b"STLS" => Some(Command::StartTls),
        b"SYNC" | b"OPEN" | b"OKAY" | b"CLSE" | b"WRTE" | b"AUTH" => Some(Command::Other),
        _ => None,
    })
}

/// A request for a service of the server, and nothing else.
fn is_request(mut reader: Reader<'_>) -> Result<bool, Short> {
    let digits = reader.array::<4>()?;
    let length = digits.iter().try_fold(0_usize, |length, digit| {
        Some(length << 4 | char::from(*digit).to_digit(16)? as usize)
    });
    let Some(length) = length.filter(|length| (8..0x400).contains(length)) else { return Ok(false) };
    let rest = reader.rest();
    let names = [&b"host:"[..], b"host-serial:", b"host-usb:", b"host-local:", b"host-transport-id:"];
    if !names.iter().any(|name| rest.starts_with(name) || name.starts_with(rest)) {
        return Ok(false);
    }
    let service = reader.take(length)?;
    Ok(reader.is_empty() && service.iter().all(u8::is_ascii_graphic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::tests::hello_record;
    use crate::testing::{Exchange, assert_named};

    fn message(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let sum: u32 = data.iter().map(|byte| u32::from(*byte)).sum();
        let words = [0x0100_0001, 0x0010_0000, data.len() as u32, sum];
        let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        [&name[..], &words, &name.map(|byte| !byte), data].concat()
    }

    #[test]
    fn recognised_by_a_message() {
        let connect = message(b"CNXN", b"host::features=shell_v2,cmd");
        let device = message(b"CNXN", b"device::ro.product.name=a;");
        let exchange = Exchange::tcp(40555).client(&connect).server(device).client(message(b"OPEN", b"shell:\0"));
        assert_named(&exchange, labels::ADB);
        exchange.assert_cuts_do_not_matter();
        let (header, data) = connect.split_at(HEADER);
        assert_named(&Exchange::tcp(40555).client(header).client(data), labels::ADB);
        assert_named(&Exchange::tcp(40555).server(message(b"WRTE", &[0x5a; 90])), labels::ADB);
        let mut other = connect;
        other[20] ^= 1;
        assert_eq!(Exchange::tcp(5555).client(other).verdict_of::<Adb>(), Verdict::Excluded);
    }

    #[test]
    fn tls_follows() {
        let tls = Exchange::tcp(40555)
            .client(message(b"CNXN", b"host::"))
            .server(message(b"STLS", b""))
            .client(message(b"STLS", b""))
            .client(hello_record("adb.example"));
        assert_named(&tls, labels::ADB);
        assert_eq!(tls.outcome().server_name(), "adb.example");
        tls.assert_cuts_do_not_matter();
    }

    #[test]
    fn requests_to_the_server() {
        let exchange = Exchange::tcp(5037).client("000chost:version").server("OKAY00040029");
        assert_named(&exchange, labels::ADB);
        exchange.assert_cuts_do_not_matter();
        for other in ["000dhost:version", "000chosts:versio", "0zz0host:version", "000chost:versi\0n", "000chost:version1"] {
            assert_ne!(Exchange::tcp(5037).client(other).name(), "ADB", "{other}");
        }
    }
}
