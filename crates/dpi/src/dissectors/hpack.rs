//! HPACK: the encoding of header fields in HTTP/2 (RFC 7541). Fields are in a static table, in a table that the connection fills, or
//! written out, possibly in a Huffman code.

use std::collections::VecDeque;

use crate::dissect::{Reader, Short};

/// Default size of the connection's table (RFC 9113, section 6.5.2).
const FIRST_SIZE: usize = 4096;

/// Greatest size of a table that is kept; a connection that uses more is not followed.
const LARGEST_SIZE: usize = 64 * 1024;

/// Size of a field besides its name and value (section 4.1).
const FIELD: usize = 32;

/// Greatest total size of the fields of a block: a block can name a long field of the table again and again.
const MOST: usize = 64 * 1024;

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: Box<[u8]>,
    pub(super) value: Box<[u8]>,
}

impl Field {
    fn size(&self) -> usize {
        self.name.len() + self.value.len() + FIELD
    }
}

/// A malformed block. Later blocks cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl From<Short> for Malformed {
    fn from(_: Short) -> Self {
        Self
    }
}

/// The table of one direction of a connection.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The newest first.
    table: VecDeque<Field>,
    size: usize,
    largest: usize,
    /// Fields of the table that were inserted before the first block were not seen.
    is_in_the_middle: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { table: VecDeque::new(), size: 0, largest: FIRST_SIZE, is_in_the_middle: false }
    }
}

impl Decoder {
    /// For a connection whose first blocks were not seen. Fields that only they contain have no name and no value.
    pub(super) fn in_the_middle() -> Self {
        Self { is_in_the_middle: true, ..Self::default() }
    }

    /// Bytes of memory besides the struct itself. The size of a field (RFC 7541, section 4.1) is about its memory.
    pub(super) fn memory(&self) -> usize {
        self.size + self.table.capacity() * size_of::<Field>()
    }

    /// Reads a block, which depends on every block before it.
    ///
    /// # Errors
    /// If the block is malformed; the fields before that are returned.
    pub(super) fn read(&mut self, block: &[u8], fields: &mut Vec<Field>) -> Result<(), Malformed> {
        let mut reader = Reader::new(block);
        let mut left = MOST;
        while let Some(first) = reader.rest().first() {
            let field = match first {
                0x80.. => self.known(integer(&mut reader, 7)?)?,
                0x40.. => {
                    let field = self.literal(&mut reader, 6)?;
                    self.insert(field.clone());
                    field
                }
                0x20.. => {
                    self.resize(integer(&mut reader, 5)?)?;
                    continue;
                }
                _ => self.literal(&mut reader, 4)?,
            };
            left = left.checked_sub(field.size()).ok_or(Malformed)?;
            fields.push(field);
        }
        Ok(())
    }

    /// A field by its index: the static table, then this one (section 2.3.3).
    fn known(&self, index: usize) -> Result<Field, Malformed> {
        let index = index.checked_sub(1).ok_or(Malformed)?;
        match STATIC.get(index) {
            Some((name, value)) => Ok(Field { name: (*name).into(), value: (*value).into() }),
            None => match self.table.get(index - STATIC.len()) {
                Some(field) => Ok(field.clone()),
                None if self.is_in_the_middle && index < LARGEST_SIZE / FIELD => {
                    Ok(Field { name: Box::default(), value: Box::default() })
                }
                None => Err(Malformed),
            },
        }
    }

    /// Section 6.2: a name by its index or written out, then a value.
    fn literal(&self, reader: &mut Reader<'_>, bits: u32) -> Result<Field, Malformed> {
        let name = match integer(reader, bits)? {
            0 => string(reader)?,
            index => self.known(index)?.name,
        };
        Ok(Field { name, value: string(reader)? })
    }

    /// Section 4.4: the oldest fields are evicted; a field larger than the table empties it.
    fn insert(&mut self, field: Field) {
        let size = field.size();
        self.shrink(self.largest.saturating_sub(size));
        if size <= self.largest {
            self.size += size;
            self.table.push_front(field);
        }
    }

    /// Section 6.3.
    fn resize(&mut self, largest: usize) -> Result<(), Malformed> {
        if largest > LARGEST_SIZE {
            return Err(Malformed);
        }
        self.largest = largest;
        self.shrink(largest);
        Ok(())
    }

