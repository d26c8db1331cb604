//! Classic BPF programs (the BSD Packet Filter, USENIX winter 1993): checked once, then run over frames.

/// Number of words of scratch memory.
const MEMORY: usize = 16;

/// Most backward jumps in one run. Only `protochain` makes them, one for each header of a chain. Headers have at least eight bytes, and
/// frames at most 262,144.
const MOST_JUMPS_BACK: u32 = 32_768;

/// Operation codes: a jump (`BPF_JMP | BPF_JA`), and the return of a constant (`BPF_RET | BPF_K`) and of a register (`BPF_RET | BPF_A`).
pub(crate) const JUMP: u16 = 0x05;
pub(crate) const RETURN_CONSTANT: u16 = 0x06;
pub(crate) const RETURN_A: u16 = 0x16;

/// An instruction as compilers and kernels encode it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Encoded {
    pub(crate) code: u16,
    pub(crate) jump_true: u8,
    pub(crate) jump_false: u8,
    pub(crate) k: u32,
}

/// A program that terminates for every frame.
#[derive(Debug)]
pub(crate) struct Program(Box<[Instruction]>);

/// The error for a malformed program: the position of an invalid instruction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) usize);

#[derive(Clone, Copy, Debug)]
enum Instruction {
    Load(Size, u32),
    LoadIndirect(Size, u32),
    LoadLength,
    LoadConstant(u32),
    LoadMemory(usize),
    LoadXLength,
    LoadXConstant(u32),
    LoadXMemory(usize),
    /// The length of the IPv4 header that begins at an offset.
    LoadXHeaderLength(u32),
    Store(usize),
    StoreX(usize),
    Arithmetic(Operation, Operand),
    Negate,
    Jump(usize),
    JumpBack(usize),
    JumpIf(Condition, Operand, usize, usize),
    Return(u32),
    ReturnA,
    CopyAToX,
    CopyXToA,
}

#[derive(Clone, Copy, Debug)]
enum Size {
    Word,
    HalfWord,
    Byte,
}

#[derive(Clone, Copy, Debug)]
enum Operand {
    K(u32),
    X,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
    ExclusiveOr,
    ShiftLeft,
    ShiftRight,
}

#[derive(Clone, Copy, Debug)]
enum Condition {
    Equal,
    Greater,
    GreaterOrEqual,
    AnyBit,
}

impl Program {
    /// Checks that every instruction is valid, that jumps stay inside, and that the program cannot run past its end.
    pub(crate) fn new(encoded: &[Encoded]) -> Result<Self, Malformed> {
        let length = encoded.len();
        let decode = |(position, encoded): (usize, &Encoded)| {
            Instruction::decode(*encoded, position)
                .filter(|instruction| instruction.stays_in(length))
                .ok_or(Malformed(position))
        };
        let instructions: Box<[Instruction]> =
            encoded.iter().enumerate().map(decode).collect::<Result<_, _>>()?;
        match instructions.last() {
            Some(Instruction::Return(_) | Instruction::ReturnA) => Ok(Self(instructions)),
            _ => Err(Malformed(length)),
        }
    }

    /// Whether the program takes a frame: it returns a number of bytes that is not zero.
    pub(crate) fn accepts(&self, bytes: &[u8], wire_len: u32) -> bool {
        self.run(bytes, wire_len).is_some_and(|length| length > 0)
    }

