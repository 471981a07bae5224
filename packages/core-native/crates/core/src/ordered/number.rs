//! Numbers as bytes that compare as the numbers do: doubles and integers of any size in one order, by exact value.
//!
//! A number other than zero is `±1.f × 2^e`. Its code is a byte for its class, then `e` in four bytes, then the bits of
//! `f` in groups of seven. Each group is a byte whose lowest bit says whether another group follows. Trailing zero bits
//! are left out, so equal values have equal codes, whether they came as doubles or as integers. The bytes after the
//! class are inverted for a negative number.

/// The first class, which is the first byte of a number. The classes are in the order of the numbers.
pub const NEGATIVE_INFINITY: u8 = 0x10;
const NEGATIVE: u8 = 0x11;
const ZERO: u8 = 0x12;
const POSITIVE: u8 = 0x13;
/// The last class.
pub const POSITIVE_INFINITY: u8 = 0x14;

const EXPONENT_BIAS: i64 = 1 << 31;
const GROUP_BITS: usize = 7;

/// An integer of any size: its sign, and its magnitude in 64-bit words, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integer {
    /// Whether it is below zero.
    pub negative: bool,
    /// The magnitude. Leading zero words are allowed.
    pub words: Vec<u64>,
}

/// A number that was decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// It was asked for as a double.
    Double(f64),
    /// It was asked for as an integer.
    Integer(Integer),
}

/// Appends the code of a double. NaN has none, and the caller refuses it.
pub fn encode_double(value: f64, out: &mut Vec<u8>) {
    if value == 0.0 {
        return out.push(ZERO);
    }
    if value.is_infinite() {
        return out.push(if value > 0.0 { POSITIVE_INFINITY } else { NEGATIVE_INFINITY });
    }
    let bits = value.to_bits();
    let biased = i64::from((bits >> 52) as u16 & 0x7ff);
    let fraction = bits << 12;
    let (exponent, fraction) = if biased == 0 {
        // Subnormal: the leading one is somewhere among the fraction's bits.
        let zeros = fraction.leading_zeros();
        (-1023 - i64::from(zeros), fraction.checked_shl(zeros + 1).unwrap_or(0))
    } else {
        (biased - 1023, fraction)
    };
    encode_parts(value < 0.0, exponent, &[fraction], out);
}

/// Appends the code of an integer.
pub fn encode_integer(value: &Integer, out: &mut Vec<u8>) {
    let Some(top) = value.words.iter().rposition(|word| *word != 0) else {
        return out.push(ZERO);
    };
    let magnitude = value.words.get(..=top).unwrap_or_default();
    let zeros = magnitude.last().map_or(0, |word| word.leading_zeros());
    let exponent = magnitude.len() as i64 * 64 - 1 - i64::from(zeros);
    // The bits below the leading one, moved to the top of a word; the highest word first.
    let shift = zeros + 1;
    let mut fraction = Vec::with_capacity(magnitude.len());
    for (position, word) in magnitude.iter().enumerate().rev() {
        let below = position.checked_sub(1).and_then(|below| magnitude.get(below)).copied().unwrap_or(0);
        fraction.push(word.checked_shl(shift).unwrap_or(0) | below.checked_shr(64 - shift).unwrap_or(0));
    }
    encode_parts(value.negative, exponent, &fraction, out);
}

/// Appends the code of a number. `fraction` has the bits after the leading one, from the highest bit of its first word
/// on.
fn encode_parts(negative: bool, exponent: i64, fraction: &[u64], out: &mut Vec<u8>) {
    let invert = if negative { 0xff } else { 0 };
    out.push(if negative { NEGATIVE } else { POSITIVE });
    let exponent = ((exponent + EXPONENT_BIAS) as u32).to_be_bytes();
    out.extend(exponent.map(|byte| byte ^ invert));
    let significant = fraction
        .iter()
        .rposition(|word| *word != 0)
        .map_or(0, |last| (last + 1) * 64 - fraction.get(last).map_or(0, |word| word.trailing_zeros() as usize));
    let groups = significant.div_ceil(GROUP_BITS).max(1);
    for group in 0..groups {
        let more = u8::from(group + 1 < groups);
        out.push((bits_at(fraction, group * GROUP_BITS) << 1 | more) ^ invert);
    }
}

/// Returns seven bits from the `start`-th highest on.
fn bits_at(words: &[u64], start: usize) -> u8 {
    let (word, offset) = (start / 64, (start % 64) as u32);
    let high = words.get(word).copied().unwrap_or(0) << offset;
    let low = words.get(word + 1).copied().unwrap_or(0).checked_shr(64 - offset).unwrap_or(0);
    ((high | low) >> (64 - GROUP_BITS)) as u8
}

/// Returns whether a first byte is that of a number.
#[must_use]
pub const fn is_number(class: u8) -> bool {
    class >= NEGATIVE_INFINITY && class <= POSITIVE_INFINITY
}

/// Decodes the number at the start of `code`, as an integer or as a double, and returns it with the number of its
/// bytes. Returns None for bytes that are not a number, and for an infinity or a fraction that is asked for as an
/// integer.
#[must_use]
pub fn decode(code: &[u8], as_integer: bool) -> Option<(Number, usize)> {
    let (class, rest) = code.split_first()?;
    let simple = |value: f64| if as_integer { None } else { Some((Number::Double(value), 1)) };
    let negative = match *class {
        NEGATIVE_INFINITY => return simple(f64::NEG_INFINITY),
        POSITIVE_INFINITY => return simple(f64::INFINITY),
        ZERO if as_integer => return Some((Number::Integer(Integer { negative: false, words: Vec::new() }), 1)),
        ZERO => return simple(0.0),
        NEGATIVE => true,
        POSITIVE => false,
        _ => return None,
    };
    let invert = if negative { 0xff } else { 0 };
    let (exponent, groups) = rest.split_first_chunk::<4>()?;
    let exponent = i64::from(u32::from_be_bytes(exponent.map(|byte| byte ^ invert))) - EXPONENT_BIAS;
    let count = groups.iter().position(|byte| (byte ^ invert) & 1 == 0)? + 1;
    let groups = groups.get(..count)?.iter().map(|byte| (byte ^ invert) >> 1);
    let taken = 1 + 4 + count;
    let number = if as_integer {
        Number::Integer(integer_of(negative, exponent, groups)?)
    } else {
        Number::Double(double_of(negative, exponent, groups))
    };
    Some((number, taken))
}

