//! How many numbers begin with which bits.
//!
//! Each number has a key, an integer in the same order. The counts of the first bits of all keys tell which of them the
//! number of a rank begins with; the counts of the next bits among those tell the next bits. So four passes at most find
//! the number of any rank, however many there are, with memory for the counts of one step.

use pulp::Simd;

use super::number::{Number, Work, dispatch};
use crate::boundary::key_step::BITS;
use crate::packer::element::ElementType;

/// Adds to `counts`, by the next bits, the numbers whose keys begin with the `known` bits of `prefix`. `counts` are
/// doubles, one for each value of the next bits: as many bits as the key still has, at most `BITS`.
pub fn count_next(kind: ElementType, bytes: &[u8], prefix: u64, known: u32, counts: &mut [f64]) {
    dispatch(kind, bytes, Count { prefix, known, counts });
}

struct Count<'a> {
    prefix: u64,
    known: u32,
    counts: &'a mut [f64],
}

impl Work for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn on<T: Number, S: Simd>(self, _: S, values: &[T]) {
        let Self { prefix, known, counts } = self;
        let left = T::KEY_BITS.saturating_sub(known);
        let shift = left.saturating_sub(BITS);
        let mask = (1_u64 << BITS.min(left)) - 1;
        for value in values {
            let key = value.key();
            // A shift by all bits of a 64-bit number is none.
            let begins = key.checked_shr(left).unwrap_or(0) == prefix;
            if begins
                && value.is_value()
                && let Some(count) = counts.get_mut(((key >> shift) & mask) as usize)
            {
                *count += 1.0;
            }
        }
    }
}

/// Returns the slot of the number that has a key, or None if no number of the type has it.
#[must_use]
pub fn slot_of_key(kind: ElementType, key: u64) -> u64 {
    let signed = |bits: u32| (key ^ (1 << (bits - 1))).cast_signed() << (64 - bits) >> (64 - bits);
    match kind {
        ElementType::F64 => {
            if key >> 63 == 0 {
                !key
            } else {
                key ^ (1 << 63)
            }
        }
        ElementType::F32 | ElementType::F16 => {
            let key = key as u32;
            f64::from(f32::from_bits(if key >> 31 == 0 { !key } else { key ^ (1 << 31) })).to_bits()
        }
        ElementType::I64 => key ^ (1 << 63),
        ElementType::U64 => key,
        ElementType::I8 => (signed(8) as f64).to_bits(),
        ElementType::I16 => (signed(16) as f64).to_bits(),
        ElementType::I32 => (signed(32) as f64).to_bits(),
        ElementType::Bool | ElementType::U8 | ElementType::U16 | ElementType::U32 => (key as f64).to_bits(),
    }
}
