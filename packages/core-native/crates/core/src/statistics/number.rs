//! What the loops need to know of a number's type.

use std::borrow::Cow;

use bytemuck::Pod;
use pulp::{Simd, WithSimd};

use super::doubles;
use crate::packer::element::ElementType;
use crate::packer::half::Half;

/// The numbers that a loop handles at a time, so that an operation does not wait for the one before.
pub(super) const LANES: usize = 16;

/// A number of one type.
pub trait Number: Pod + PartialOrd {
    /// Nothing is less, not even an infinity.
    const LEAST: Self;
    /// Nothing is greater, not even an infinity.
    const GREATEST: Self;
    /// The bits of its key.
    const KEY_BITS: u32;
    /// Whether it is a value, and not NaN.
    fn is_value(self) -> bool;
    /// Returns the closest double.
    fn to_f64(self) -> f64;
    /// Returns the number as JavaScript gets it: the bits of a double, or those of a 64-bit integer.
    fn slot(self) -> u64;
    /// Returns an integer that has the same order as the number, among those of its type.
    fn key(self) -> u64;
    /// Adds up the numbers of one block, and counts them, both without NaN.
    fn block_sum<S: Simd>(simd: S, values: &[Self]) -> (BlockSum, usize);
    /// Adds up the squared distances from a mean, of numbers without NaN.
    #[inline(always)]
    fn squares<S: Simd>(_: S, values: &[Self], mean: f64) -> f64 {
        float_sum(values, |value| {
            let distance = value.to_f64() - mean;
            distance * distance
        })
    }
    /// Returns the least and the greatest of numbers and of those given. NaN is neither.
    #[inline(always)]
    fn extremes<S: Simd>(_: S, values: &[Self], least: Self, greatest: Self) -> (Self, Self) {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let (mut lows, mut highs) = ([least; LANES], [greatest; LANES]);
        // A comparison with NaN is false.
        for chunk in chunks {
            for (low, value) in lows.iter_mut().zip(chunk) {
                *low = if *value < *low { *value } else { *low };
            }
            for (high, value) in highs.iter_mut().zip(chunk) {
                *high = if *value > *high { *value } else { *high };
            }
        }
        let low = lows.iter().chain(rest).fold(least, |low, value| if *value < low { *value } else { low });
        let high = highs.iter().chain(rest).fold(greatest, |high, value| if *value > high { *value } else { high });
        (low, high)
    }
}

/// The sum of one block's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BlockSum {
    /// The sum of floats.
    Float(f64),
    /// The exact sum of integers.
    Integer(i128),
}

impl BlockSum {
    /// Returns the sum as a double.
    #[must_use]
    pub const fn to_f64(self) -> f64 {
        match self {
            Self::Float(sum) => sum,
            Self::Integer(sum) => sum as f64,
        }
    }
}

/// Returns bytes as numbers. They are copied if their place in memory is not one for such numbers.
pub(super) fn numbers<T: Number>(bytes: &[u8]) -> Cow<'_, [T]> {
    let whole = bytes.len() - bytes.len() % size_of::<T>();
    let bytes = bytes.get(..whole).unwrap_or_default();
    bytemuck::try_cast_slice(bytes).map_or_else(
        |_| Cow::Owned(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()),
        Cow::Borrowed,
    )
}

/// Work on the numbers of a piece, whatever their type.
pub(super) trait Work {
    /// What it returns.
    type Output;
    /// Does it.
    fn on<T: Number, S: Simd>(self, simd: S, values: &[T]) -> Self::Output;
}

/// Does work on bytes that are numbers of a type, compiled for what the processor has. A half counts as the float that it
/// equals, and a truth value as 0 or 1.
pub(super) fn dispatch<W: Work>(kind: ElementType, bytes: &[u8], work: W) -> W::Output {
    match kind {
        ElementType::F32 => run::<f32, W>(bytes, work),
        ElementType::F64 => run::<f64, W>(bytes, work),
        ElementType::I32 => run::<i32, W>(bytes, work),
        ElementType::I64 => run::<i64, W>(bytes, work),
        ElementType::U8 => run::<u8, W>(bytes, work),
        ElementType::U16 => run::<u16, W>(bytes, work),
        ElementType::U32 => run::<u32, W>(bytes, work),
        ElementType::U64 => run::<u64, W>(bytes, work),
        ElementType::I8 => run::<i8, W>(bytes, work),
        ElementType::I16 => run::<i16, W>(bytes, work),
        ElementType::Bool => run_on(&bytes.iter().map(|byte| u8::from(*byte != 0)).collect::<Vec<_>>(), work),
        ElementType::F16 => run_on(&bytes.as_chunks().0.iter().map(float_of).collect::<Vec<_>>(), work),
    }
}

fn float_of(half: &[u8; 2]) -> f32 {
    Half(u16::from_le_bytes(*half)).to_f32()
}

fn run<T: Number, W: Work>(bytes: &[u8], work: W) -> W::Output {
    run_on(&numbers::<T>(bytes), work)
}

fn run_on<T: Number, W: Work>(values: &[T], work: W) -> W::Output {
    pulp::Arch::new().dispatch(On { values, work })
}

struct On<'a, T, W> {
    values: &'a [T],
    work: W,
}

impl<T: Number, W: Work> WithSimd for On<'_, T, W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> W::Output {
        self.work.on(simd, self.values)
    }
}

