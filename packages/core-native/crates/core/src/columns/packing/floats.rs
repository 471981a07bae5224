//! Floats that are decimal numbers, as integers; and others, as what distinguishes their bits from those before.

use super::bits::{pack, unpack, width_of};
use super::integers::{GROUP, pack_integers, unpack_integers};

/// A float, and its bits.
pub(super) trait Float: Copy {
    fn bits(self) -> u64;
    fn of_bits(bits: u64) -> Self;
    fn wide(self) -> f64;
    fn narrowed(value: f64) -> Self;
}

impl Float for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
    fn wide(self) -> f64 {
        self
    }
    fn narrowed(value: f64) -> Self {
        value
    }
}

impl Float for f32 {
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
    fn of_bits(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }
    fn wide(self) -> f64 {
        self.into()
    }
    fn narrowed(value: f64) -> Self {
        value as Self
    }
}

/// The powers of ten by which decimal numbers become integers.
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/// Every integer up to this is a double of its own.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;
/// The floats that are tried to find a power.
const TRIED: usize = 256;

/// Returns the integer that a float is at a power of ten, if it comes back from it bit by bit.
fn decimal<F: Float>(value: F, power: f64) -> Option<i64> {
    let scaled = (value.wide() * power).round();
    // NaN becomes 0 here, and so does -0: neither comes back.
    let integer = scaled as i64;
    let is_same = scaled.abs() < MOST_EXACT && F::narrowed(integer as f64 / power).bits() == value.bits();
    is_same.then_some(integer)
}

/// Packs floats as integers: the power, the number of those that are no such integers, where and what they are, and the
/// integers. Returns false, and adds nothing, if too many are not decimal.
pub(super) fn pack_decimals<F: Float>(values: &[F], target: &mut Vec<u8>) -> bool {
    let step = values.len().div_ceil(TRIED).max(1);
    let tried: Vec<F> = values.iter().step_by(step).copied().collect();
    let misses = |power: f64| tried.iter().filter(|value| decimal(**value, power).is_none()).count();
    let best = (0_u8..)
        .zip(POWERS)
        .map(|(nth, power)| (misses(power), nth, power))
        .min_by_key(|(misses, nth, _)| (*misses, *nth));
    let Some((_, nth, power)) = best.filter(|(misses, ..)| misses * 8 <= tried.len()) else { return false };
    let mut others = Vec::new();
    let mut integers = Vec::with_capacity(values.len());
    let mut before = 0;
    for (place, value) in values.iter().enumerate() {
        before = decimal(*value, power).unwrap_or_else(|| {
            others.push((place as u32, value.bits()));
            // It takes no bits of its own.
            before
        });
        integers.push(before);
    }
    if others.len() * 8 > values.len() {
        return false;
    }
    target.push(nth);
    target.extend_from_slice(&(others.len() as u32).to_le_bytes());
    for (place, bits) in others {
        target.extend_from_slice(&place.to_le_bytes());
        target.extend_from_slice(&bits.to_le_bytes());
    }
    pack_integers(&integers, target);
    true
}

/// Returns floats that `pack_decimals` has packed.
pub(super) fn unpack_decimals<F: Float>(bytes: &[u8], count: usize) -> Option<Vec<F>> {
    let (nth, rest) = bytes.split_first()?;
    let power = *POWERS.get(usize::from(*nth))?;
    let (others, rest) = rest.split_first_chunk::<4>()?;
    let (others, rest) = rest.split_at_checked((u32::from_le_bytes(*others) as usize).checked_mul(12)?)?;
    let mut integers = vec![0; count];
    unpack_integers(rest, &mut integers)?;
    let mut values: Vec<F> = integers.iter().map(|integer| F::narrowed(*integer as f64 / power)).collect();
    for other in others.as_chunks::<12>().0 {
        let (place, bits) = other.split_first_chunk::<4>()?;
        let value = values.get_mut(u32::from_le_bytes(*place) as usize)?;
        *value = F::of_bits(u64::from_le_bytes(bits.try_into().ok()?));
    }
    Some(values)
}

