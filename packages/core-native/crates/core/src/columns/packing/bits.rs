//! Numbers of few bits, one behind the other.

/// The bits of a word.
const WORD: u32 = u64::BITS;

/// Returns how many bits a number takes.
#[inline]
pub(super) const fn width_of(value: u64) -> u32 {
    WORD - value.leading_zeros()
}

/// Adds the lowest `width` bits of each number, and zeros up to a whole word.
pub(super) fn pack(values: &[u64], width: u32, target: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let (mut waiting, mut bits) = (0_u128, 0);
    for value in values {
        waiting |= u128::from(*value) << bits;
        bits += width;
        if bits >= WORD {
            target.extend_from_slice(&low_word(waiting).to_le_bytes());
            waiting >>= WORD;
            bits -= WORD;
        }
    }
    if bits > 0 {
        target.extend_from_slice(&low_word(waiting).to_le_bytes());
    }
}

/// Fills the numbers from bytes that `pack` has made, and returns the bytes that are left. Returns None if there are too
/// few.
pub(super) fn unpack<'a>(bytes: &'a [u8], width: u32, values: &mut [u64]) -> Option<&'a [u8]> {
    if width == 0 {
        values.fill(0);
        return Some(bytes);
    }
    if width > WORD {
        return None;
    }
    let words = (values.len() * width as usize).div_ceil(WORD as usize);
    let (packed, rest) = bytes.split_at_checked(words * size_of::<u64>())?;
    let mut words = packed.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
    let mask = u64::MAX >> (WORD - width);
    let (mut waiting, mut bits) = (0_u128, 0);
    for value in values {
        if bits < width {
            waiting |= u128::from(words.next()?) << bits;
            bits += WORD;
        }
        *value = low_word(waiting) & mask;
        waiting >>= width;
        bits -= width;
    }
    Some(rest)
}

#[inline]
const fn low_word(value: u128) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_come_back() {
        for width in 0..=WORD {
            for count in [0, 1, 2, 63, 64, 65, 128] {
                let most = u64::MAX.checked_shr(WORD - width).unwrap_or_default();
                let values: Vec<u64> =
                    (0..count).map(|nth: u64| nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) & most).collect();
                let mut bytes = Vec::new();
                pack(&values, width, &mut bytes);
                bytes.push(7);
                let mut read = vec![1; values.len()];
                assert_eq!(unpack(&bytes, width, &mut read), Some([7].as_slice()), "{width} {count}");
                assert_eq!(read, values, "{width} {count}");
                let short = bytes.len().saturating_sub(9);
                if width > 0 && count > 0 {
                    assert_eq!(unpack(bytes.get(..short).unwrap_or_default(), width, &mut read), None);
                }
            }
        }
    }
}