    fn shrink(&mut self, size: usize) {
        while self.size > size {
            let Some(oldest) = self.table.pop_back() else { return };
            self.size -= oldest.size();
        }
    }
}

/// Section 5.1: the remaining bits of a byte; if all are set, seven more bits in each following byte.
fn integer(reader: &mut Reader<'_>, bits: u32) -> Result<usize, Malformed> {
    let most = (1_u8 << bits) - 1;
    let first = reader.u8()? & most;
    let mut value = usize::from(first);
    if first < most {
        return Ok(value);
    }
    for shift in [0, 7, 14] {
        let byte = reader.u8()?;
        value += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

/// Section 5.2.
fn string(reader: &mut Reader<'_>) -> Result<Box<[u8]>, Malformed> {
    let is_huffman = reader.rest().first().is_some_and(|first| first & 0x80 != 0);
    let length = integer(reader, 7)?;
    let bytes = reader.take(length)?;
    if is_huffman { huffman(bytes) } else { Ok(bytes.into()) }
}

/// Appendix B: the code is canonical: the codes of one length are consecutive numbers. Bits of a code are read until the number is
/// below the end of the range for that length.
fn huffman(bytes: &[u8]) -> Result<Box<[u8]>, Malformed> {
    let mut text = Vec::with_capacity(bytes.len() * 8 / 5);
    let mut code = Code::default();
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)) {
        let row = ROWS.get(code.length).copied().map_or(0, u32::from);
        code.number = code.number << 1 | u32::from(bit);
        code.first <<= 1;
        code.length += 1;
        let nth = code.number.checked_sub(code.first).ok_or(Malformed)?;
        if nth < row {
            // The last code is the end of the string, which is never written.
            text.push(*SYMBOLS.get(code.shorter + nth as usize).ok_or(Malformed)?);
            code = Code::default();
        } else {
            code.first += row;
            code.shorter += row as usize;
        }
    }
    let is_padding = code.length < 8 && code.number == (1 << code.length) - 1;
    if is_padding { Ok(text.into()) } else { Err(Malformed) }
}

/// The first bits of a code.
#[derive(Default)]
struct Code {
    number: u32,
    length: usize,
    /// The first code of its length.
    first: u32,
    /// Number of shorter codes.
    shorter: usize,
}

/// Number of codes of each length, from 1 bit to 30.
const ROWS: [u8; 30] =
    [0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4];

/// The meanings of the codes, in order.
const SYMBOLS: &[u8; 256] = b"\
    012aceiost %-./3456789=A_bdfghlmnpru:BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz&*,;XZ!\"()?'+|#>\0$@[]~^}<`{\\\xc3\xd0\
    \x80\x82\x83\xa2\xb8\xc2\xe0\xe2\x99\xa1\xa7\xac\xb0\xb1\xb3\xd1\xd8\xd9\xe3\xe5\xe6\x81\x84\x85\x86\x88\x92\
    \x9a\x9c\xa0\xa3\xa4\xa9\xaa\xad\xb2\xb5\xb9\xba\xbb\xbd\xbe\xc4\xc6\xe4\xe8\xe9\x01\x87\x89\x8a\x8b\x8c\x8d\
    \x8f\x93\x95\x96\x97\x98\x9b\x9d\x9e\xa5\xa6\xa8\xae\xaf\xb4\xb6\xb7\xbc\xbf\xc5\xe7\xef\x09\x8e\x90\x91\x94\
    \x9f\xab\xce\xd7\xe1\xec\xed\xc7\xcf\xea\xeb\xc0\xc1\xc8\xc9\xca\xcd\xd2\xd5\xda\xdb\xee\xf0\xf2\xf3\xff\xcb\
    \xcc\xd3\xd4\xd6\xdd\xde\xdf\xf1\xf4\xf5\xf6\xf7\xf8\xfa\xfb\xfc\xfd\xfe\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\
    \x0e\x0f\x10\x11\x12\x13\x14\x15\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f\xdc\xf9\x0a\x0d\x16";

