//! Casting many elements from one type to another. A cast that would change a value is refused.

use super::element::{Element, ElementType, Truth};
use super::half::Half;

/// Writes the elements of `source` into `target` as another type. Returns the index of the first element that has no
/// equal there, or None if all have one. The elements before it are written. If the lengths differ, the shorter one
/// counts.
pub fn cast(source: &[u8], from: ElementType, target: &mut [u8], to: ElementType) -> Option<usize> {
    match from {
        ElementType::F32 => cast_from::<f32>(source, target, to),
        ElementType::F64 => cast_from::<f64>(source, target, to),
        ElementType::I32 => cast_from::<i32>(source, target, to),
        ElementType::I64 => cast_from::<i64>(source, target, to),
        ElementType::U8 => cast_from::<u8>(source, target, to),
        ElementType::U16 => cast_from::<u16>(source, target, to),
        ElementType::U32 => cast_from::<u32>(source, target, to),
        ElementType::U64 => cast_from::<u64>(source, target, to),
        ElementType::I8 => cast_from::<i8>(source, target, to),
        ElementType::I16 => cast_from::<i16>(source, target, to),
        ElementType::Bool => cast_from::<Truth>(source, target, to),
        ElementType::F16 => cast_from::<Half>(source, target, to),
    }
}

fn cast_from<S: Element>(source: &[u8], target: &mut [u8], to: ElementType) -> Option<usize> {
    match to {
        ElementType::F32 => cast_both::<S, f32>(source, target),
        ElementType::F64 => cast_both::<S, f64>(source, target),
        ElementType::I32 => cast_both::<S, i32>(source, target),
        ElementType::I64 => cast_both::<S, i64>(source, target),
        ElementType::U8 => cast_both::<S, u8>(source, target),
        ElementType::U16 => cast_both::<S, u16>(source, target),
        ElementType::U32 => cast_both::<S, u32>(source, target),
        ElementType::U64 => cast_both::<S, u64>(source, target),
        ElementType::I8 => cast_both::<S, i8>(source, target),
        ElementType::I16 => cast_both::<S, i16>(source, target),
        ElementType::Bool => cast_both::<S, Truth>(source, target),
        ElementType::F16 => cast_both::<S, Half>(source, target),
    }
}

fn cast_both<S: Element, T: Element>(source: &[u8], target: &mut [u8]) -> Option<usize> {
    let places = target.chunks_exact_mut(T::SIZE);
    for (index, (bytes, place)) in source.chunks_exact(S::SIZE).zip(places).enumerate() {
        match T::narrow(S::read(bytes).widen()) {
            Some(value) => value.write(place),
            None => return Some(index),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes_of(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn cast_f64(values: &[f64], to: ElementType) -> (Vec<u8>, Option<usize>) {
        let mut target = vec![0; values.len() * to.size()];
        let wrong = cast(&bytes_of(values), ElementType::F64, &mut target, to);
        (target, wrong)
    }

    #[test]
    fn whole_numbers_in_range_go_into_integers() {
        assert_eq!(cast_f64(&[0.0, 1.0, 255.0], ElementType::U8), (vec![0, 1, 255], None));
        assert_eq!(cast_f64(&[-1.0, 127.0], ElementType::I8), (vec![255, 127], None));
    }

    #[test]
    fn an_element_that_would_change_is_returned_by_its_index() {
        for wrong in [1.5, 256.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(cast_f64(&[7.0, wrong], ElementType::U8).1, Some(1), "{wrong}");
        }
        assert_eq!(cast_f64(&[9_223_372_036_854_775_808.0], ElementType::I64).1, Some(0));
        assert_eq!(cast_f64(&[9_223_372_036_854_775_808.0], ElementType::U64).1, None);
    }

    #[test]
    fn into_f32_values_are_rounded_but_do_not_overflow() {
        assert_eq!(cast_f64(&[0.1, f64::NAN, f64::INFINITY, -0.0], ElementType::F32).1, None);
        assert_eq!(cast_f64(&[1e39], ElementType::F32).1, Some(0));
    }

    #[test]
    fn into_f16_values_are_rounded_but_do_not_overflow() {
        assert_eq!(cast_f64(&[0.1, -65_519.0], ElementType::F16), (vec![0x66, 0x2e, 0xff, 0xfb], None));
        assert_eq!(cast_f64(&[f64::NAN, f64::NEG_INFINITY], ElementType::F16).1, None);
        assert_eq!(cast_f64(&[1.0, 65_520.0], ElementType::F16).1, Some(1));
    }

    #[test]
    fn only_0_and_1_are_true_or_false_but_every_byte_is_read_as_either() {
        assert_eq!(cast_f64(&[0.0, 1.0, -0.0], ElementType::Bool), (vec![0, 1, 0], None));
        assert_eq!(cast_f64(&[1.0, 2.0], ElementType::Bool).1, Some(1));
        let mut target = [9; 3];
        assert_eq!(cast(&[0, 1, 7], ElementType::Bool, &mut target, ElementType::U8), None);
        assert_eq!(target, [0, 1, 1]);
    }

    #[test]
    fn large_integers_go_into_f64_only_exactly() {
        let exact = ((1_u64 << 53) + 2).to_le_bytes();
        let inexact = ((1_u64 << 53) + 1).to_le_bytes();
        let mut target = [0; 8];
        assert_eq!(cast(&exact, ElementType::U64, &mut target, ElementType::F64), None);
        assert_eq!(cast(&inexact, ElementType::U64, &mut target, ElementType::F64), Some(0));
    }

    proptest! {
        #[test]
        fn what_goes_over_comes_back(source: Vec<u8>, from in 0..12_usize, to in 0..12_usize) {
            let kind_at = |place: usize| ElementType::ALL.get(place).copied();
            let (Some(from), Some(to)) = (kind_at(from), kind_at(to)) else { return Ok(()) };
            let count = source.len() / from.size();
            let mut there = vec![0; count * to.size()];
            let rounds = matches!(to, ElementType::F32 | ElementType::F16);
            if cast(&source, from, &mut there, to).is_none() && !rounds {
                let mut back = vec![0; count * from.size()];
                prop_assert_eq!(cast(&there, to, &mut back, from), None);
                // The bytes are the same again, but for NaNs, negative zeros, and the many bytes that are true.
                let many = matches!(from, ElementType::F32 | ElementType::F64 | ElementType::F16 | ElementType::Bool);
                prop_assert!(many || back.as_slice() == source.get(..back.len()).unwrap_or_default());
            }
        }
    }
}
