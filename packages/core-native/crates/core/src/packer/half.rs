//! Floats of 16 bits (IEEE 754 binary16), which processors and Rust's numbers do not have everywhere.

/// A float of 16 bits: a sign, 5 bits of exponent, 10 bits of fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Half(pub u16);

const SIGN: u16 = 0x8000;
const EXPONENT: u16 = 0x7c00;
const FRACTION: u16 = 0x03ff;
const NAN: u16 = 0x7e00;

/// From here on, the nearest half is infinite: the middle between the largest half and the next power of two.
const TOO_LARGE: f64 = 65_520.0;
/// The least half whose fraction has all bits: 2^-14.
const LEAST_NORMAL: f64 = 1.0 / 16_384.0;
/// The steps of the halves below it, in 1: 2^24.
const STEPS: f64 = 16_777_216.0;

impl Half {
    /// Returns the same value, without loss.
    #[inline(always)]
    #[must_use]
    pub const fn to_f32(self) -> f32 {
        let Self(bits) = self;
        let sign = ((bits & SIGN) as u32) << 16;
        let fraction = ((bits & FRACTION) as u32) << 13;
        if bits & EXPONENT == EXPONENT {
            return f32::from_bits(sign | 0x7f80_0000 | fraction);
        }
        // The bits of a float whose exponent is less by 112; the product also brings a denormal half to its place.
        let small = f32::from_bits(((bits & !SIGN) as u32) << 13);
        f32::from_bits((small * f32::from_bits((112 + 127) << 23)).to_bits() | sign)
    }

    /// Returns the nearest half; of two at the same distance, the even one.
    #[must_use]
    pub fn nearest(value: f64) -> Self {
        let sign = if value.is_sign_negative() { SIGN } else { 0 };
        let size = value.abs();
        let bits = if size.is_nan() {
            NAN
        } else if size >= TOO_LARGE {
            EXPONENT
        } else if size < LEAST_NORMAL {
            (size * STEPS).round_ties_even() as u16
        } else {
            let exponent = ((size.to_bits() >> 52) as i32) - 1023;
            // From 1024 to 2048. A fraction that becomes 2048 carries into the exponent.
            let fraction = (size * 2_f64.powi(10 - exponent)).round_ties_even() as u16;
            (((exponent + 14) as u16) << 10) + fraction
        };
        Self(sign | bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_have_their_bits() {
        let known = [
            (0.0, 0x0000),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (0.1, 0x2e66),
            (65_504.0, 0x7bff),
            (f64::INFINITY, 0x7c00),
            (f64::NEG_INFINITY, 0xfc00),
            (2_f64.powi(-14), 0x0400),
            (2_f64.powi(-24), 0x0001),
            (2_f64.powi(-26), 0x0000),
        ];
        for (value, bits) in known {
            assert_eq!(Half::nearest(value), Half(bits), "{value}");
        }
    }

    #[test]
    fn all_halves_go_over_and_come_back() {
        for bits in 0..=u16::MAX {
            let value = Half(bits).to_f32();
            if value.is_nan() {
                assert!(bits & EXPONENT == EXPONENT && bits & FRACTION != 0, "{bits:04x}");
            } else {
                assert_eq!(Half::nearest(f64::from(value)), Half(bits), "{bits:04x}");
            }
        }
    }

    #[test]
    fn what_lies_between_two_halves_goes_to_the_nearer_one_or_to_the_even_one() {
        for bits in 0..0x7bff_u16 {
            let (low, high) = (f64::from(Half(bits).to_f32()), f64::from(Half(bits + 1).to_f32()));
            let middle = f64::midpoint(low, high);
            assert_eq!(Half::nearest(middle), Half(bits + (bits & 1)), "{bits:04x}");
            assert_eq!(Half::nearest(middle.next_down()), Half(bits), "{bits:04x}");
            assert_eq!(Half::nearest(-middle.next_up()), Half((bits + 1) | SIGN), "{bits:04x}");
        }
        assert_eq!(Half::nearest(TOO_LARGE.next_down()), Half(0x7bff));
        assert_eq!(Half::nearest(TOO_LARGE), Half(EXPONENT));
    }
}
