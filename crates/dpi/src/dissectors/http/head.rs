//! The head of an HTTP/1 message: request line or status line, then header fields. It is read as far as it came, and leniently:
//! clients and servers accept some errors, too.

use crate::dissect::{Reader, Short};

/// Methods by which a request line is recognised before its end (RFC 9110, section 9; RFC 4918, section 9; MS-RPCH, section
/// 2.1.2.1).
const METHODS: [&[u8]; 17] = [
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"PATCH",
    b"CONNECT",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"RPC_IN_DATA",
    b"RPC_OUT_DATA",
];

/// Greatest plausible length of a method.
const LONGEST_METHOD: usize = 24;

/// The first line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dissectors) enum Start<'a> {
    Request { method: &'a [u8], target: &'a [u8] },
    Response { status: &'a [u8] },
}

/// The head of a message, as far as it came.
#[derive(Clone, Copy, Debug)]
pub(in crate::dissectors) struct Head<'a> {
    pub(in crate::dissectors) start: Start<'a>,
    rest: &'a [u8],
}

/// The reason why there is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dissectors) enum NoHead {
    /// It is not an HTTP message.
    Other,
    /// It may become one.
    Short,
    /// It is a request whose first line has not ended.
    ShortRequest,
}

impl<'a> Head<'a> {
    pub(in crate::dissectors) fn read(payload: &'a [u8]) -> Result<Self, NoHead> {
        // RFC 9112, section 2.2: an empty line before a request is accepted.
        let payload = payload.strip_prefix(b"\r\n").unwrap_or(payload);
        let Some(first) = payload.first().filter(|first| first.is_ascii_uppercase()) else {
            return Err(NoHead::Other);
        };
        if *first == b'H' && b"HTTP/1.".starts_with(payload.get(..7).unwrap_or(payload)) {
            return Self::response(payload);
        }
        let mut reader = Reader::new(payload);
        let Ok(line) = reader.line() else { return Err(begun(payload)) };
        let start = request_line(line).ok_or(NoHead::Other)?;
        Ok(Self { start, rest: reader.rest() })
    }

    fn response(payload: &'a [u8]) -> Result<Self, NoHead> {
        let Some(start) = payload.get(..12) else { return Err(NoHead::Short) };
        match start {
            [.., b'0'..=b'9', b' ', a, b, c] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => {
                let mut reader = Reader::new(payload);
                let rest = reader.line().map_or(&b""[..], |_| reader.rest());
                Ok(Self { start: Start::Response { status: start.get(9..).unwrap_or_default() }, rest })
            }
            _ => Err(NoHead::Other),
        }
    }

    /// The complete header fields.
    pub(in crate::dissectors) fn fields(&self) -> Fields<'a> {
        Fields { reader: Reader::new(self.rest), ended: false }
    }
}

/// The possible meaning of a payload without the end of a line.
fn begun(payload: &[u8]) -> NoHead {
    let target = |method: &&[u8]| payload.strip_prefix(*method)?.strip_prefix(b" ");
    match METHODS.iter().find_map(target) {
        Some([b'/', ..]) => NoHead::ShortRequest,
        Some(target) if target.starts_with(b"http://") => NoHead::ShortRequest,
        Some([] | [b' ' | b'*', ..]) => NoHead::Short,
        Some(target) if b"http://".starts_with(target) || payload.starts_with(b"CONNECT ") => NoHead::Short,
        None if METHODS.iter().any(|method| method.starts_with(payload)) => NoHead::Short,
        _ => NoHead::Other,
    }
}

/// RFC 9112, section 3: `method target HTTP/1.x`. Several spaces are accepted; HTTP/0.9 has no version.
fn request_line(line: &[u8]) -> Option<Start<'_>> {
    let (method, rest) = line.split_at(line.iter().take(LONGEST_METHOD).position(|byte| *byte == b' ')?);
    let is_method = |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_');
    if method.is_empty() || !method.iter().all(is_method) {
        return None;
    }
    let rest = rest.trim_ascii();
    let version = rest.len().checked_sub(8)?;
    match rest.split_at_checked(version)? {
        (target, [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9']) if target.ends_with(b" ") => {
            Some(Start::Request { method, target: target.trim_ascii_end() })
        }
        _ => None,
    }
}

/// Iterates over header fields.
pub(in crate::dissectors) struct Fields<'a> {
    reader: Reader<'a>,
    ended: bool,
}

impl<'a> Fields<'a> {
    /// Whether the empty line that ends the head came.
    pub(in crate::dissectors) fn ended(&self) -> bool {
        self.ended
    }

    /// The bytes after it.
    pub(in crate::dissectors) fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let line = match self.reader.line() {
                Ok(line) => line,
                Err(Short) => return None,
            };
            self.ended = line.is_empty();
            if let Some(colon) = memchr::memchr(b':', line) {
                let (name, value) = line.split_at(colon);
                return Some((name, value.get(1..).unwrap_or_default().trim_ascii()));
            }
        }
        None
    }
}
