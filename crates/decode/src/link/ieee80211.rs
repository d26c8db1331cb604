//! IEEE 802.11 MAC headers of data frames (IEEE 802.11 clause 9.3.2).

/// Bytes up to the sequence control field.
pub(crate) const LEN: usize = 24;

const ADDRESS_4_LEN: usize = 6;
/// Bytes of the `QoS` control field.
pub(crate) const QOS_CONTROL_LEN: usize = 2;
const HT_CONTROL_LEN: usize = 4;

/// Frame control, duration, three addresses, sequence control.
pub(crate) struct Header<'a>(&'a [u8; LEN]);

impl<'a> Header<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// Whether the frame is of type data, whatever its subtype.
    pub(crate) fn is_data(&self) -> bool {
        self.0[0] & 0x0c == 0x08
    }

    /// Whether the subtype is one of those without data.
    pub(crate) fn is_null(&self) -> bool {
        self.0[0] & 0x40 != 0
    }

    /// Whether the body is encrypted.
    pub(crate) fn is_protected(&self) -> bool {
        self.0[1] & 0x40 != 0
    }

    pub(crate) fn enters_distribution_system(&self) -> bool {
        self.0[1] & 0x01 != 0
    }

    pub(crate) fn leaves_distribution_system(&self) -> bool {
        self.0[1] & 0x02 != 0
    }

    fn address_1(&self) -> [u8; 6] {
        self.address(4)
    }

    pub(crate) fn address_2(&self) -> [u8; 6] {
        self.address(10)
    }

    pub(crate) fn address_3(&self) -> [u8; 6] {
        self.address(16)
    }

    /// Bytes of the whole header, with fourth address, `QoS` control and HT control if the frame has them.
    pub(crate) fn len(&self) -> usize {
        let address_4 = if self.has_address_4() { ADDRESS_4_LEN } else { 0 };
        let qos = self.0[0] & 0x80 != 0;
        let ht = qos && self.0[1] & 0x80 != 0;
        LEN + address_4 + if qos { QOS_CONTROL_LEN } else { 0 } + if ht { HT_CONTROL_LEN } else { 0 }
    }

    fn has_address_4(&self) -> bool {
        self.enters_distribution_system() && self.leaves_distribution_system()
    }

    /// Returns the addresses of sender and receiver (IEEE 802.11 table 9-60); `None` when a fourth address was cut off.
    pub(crate) fn source_and_destination(&self, frame: &[u8]) -> Option<([u8; 6], [u8; 6])> {
        match (self.enters_distribution_system(), self.leaves_distribution_system()) {
            (false, false) => Some((self.address_2(), self.address_1())),
            (false, true) => Some((self.address_3(), self.address_1())),
            (true, false) => Some((self.address_2(), self.address_3())),
            (true, true) => Some((*frame.get(LEN..)?.first_chunk()?, self.address_3())),
        }
    }

    fn address(&self, at: usize) -> [u8; 6] {
        std::array::from_fn(|i| self.0[at + i])
    }
}