/// Appendix A.
#[rustfmt::skip]
const STATIC: [(&[u8], &[u8]); 61] = [
    (b":authority", b""), (b":method", b"GET"), (b":method", b"POST"), (b":path", b"/"),
    (b":path", b"/index.html"), (b":scheme", b"http"), (b":scheme", b"https"), (b":status", b"200"),
    (b":status", b"204"), (b":status", b"206"), (b":status", b"304"), (b":status", b"400"),
    (b":status", b"404"), (b":status", b"500"), (b"accept-charset", b""),
    (b"accept-encoding", b"gzip, deflate"), (b"accept-language", b""), (b"accept-ranges", b""),
    (b"accept", b""), (b"access-control-allow-origin", b""), (b"age", b""), (b"allow", b""),
    (b"authorization", b""), (b"cache-control", b""), (b"content-disposition", b""), (b"content-encoding", b""),
    (b"content-language", b""), (b"content-length", b""), (b"content-location", b""), (b"content-range", b""),
    (b"content-type", b""), (b"cookie", b""), (b"date", b""), (b"etag", b""), (b"expect", b""),
    (b"expires", b""), (b"from", b""), (b"host", b""), (b"if-match", b""), (b"if-modified-since", b""),
    (b"if-none-match", b""), (b"if-range", b""), (b"if-unmodified-since", b""), (b"last-modified", b""),
    (b"link", b""), (b"location", b""), (b"max-forwards", b""), (b"proxy-authenticate", b""),
    (b"proxy-authorization", b""), (b"range", b""), (b"referer", b""), (b"refresh", b""), (b"retry-after", b""),
    (b"server", b""), (b"set-cookie", b""), (b"strict-transport-security", b""), (b"transfer-encoding", b""),
    (b"user-agent", b""), (b"vary", b""), (b"via", b""), (b"www-authenticate", b""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    fn read(decoder: &mut Decoder, block: &str) -> Result<String, Malformed> {
        let mut fields = Vec::new();
        decoder.read(&hex(block), &mut fields)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = fields.iter().map(|field| format!("{}: {}", text(&field.name), text(&field.value)));
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn requests_of_the_specification() {
        let first = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com";
        let second = format!("{first}\ncache-control: no-cache");
        let third = ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value";
        // Appendix C.3, then C.4.
        for blocks in [
            [
                "828684410f7777772e6578616d706c652e636f6d",
                "828684be58086e6f2d6361636865",
                "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
            ],
            [
                "828684418cf1e3c2e5f23a6ba0ab90f4ff",
                "828684be5886a8eb10649cbf",
                "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
            ],
        ] {
            let mut decoder = Decoder::default();
            let read = blocks.map(|block| read(&mut decoder, block));
            assert_eq!(read, [Ok(first.to_owned()), Ok(second.clone()), Ok(third.to_owned())]);
            assert_eq!((decoder.table.len(), decoder.size), (3, 164));
        }
    }

    #[test]
    fn what_is_old_makes_room() {
        // Appendix C.6, with a table of 256 bytes.
        let mut decoder = Decoder::default();
        let first = "3fe101 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3";
        assert_eq!(
            read(&mut decoder, first).as_deref(),
            Ok(
                ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com"
            )
        );
        assert_eq!(decoder.size, 222);
        assert_eq!(read(&mut decoder, "4883640effc1c0bf").map(|read| read.len()), Ok(105));
        assert_eq!(decoder.size, 222);
        assert_eq!(read(&mut decoder, "20"), Ok(String::new()));
        assert_eq!((decoder.table.len(), decoder.size), (0, 0));
        assert_eq!(read(&mut decoder, "be"), Err(Malformed));
    }

    #[test]
    fn refuses_what_is_malformed() {
        for block in [
            "80",
            "be",
            "ff8080808001",
            "0003",
            "00 8100 0161",
            "00 84ffffffff 0161",
            "3fffff7f",
            "00 82 1fff 0161",
        ] {
            assert_eq!(read(&mut Decoder::default(), block), Err(Malformed), "{block}");
        }
        // One long field, named over and over.
        let bomb = format!("40 0161 7fa11e {} {}", "61".repeat(4000), "be".repeat(17));
        assert_eq!(read(&mut Decoder::default(), &bomb), Err(Malformed));
    }
}