/// Returns the double that has this code, if there is one.
#[must_use]
pub fn exact_double(code: &[u8]) -> Option<f64> {
    let (Number::Double(value), _) = decode(code, false)? else { return None };
    let mut own = Vec::with_capacity(code.len());
    encode_double(value, &mut own);
    (own == code).then_some(value)
}

fn integer_of(negative: bool, exponent: i64, groups: impl Iterator<Item = u8>) -> Option<Integer> {
    let top = usize::try_from(exponent).ok()?;
    let mut words = vec![0_u64; top / 64 + 1];
    let mut set = |bit: usize| words.get_mut(bit / 64).map(|word| *word |= 1 << (bit % 64));
    set(top)?;
    let mut next = top;
    for group in groups {
        for bit in (0..GROUP_BITS).rev() {
            let one = group >> bit & 1 == 1;
            match next.checked_sub(1) {
                Some(below) => next = below,
                None if one => return None,
                None => continue,
            }
            if one {
                set(next)?;
            }
        }
    }
    Some(Integer { negative, words })
}

/// Returns the double of this code. An integer with more bits than a double has is cut off.
fn double_of(negative: bool, exponent: i64, groups: impl Iterator<Item = u8>) -> f64 {
    let mut fraction = 0_u64;
    for (group, place) in groups.zip(0_u32..10) {
        let shift = 57_i32 - 7 * place as i32;
        fraction |= if shift >= 0 { u64::from(group) << shift } else { u64::from(group) >> -shift };
    }
    let sign = u64::from(negative) << 63;
    if exponent > 1023 {
        return if negative { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    if exponent < -1022 {
        let significand = 1 << 63 | fraction >> 1;
        return f64::from_bits(sign | significand >> (-1022 - exponent + 11).min(63));
    }
    f64::from_bits(sign | ((exponent + 1023) as u64) << 52 | fraction >> 12)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn double(value: f64) -> Vec<u8> {
        let mut out = Vec::new();
        encode_double(value, &mut out);
        out
    }

    fn integer(negative: bool, words: &[u64]) -> Vec<u8> {
        let mut out = Vec::new();
        encode_integer(&Integer { negative, words: words.to_vec() }, &mut out);
        out
    }

    const DOUBLES: [f64; 21] = [
        f64::NEG_INFINITY,
        f64::MIN,
        -1e20,
        -9_007_199_254_740_993.0,
        -3.0,
        -1.5,
        -1.0,
        -f64::MIN_POSITIVE,
        -5e-324,
        0.0,
        5e-324,
        1e-310,
        f64::MIN_POSITIVE,
        0.1,
        1.0,
        1.5,
        2.0,
        1e15,
        18_446_744_073_709_551_616.0,
        f64::MAX,
        f64::INFINITY,
    ];

    #[test]
    fn doubles_compare_as_their_codes_and_come_back() {
        for pair in DOUBLES.windows(2) {
            assert!(double(pair[0]) < double(pair[1]), "{pair:?}");
        }
        for value in DOUBLES {
            let code = double(value);
            assert_eq!(decode(&code, false), Some((Number::Double(value), code.len())));
        }
    }

    #[test]
    fn negative_zero_is_zero() {
        assert_eq!(double(-0.0), double(0.0));
        assert_eq!(double(0.0), integer(true, &[0, 0]));
    }

    #[test]
    fn an_integer_and_the_double_of_its_value_have_one_code() {
        for value in [1_u64, 2, 3, 7, 127, 128, 1000, 1 << 53, 1 << 63] {
            assert_eq!(integer(false, &[value]), double(value as f64), "{value}");
            assert_eq!(integer(true, &[value, 0]), double(-(value as f64)), "{value}");
        }
        assert_eq!(integer(false, &[0, 1]), double(18_446_744_073_709_551_616.0));
    }

    #[test]
    fn integers_beyond_doubles_keep_their_order_and_their_digits() {
        let ordered: [&[u64]; 6] =
            [&[1 << 53], &[(1 << 53) + 1], &[(1 << 53) + 2], &[u64::MAX], &[0, 1], &[1, 0, 0x8000_0000_0000_0001]];
        for pair in ordered.windows(2) {
            assert!(integer(false, pair[0]) < integer(false, pair[1]));
            assert!(integer(true, pair[0]) > integer(true, pair[1]));
        }
        for words in ordered {
            for negative in [false, true] {
                let code = integer(negative, words);
                let expected = Number::Integer(Integer { negative, words: words.to_vec() });
                assert_eq!(decode(&code, true), Some((expected, code.len())));
            }
        }
    }

    #[test]
    fn bytes_that_are_not_a_number_give_none() {
        for code in [&[][..], &[0x20], &[POSITIVE], &[POSITIVE, 1, 2, 3], &[POSITIVE, 128, 0, 0, 0, 1]] {
            assert_eq!(decode(code, false), None);
        }
        assert_eq!(decode(&double(1.5), true), None);
        assert_eq!(decode(&double(f64::INFINITY), true), None);
    }
}