/// Packs floats as the bits that differ from the float before. Those of a group lie between the same two places.
pub(super) fn pack_differences<F: Float>(values: &[F], target: &mut Vec<u8>) {
    let mut before = 0;
    let mut differences = Vec::with_capacity(GROUP);
    for group in values.chunks(GROUP) {
        differences.clear();
        for value in group {
            differences.push(value.bits() ^ before);
            before = value.bits();
        }
        let all = differences.iter().fold(0, |all, difference| all | difference);
        let low = if all == 0 { 0 } else { all.trailing_zeros() };
        let width = width_of(all >> low);
        differences.iter_mut().for_each(|difference| *difference >>= low);
        // Both are at most 64.
        target.extend_from_slice(&[low as u8, width as u8]);
        pack(&differences, width, target);
    }
}

/// Returns floats that `pack_differences` has packed.
pub(super) fn unpack_differences<F: Float>(bytes: &[u8], count: usize) -> Option<Vec<F>> {
    let mut values = Vec::with_capacity(count);
    let mut differences = [0_u64; GROUP];
    let (mut rest, mut before) = (bytes, 0);
    while values.len() < count {
        let ([low, width], after) = rest.split_first_chunk::<2>()?;
        let differences = differences.get_mut(..GROUP.min(count - values.len()))?;
        rest = unpack(after, u32::from(*width), differences)?;
        for difference in differences {
            before ^= difference.checked_shl(u32::from(*low))?;
            values.push(F::of_bits(before));
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits<F: Float>(values: &[F]) -> Vec<u64> {
        values.iter().map(|value| value.bits()).collect()
    }

    fn return_both<F: Float>(values: &[F]) -> (Option<usize>, usize) {
        let mut decimals = Vec::new();
        let is_decimal = pack_decimals(values, &mut decimals);
        if is_decimal {
            let read = unpack_decimals::<F>(&decimals, values.len()).unwrap_or_default();
            assert_eq!(bits(&read), bits(values));
        }
        let mut differences = Vec::new();
        pack_differences(values, &mut differences);
        let read = unpack_differences::<F>(&differences, values.len()).unwrap_or_default();
        assert_eq!(bits(&read), bits(values));
        (is_decimal.then_some(decimals.len()), differences.len())
    }

    #[test]
    fn decimal_numbers_are_short() {
        let sensor: Vec<f64> = (0..1_000).map(|nth| f64::from(2_000 + nth % 37) / 100.0).collect();
        let (decimals, differences) = return_both(&sensor);
        assert!(decimals.is_some_and(|bytes| bytes < 1_000) && differences > 4_000);
        let singles: Vec<f32> = sensor.iter().map(|value| *value as f32).collect();
        assert!(return_both(&singles).0.is_some_and(|bytes| bytes < 1_000));
        let odd = [0.0, -0.0, f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), f64::INFINITY, f64::MIN_POSITIVE, 1e300];
        return_both(&odd);
        let mut some: Vec<f64> = sensor;
        some.splice(10..10, odd);
        assert!(return_both(&some).0.is_some());
    }

    proptest! {
        #[test]
        fn whatever_was_packed_comes_back(values in prop::collection::vec(any::<u64>(), 0..300)) {
            let doubles: Vec<f64> = values.iter().map(|bits| f64::from_bits(*bits)).collect();
            return_both(&doubles);
            let singles: Vec<f32> = values.iter().map(|bits| f32::from_bits(*bits as u32)).collect();
            return_both(&singles);
            let cents: Vec<f64> = values.iter().map(|bits| f64::from((*bits as u32) >> 8) / 100.0).collect();
            return_both(&cents);
        }

        #[test]
        fn bytes_of_strangers_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..300_usize) {
            unpack_decimals::<f64>(&bytes, count);
            unpack_differences::<f32>(&bytes, count);
        }
    }
}