    /// `None` when an instruction fails: it reads bytes that were not captured, or divides by zero.
    fn run(&self, bytes: &[u8], wire_len: u32) -> Option<u32> {
        let (mut a, mut x, mut memory) = (0_u32, 0_u32, [0_u32; MEMORY]);
        let (mut next, mut jumps_back) = (0, 0);
        loop {
            let instruction = *self.0.get(next)?;
            next += 1;
            match instruction {
                Instruction::Load(size, k) => a = load(bytes, size, k as usize)?,
                Instruction::LoadIndirect(size, k) => {
                    a = load(bytes, size, (x as usize).checked_add(k as usize)?)?;
                }
                Instruction::LoadLength => a = wire_len,
                Instruction::LoadConstant(k) => a = k,
                Instruction::LoadMemory(place) => a = *memory.get(place)?,
                Instruction::LoadXLength => x = wire_len,
                Instruction::LoadXConstant(k) => x = k,
                Instruction::LoadXMemory(place) => x = *memory.get(place)?,
                Instruction::LoadXHeaderLength(k) => x = 4 * (load(bytes, Size::Byte, k as usize)? & 0xf),
                Instruction::Store(place) => *memory.get_mut(place)? = a,
                Instruction::StoreX(place) => *memory.get_mut(place)? = x,
                Instruction::Arithmetic(operation, operand) => a = operation.of(a, operand.value(x))?,
                Instruction::Negate => a = a.wrapping_neg(),
                Instruction::Jump(to) => next = to,
                Instruction::JumpBack(to) => {
                    jumps_back += 1;
                    if jumps_back > MOST_JUMPS_BACK {
                        return None;
                    }
                    next = to;
                }
                Instruction::JumpIf(condition, operand, yes, no) => {
                    next = if condition.holds(a, operand.value(x)) { yes } else { no };
                }
                Instruction::Return(length) => return Some(length),
                Instruction::ReturnA => return Some(a),
                Instruction::CopyAToX => x = a,
                Instruction::CopyXToA => a = x,
            }
        }
    }
}

/// Reads a number in network byte order.
#[inline]
fn load(bytes: &[u8], size: Size, offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..)?;
    Some(match size {
        Size::Word => u32::from_be_bytes(*bytes.first_chunk()?),
        Size::HalfWord => u16::from_be_bytes(*bytes.first_chunk()?).into(),
        Size::Byte => (*bytes.first()?).into(),
    })
}

impl Instruction {
    /// The meaning of an instruction at a position, with absolute jumps.
    fn decode(encoded: Encoded, position: usize) -> Option<Self> {
        let Encoded { code, k, .. } = encoded;
        let place = || usize::try_from(k).ok().filter(|place| *place < MEMORY);
        Some(match code {
            0x00 => Self::LoadConstant(k),
            0x20 | 0x28 | 0x30 => Self::Load(Size::of(code)?, k),
            0x40 | 0x48 | 0x50 => Self::LoadIndirect(Size::of(code)?, k),
            0x60 => Self::LoadMemory(place()?),
            0x80 => Self::LoadLength,
            0x01 => Self::LoadXConstant(k),
            0x61 => Self::LoadXMemory(place()?),
            0x81 => Self::LoadXLength,
            0xb1 => Self::LoadXHeaderLength(k),
            0x02 => Self::Store(place()?),
            0x03 => Self::StoreX(place()?),
            0x84 => Self::Negate,
            0x06 => Self::Return(k),
            0x16 => Self::ReturnA,
            0x07 => Self::CopyAToX,
            0x87 => Self::CopyXToA,
            0x05 => Self::jump(encoded, position)?,
            // Division by a constant zero.
            0x34 | 0x94 if k == 0 => return None,
            _ if code & 0xff07 == 0x04 => Self::Arithmetic(Operation::of_code(code)?, Operand::of(encoded)),
            _ if code & 0xff07 == 0x05 => Self::branch(encoded, position)?,
            _ => return None,
        })
    }

    /// Outside kernels, the offset is signed.
    fn jump(encoded: Encoded, position: usize) -> Option<Self> {
        let after = position + 1;
        let to = after.checked_add_signed(isize::try_from(encoded.k.cast_signed()).ok()?)?;
        Some(if to < after { Self::JumpBack(to) } else { Self::Jump(to) })
    }

    fn branch(encoded: Encoded, position: usize) -> Option<Self> {
        let condition = match encoded.code & 0xf0 {
            0x10 => Condition::Equal,
            0x20 => Condition::Greater,
            0x30 => Condition::GreaterOrEqual,
            0x40 => Condition::AnyBit,
            _ => return None,
        };
        let to = |offset| position + 1 + usize::from(offset);
        let (yes, no) = (to(encoded.jump_true), to(encoded.jump_false));
        Some(Self::JumpIf(condition, Operand::of(encoded), yes, no))
    }

    /// Whether all jumps of the instruction stay in a program of this length.
    fn stays_in(&self, length: usize) -> bool {
        match *self {
            Self::Jump(to) | Self::JumpBack(to) => to < length,
            Self::JumpIf(_, _, yes, no) => yes < length && no < length,
            _ => true,
        }
    }
}

impl Size {
    fn of(code: u16) -> Option<Self> {
        match code & 0x18 {
            0x00 => Some(Self::Word),
            0x08 => Some(Self::HalfWord),
            0x10 => Some(Self::Byte),
            _ => None,
        }
    }
}

