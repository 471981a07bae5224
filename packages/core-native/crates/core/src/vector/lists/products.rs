//! Products of many rows with many rows, in tiles that stay in the processor's registers.

use pulp::{Arch, Simd, WithSimd};

/// The rows of the one side that a tile has, and those of the other.
const TALL: usize = 4;
const WIDE: usize = 2;

/// Computes the product of each row of `a` with each row of `b`. Those of the first row of `a` come first.
pub(super) fn products(dimensions: usize, a: &[f32], b: &[f32], out: &mut [f32]) {
    Arch::new().dispatch(Products { dimensions, a, b, out });
}

/// Computes the product of two rows.
pub(super) fn product(a: &[f32], b: &[f32]) -> f32 {
    let mut out = [0.0];
    super::super::kernels::f32_sums(super::super::kernels::Sum::Products, a, b, &mut out);
    let [out] = out;
    out
}

struct Products<'a> {
    dimensions: usize,
    a: &'a [f32],
    b: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let dimensions = self.dimensions.max(1);
        let columns = self.b.len() / dimensions;
        let tall = self.a.chunks(dimensions * TALL).zip(self.out.chunks_mut((columns * TALL).max(1)));
        for (a, out) in tall {
            let rows = rows_of::<TALL>(a, dimensions);
            for (number, b) in self.b.chunks(dimensions * WIDE).enumerate() {
                let sums = tile(simd, rows, rows_of::<WIDE>(b, dimensions));
                for (row, sums) in out.chunks_mut(columns).zip(sums) {
                    let target = row.iter_mut().skip(number * WIDE);
                    target.zip(sums).for_each(|(target, sum)| *target = sum);
                }
            }
        }
    }
}

/// Returns the rows in a piece of memory. If there are fewer, the first stands in for the others.
#[inline(always)]
fn rows_of<const N: usize>(rows: &[f32], dimensions: usize) -> [&[f32]; N] {
    let first = rows.get(..dimensions).unwrap_or_default();
    let mut all = [first; N];
    all.iter_mut().zip(rows.chunks_exact(dimensions)).for_each(|(place, row)| *place = row);
    all
}

#[inline(always)]
fn tile<S: Simd>(simd: S, [a0, a1, a2, a3]: [&[f32]; TALL], [b0, b1]: [&[f32]; WIDE]) -> [[f32; WIDE]; TALL] {
    let zero = simd.splat_f32s(0.0);
    let mut sums = [[zero; WIDE]; TALL];
    let [[s00, s01], [s10, s11], [s20, s21], [s30, s31]] = &mut sums;
    let whole = |row| S::as_simd_f32s(row).0;
    let a = whole(a0).iter().zip(whole(a1)).zip(whole(a2)).zip(whole(a3));
    for ((((a0, a1), a2), a3), (b0, b1)) in a.zip(whole(b0).iter().zip(whole(b1))) {
        *s00 = simd.mul_add_e_f32s(*a0, *b0, *s00);
        *s01 = simd.mul_add_e_f32s(*a0, *b1, *s01);
        *s10 = simd.mul_add_e_f32s(*a1, *b0, *s10);
        *s11 = simd.mul_add_e_f32s(*a1, *b1, *s11);
        *s20 = simd.mul_add_e_f32s(*a2, *b0, *s20);
        *s21 = simd.mul_add_e_f32s(*a2, *b1, *s21);
        *s30 = simd.mul_add_e_f32s(*a3, *b0, *s30);
        *s31 = simd.mul_add_e_f32s(*a3, *b1, *s31);
    }
    let rest = |row| S::as_simd_f32s(row).1;
    let mut out = [[0.0; WIDE]; TALL];
    for ((out, sums), a) in out.iter_mut().zip(sums).zip([a0, a1, a2, a3]) {
        for ((out, sum), b) in out.iter_mut().zip(sums).zip([b0, b1]) {
            *out = simd.reduce_sum_f32s(sum) + rest(a).iter().zip(rest(b)).map(|(a, b)| a * b).sum::<f32>();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_those_of_the_plain_loop(
            (dimensions, a, b) in (1..50_usize, 1..10_usize, 1..10_usize).prop_flat_map(|(d, a, b)| {
                (Just(d), vec(-1.0_f32..1.0, d * a), vec(-1.0_f32..1.0, d * b))
            })
        ) {
            let mut out = vec![f32::NAN; a.len() / dimensions * (b.len() / dimensions)];
            products(dimensions, &a, &b, &mut out);
            let pairs = a.chunks(dimensions).flat_map(|a| b.chunks(dimensions).map(move |b| (a, b)));
            for ((a, b), out) in pairs.zip(out) {
                let expected: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                prop_assert!((out - expected).abs() < 1e-4, "{out} {expected}");
            }
        }
    }
}
