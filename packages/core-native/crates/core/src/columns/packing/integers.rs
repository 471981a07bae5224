//! Integers as their differences, in groups that have as many bits as they need.
//!
//! First comes a byte: how often differences were taken, 0 to 2, and for each time the first number. Times that come at
//! even intervals are zeros after two. Then the groups: a byte for the width, the least number of the group, and the others as their distances from it.

use super::bits::{pack, unpack, width_of};

/// The numbers of a group.
pub(super) const GROUP: usize = 128;

/// How often differences are taken at most.
const MOST_ROUNDS: u8 = 2;

/// Packs integers of 64 bits, or shorter ones that were extended.
pub(super) fn pack_integers(values: &[i64], target: &mut Vec<u8>) {
    let mut differences = values.to_vec();
    let mut best = (cost(&differences), 0);
    for round in 0..MOST_ROUNDS {
        difference(&mut differences, round);
        best = best.min((cost(&differences), round + 1));
    }
    let (_, rounds) = best;
    differences.copy_from_slice(values);
    target.push(rounds);
    for round in 0..rounds {
        put_number(difference(&mut differences, round), target);
    }
    let mut distances = Vec::with_capacity(GROUP);
    for group in differences.chunks(GROUP) {
        let (least, width) = frame(group);
        distances.clear();
        distances.extend(group.iter().map(|value| value.wrapping_sub(least).cast_unsigned()));
        // A width is at most 64.
        target.push(width as u8);
        put_number(least, target);
        pack(&distances, width, target);
    }
}

/// Fills integers from bytes that `pack_integers` has made, and returns the bytes that are left.
pub(super) fn unpack_integers<'a>(bytes: &'a [u8], values: &mut [i64]) -> Option<&'a [u8]> {
    let (rounds, mut rest) = bytes.split_first()?;
    if *rounds > MOST_ROUNDS {
        return None;
    }
    let mut firsts = [0; MOST_ROUNDS as usize];
    for first in firsts.iter_mut().take(usize::from(*rounds)) {
        (*first, rest) = take_number(rest)?;
    }
    let mut distances = [0_u64; GROUP];
    for group in values.chunks_mut(GROUP) {
        let (width, after) = rest.split_first()?;
        let (least, after) = take_number(after)?;
        let distances = distances.get_mut(..group.len())?;
        rest = unpack(after, u32::from(*width), distances)?;
        for (value, distance) in group.iter_mut().zip(distances) {
            *value = least.wrapping_add(distance.cast_signed());
        }
    }
    for (round, first) in firsts.iter().enumerate().take(usize::from(*rounds)).rev() {
        let mut sum = *first;
        for value in values.iter_mut().skip(round) {
            sum = sum.wrapping_add(*value);
            *value = sum;
        }
    }
    Some(rest)
}

/// Replaces each number by its distance from the one before, for one more time. The numbers before the first one that
/// counts stay. Returns that one, which becomes 0.
fn difference(values: &mut [i64], round: u8) -> i64 {
    let counted = values.get_mut(usize::from(round)..).unwrap_or_default();
    let first = counted.first().copied().unwrap_or_default();
    let mut before = first;
    for value in counted {
        let this = *value;
        *value = this.wrapping_sub(before);
        before = this;
    }
    first
}

/// Returns the least number of a group, and the bits that the distances from it take.
fn frame(group: &[i64]) -> (i64, u32) {
    let least = group.iter().copied().min().unwrap_or_default();
    let greatest = group.iter().copied().max().unwrap_or_default();
    (least, width_of(greatest.wrapping_sub(least).cast_unsigned()))
}

/// Returns about how many bits the groups take.
fn cost(values: &[i64]) -> usize {
    values
        .chunks(GROUP)
        .map(|group| {
            let (least, width) = frame(group);
            group.len() * width as usize + 16 + width_of(zigzag(least)) as usize
        })
        .sum()
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// Adds a number with seven bits in each byte. All but the last byte have the eighth.
fn put_number(value: i64, target: &mut Vec<u8>) {
    let mut left = zigzag(value);
    while left >= 0x80 {
        target.push(left as u8 | 0x80);
        left >>= 7;
    }
    target.push(left as u8);
}

fn take_number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut value = 0_u64;
    for (nth, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * nth);
        if byte & 0x80 == 0 {
            let number = (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
            return bytes.get(nth + 1..).map(|rest| (number, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn returns(values: &[i64]) -> usize {
        let mut bytes = Vec::new();
        pack_integers(values, &mut bytes);
        let mut read = vec![1; values.len()];
        assert_eq!(unpack_integers(&bytes, &mut read), Some([].as_slice()));
        assert_eq!(read, values);
        for length in 0..bytes.len().min(20) {
            unpack_integers(bytes.get(..length).unwrap_or_default(), &mut read);
        }
        bytes.len()
    }

    #[test]
    fn even_steps_take_no_bits() {
        let times: Vec<i64> = (0..10_000).map(|nth| 1_700_000_000_000 + nth * 500).collect();
        assert!(returns(&times) < 400);
        assert!(returns(&vec![7; 10_000]) < 400);
        assert!(returns(&[]) == 1);
        returns(&[i64::MIN, i64::MAX, 0, -1, 1, i64::MAX, i64::MIN]);
    }

    proptest! {
        #[test]
        fn whatever_was_packed_comes_back(values in prop::collection::vec(any::<i64>(), 0..400), shift in 0..63_u32) {
            returns(&values);
            let short: Vec<i64> = values.iter().map(|value| value >> shift).collect();
            returns(&short);
        }

        #[test]
        fn bytes_of_strangers_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..300_usize) {
            unpack_integers(&bytes, &mut vec![0; count]);
        }
    }
}