impl Operand {
    fn of(encoded: Encoded) -> Self {
        if encoded.code & 0x08 == 0 { Self::K(encoded.k) } else { Self::X }
    }

    #[inline]
    fn value(self, x: u32) -> u32 {
        match self {
            Self::K(k) => k,
            Self::X => x,
        }
    }
}

impl Operation {
    fn of_code(code: u16) -> Option<Self> {
        Some(match code & 0xf0 {
            0x00 => Self::Add,
            0x10 => Self::Subtract,
            0x20 => Self::Multiply,
            0x30 => Self::Divide,
            0x40 => Self::Or,
            0x50 => Self::And,
            0x60 => Self::ShiftLeft,
            0x70 => Self::ShiftRight,
            0x90 => Self::Remainder,
            0xa0 => Self::ExclusiveOr,
            _ => return None,
        })
    }

    #[inline]
    fn of(self, a: u32, b: u32) -> Option<u32> {
        Some(match self {
            Self::Add => a.wrapping_add(b),
            Self::Subtract => a.wrapping_sub(b),
            Self::Multiply => a.wrapping_mul(b),
            Self::Divide => a.checked_div(b)?,
            Self::Remainder => a.checked_rem(b)?,
            Self::And => a & b,
            Self::Or => a | b,
            Self::ExclusiveOr => a ^ b,
            Self::ShiftLeft => a.checked_shl(b).unwrap_or(0),
            Self::ShiftRight => a.checked_shr(b).unwrap_or(0),
        })
    }
}

impl Condition {
    #[inline]
    fn holds(self, a: u32, b: u32) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::AnyBit => a & b != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(code: u16, jump_true: u8, jump_false: u8, k: u32) -> Encoded {
        Encoded { code, jump_true, jump_false, k }
    }

    const RETURN_ALL: Encoded = Encoded { code: 0x06, jump_true: 0, jump_false: 0, k: u32::MAX };

    #[test]
    fn a_program_that_could_leave_itself_is_malformed() {
        let malformed = |program: &[Encoded]| Program::new(program).map(drop).unwrap_err();
        assert_eq!(malformed(&[]), Malformed(0));
        assert_eq!(malformed(&[encoded(0x80, 0, 0, 0)]), Malformed(1), "no return at the end");
        assert_eq!(malformed(&[encoded(0x05, 0, 0, 1), RETURN_ALL]), Malformed(0), "jump past the end");
        assert_eq!(malformed(&[encoded(0x15, 0, 1, 0), RETURN_ALL]), Malformed(0), "branch past the end");
        assert_eq!(malformed(&[encoded(0x05, 0, 0, (-2_i32).cast_unsigned()), RETURN_ALL]), Malformed(0));
        assert_eq!(malformed(&[RETURN_ALL, encoded(0x60, 0, 0, 16), RETURN_ALL]), Malformed(1), "memory");
        assert_eq!(malformed(&[encoded(0xb4, 0, 0, 1), RETURN_ALL]), Malformed(0), "unknown operation");
        assert_eq!(malformed(&[encoded(0x18, 0, 0, 1), RETURN_ALL]), Malformed(0), "unknown size");
        assert_eq!(malformed(&[encoded(0x34, 0, 0, 0), RETURN_ALL]), Malformed(0), "division by zero");
    }

    #[test]
    fn a_program_that_goes_round_ends() {
        let round = [encoded(0x05, 0, 0, (-1_i32).cast_unsigned()), RETURN_ALL];
        assert!(!Program::new(&round).unwrap().accepts(&[1, 2, 3], 3));
    }

    #[test]
    fn what_was_not_captured_is_not_accepted() {
        for (code, k, captured) in [(0x20, 0, 4), (0x28, 3, 5), (0x30, 9, 10), (0xb1, 5, 6)] {
            let program = Program::new(&[encoded(code, 0, 0, k), RETURN_ALL]).unwrap();
            assert!(program.accepts(&vec![0; captured], 100));
            assert!(!program.accepts(&vec![0; captured - 1], 100));
        }
        let far = [encoded(0x01, 0, 0, u32::MAX), encoded(0x50, 0, 0, u32::MAX), RETURN_ALL];
        assert!(!Program::new(&far).unwrap().accepts(&[0; 16], 16));
    }
}