macro_rules! float {
    ($type:ty, $bits:ty, $sum:expr, { $($more:tt)* }) => {
        impl Number for $type {
            const LEAST: Self = Self::NEG_INFINITY;
            const GREATEST: Self = Self::INFINITY;
            const KEY_BITS: u32 = <$bits>::BITS;
            #[inline(always)]
            fn is_value(self) -> bool {
                !self.is_nan()
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn slot(self) -> u64 {
                f64::from(self).to_bits()
            }
            #[inline(always)]
            fn key(self) -> u64 {
                let bits = self.to_bits();
                let sign = 1 << (<$bits>::BITS - 1);
                u64::from(if bits & sign == 0 { bits | sign } else { !bits })
            }
            #[inline(always)]
            fn block_sum<S: Simd>(simd: S, values: &[Self]) -> (BlockSum, usize) {
                // Usually there is no NaN, and to look for it costs more than the additions.
                let sum = $sum(simd, values);
                if !sum.is_nan() {
                    return (BlockSum::Float(sum), values.len());
                }
                let sum = float_sum(values, |value| if value.is_nan() { 0.0 } else { f64::from(value) });
                (BlockSum::Float(sum), values.iter().filter(|value| !value.is_nan()).count())
            }
            $($more)*
        }
    };
}
float!(f32, u32, single_sum, {});
float!(f64, u64, doubles::sum, {
    #[inline(always)]
    fn squares<S: Simd>(simd: S, values: &[Self], mean: f64) -> f64 {
        doubles::squares(simd, values, mean)
    }
    #[inline(always)]
    fn extremes<S: Simd>(simd: S, values: &[Self], least: Self, greatest: Self) -> (Self, Self) {
        doubles::extremes(simd, values, least, greatest)
    }
});

#[inline(always)]
fn single_sum<S: Simd>(_: S, values: &[f32]) -> f64 {
    float_sum(values, f64::from)
}

/// Adds up floats in lanes, which become vectors.
#[inline(always)]
pub(super) fn float_sum<T: Copy>(values: &[T], widen: impl Fn(T) -> f64) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f64; LANES];
    for chunk in chunks {
        let terms = chunk.map(&widen);
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum += term;
        }
    }
    pairwise(sums) + rest.iter().map(|value| widen(*value)).sum::<f64>()
}

/// Adds up the sums of the lanes in pairs, which loses less than one after the other.
#[inline(always)]
fn pairwise(mut sums: [f64; LANES]) -> f64 {
    let mut count = LANES;
    while count > 1 {
        count /= 2;
        let (low, high) = sums.split_at_mut(count);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
    }
    sums.first().copied().unwrap_or_default()
}

macro_rules! integer {
    ($type:ty, $unsigned:ty, $flip:expr, $sum:expr, $slot:expr) => {
        impl Number for $type {
            const LEAST: Self = Self::MIN;
            const GREATEST: Self = Self::MAX;
            const KEY_BITS: u32 = Self::BITS;
            #[inline(always)]
            fn is_value(self) -> bool {
                true
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn slot(self) -> u64 {
                $slot(self)
            }
            #[inline(always)]
            fn key(self) -> u64 {
                u64::from(self as $unsigned ^ $flip)
            }
            #[inline(always)]
            fn block_sum<S: Simd>(_: S, values: &[Self]) -> (BlockSum, usize) {
                (BlockSum::Integer($sum(values)), values.len())
            }
        }
    };
}
integer!(i8, u8, 1 << 7, short_sum, double_slot);
integer!(i16, u16, 1 << 15, short_sum, double_slot);
integer!(i32, u32, 1 << 31, short_sum, double_slot);
integer!(u8, u8, 0, short_sum, double_slot);
integer!(u16, u16, 0, short_sum, double_slot);
integer!(u32, u32, 0, short_sum, double_slot);
integer!(i64, u64, SIGN, signed_sum, i64::cast_unsigned);
integer!(u64, u64, 0, unsigned_sum, std::convert::identity);

/// The bit that makes a signed 64-bit integer unsigned, in the same order.
const SIGN: u64 = 1 << 63;

#[inline(always)]
fn double_slot<T: Into<f64>>(value: T) -> u64 {
    value.into().to_bits()
}

#[inline(always)]
fn signed_sum(values: &[i64]) -> i128 {
    long_sum(values.iter().map(|value| *value as u64 ^ SIGN)) - values.len() as i128 * i128::from(SIGN)
}

#[inline(always)]
fn unsigned_sum(values: &[u64]) -> i128 {
    long_sum(values.iter().copied())
}

/// Adds up integers of at most 32 bits. A block has far fewer than 2^31.
#[inline(always)]
fn short_sum<T: Copy + Into<i64>>(values: &[T]) -> i128 {
    let sum: i64 = values.iter().map(|value| (*value).into()).sum();
    i128::from(sum)
}

/// Adds up integers of 64 bits: the halves apart, since vectors have no wider additions. A block has far fewer than
/// 2^32.
#[inline(always)]
fn long_sum(values: impl Iterator<Item = u64>) -> i128 {
    let (low, high) =
        values.fold((0_u64, 0_u64), |(low, high), value| (low + (value & 0xffff_ffff), high + (value >> 32)));
    i128::from(low) + (i128::from(high) << 32)
}
