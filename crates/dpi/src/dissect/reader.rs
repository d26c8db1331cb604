//! A bounded reader for untrusted bytes: every read reports whether the bytes were there.

/// An error: the bytes end too early for the read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short;

/// Reads from the front of a slice. Numbers are in network byte order unless a name ends in `_le`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of the bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes that have not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Number of bytes that have not been read.
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether all bytes have been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next bytes.
    ///
    /// # Errors
    /// Fewer are left. None of them is taken then.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Short> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Passes over bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Short> {
        self.take(count).map(|_| ())
    }

    /// A byte.
    ///
    /// # Errors
    /// None is left.
    pub(crate) fn u8(&mut self) -> Result<u8, Short> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn u16(&mut self) -> Result<u16, Short> {
        self.array().map(u16::from_be_bytes)
    }

    /// Three bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn u24(&mut self) -> Result<u32, Short> {
        self.array::<3>().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Four bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn u32(&mut self) -> Result<u32, Short> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn u64(&mut self) -> Result<u64, Short> {
        self.array().map(u64::from_be_bytes)
    }

    /// Two bytes, the low one first.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn u16_le(&mut self) -> Result<u16, Short> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, the low one first.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn u32_le(&mut self) -> Result<u32, Short> {
        self.array().map(u32::from_le_bytes)
    }

    /// A reader over the next bytes. The byte before them gives their number.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn block8(&mut self) -> Result<Self, Short> {
        let length = self.u8()?;
        self.take(length.into()).map(Self::new)
    }

    /// A reader over the next bytes. The two bytes before them give their number.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn block16(&mut self) -> Result<Self, Short> {
        let length = self.u16()?;
        self.take(length.into()).map(Self::new)
    }

    /// A reader over the next bytes. The three bytes before them give their number.
    ///
    /// # Errors
    /// Fewer are left.
    pub(crate) fn block24(&mut self) -> Result<Self, Short> {
        let length = self.u24()?;
        self.take(length as usize).map(Self::new)
    }

    /// The bytes up to the end of the line, which is passed over. `\r\n` and `\n` end a line and are not part of it.
    ///
    /// # Errors
    /// The line has no end yet.
    pub(crate) fn line(&mut self) -> Result<&'a [u8], Short> {
        let end = memchr::memchr(b'\n', self.rest).ok_or(Short)?;
        let line = self.take(end)?;
        self.skip(1)?;
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_says_when_there_is_too_little() {
        let mut reader = Reader::new(&[1, 2, 3, 0, 1, 0, 2, b'h', b'i', b'l', b'\r', b'\n', 9]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16_le(), Ok(0x0302));
        assert_eq!(reader.u16(), Ok(1));
        assert_eq!(reader.block16().map(|block| block.rest()), Ok(&b"hi"[..]));
        assert_eq!(reader.line(), Ok(&b"l"[..]));
        assert_eq!((reader.u32(), reader.line(), reader.len()), (Err(Short), Err(Short), 1));
        assert_eq!((reader.block8().map(|_| ()), reader.len()), (Err(Short), 0));
    }
}
