//! The loops over numbers, compiled for what the processor has.
//!
//! Each is plain Rust whose accumulators stand side by side, so that the compiler turns them into vector instructions;
//! `pulp` runs them compiled for AVX-512, AVX2 with FMA, or NEON, whichever it finds at run time.

use pulp::{Arch, NullaryFnOnce};

/// What is summed over the dimensions of two vectors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sum {
    Products,
    SquaredDifferences,
    Differences,
}

/// Enough independent sums to keep the units busy that add them.
const LANES: usize = 32;
/// Eight-bit differences fit 16 bits, and so many of their products 32.
const INT8_LANES: usize = 32;

/// The sums of each row with the query, of 32-bit floats.
pub(crate) fn f32_sums(sum: Sum, query: &[f32], rows: &[f32], out: &mut [f32]) {
    Arch::new().dispatch(F32Sums { sum, query, rows, out });
}

/// The sums of each row with the query, of signed bytes: exact.
pub(crate) fn int8_sums(sum: Sum, query: &[i8], rows: &[i8], out: &mut [i32]) {
    Arch::new().dispatch(Int8Sums { sum, query, rows, out });
}

/// How many bits of each row differ from the query's.
pub(crate) fn differing_bits(query: &[u8], rows: &[u8], out: &mut [u32]) {
    Arch::new().dispatch(DifferingBits { query, rows, out });
}

struct F32Sums<'a> {
    sum: Sum,
    query: &'a [f32],
    rows: &'a [f32],
    out: &'a mut [f32],
}

impl NullaryFnOnce for F32Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.rows.chunks_exact(self.query.len()).zip(self.out);
        match self.sum {
            Sum::Products => rows.for_each(|(row, out)| *out = f32_sum(self.query, row, |a, b| a * b)),
            Sum::SquaredDifferences => {
                rows.for_each(|(row, out)| *out = f32_sum(self.query, row, |a, b| (a - b) * (a - b)));
            }
            Sum::Differences => rows.for_each(|(row, out)| *out = f32_sum(self.query, row, |a, b| (a - b).abs())),
        }
    }
}

#[inline(always)]
fn f32_sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += term(*a, *b);
        }
    }
    for ((sum, a), b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        *sum += term(*a, *b);
    }
    // In halves, which adds few roundings to each term.
    let mut width = LANES / 2;
    while width > 0 {
        let (low, high) = sums.split_at_mut(width);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
        width /= 2;
    }
    let [first, ..] = sums;
    first
}

struct Int8Sums<'a> {
    sum: Sum,
    query: &'a [i8],
    rows: &'a [i8],
    out: &'a mut [i32],
}

impl NullaryFnOnce for Int8Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.rows.chunks_exact(self.query.len()).zip(self.out);
        match self.sum {
            Sum::Products => rows.for_each(|(row, out)| *out = int8_sum(self.query, row, |a, b| a * b)),
            Sum::SquaredDifferences => {
                rows.for_each(|(row, out)| *out = int8_sum(self.query, row, |a, b| (a - b) * (a - b)));
            }
            Sum::Differences => rows.for_each(|(row, out)| *out = int8_sum(self.query, row, |a, b| (a - b).abs())),
        }
    }
}

#[inline(always)]
fn int8_sum(a: &[i8], b: &[i8], term: impl Fn(i32, i32) -> i32) -> i32 {
    let (a_lanes, a_rest) = a.as_chunks::<INT8_LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<INT8_LANES>();
    let mut sum = 0;
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        sum += a.iter().zip(b).map(|(a, b)| term(i32::from(*a), i32::from(*b))).sum::<i32>();
    }
    sum + a_rest.iter().zip(b_rest).map(|(a, b)| term(i32::from(*a), i32::from(*b))).sum::<i32>()
}

struct DifferingBits<'a> {
    query: &'a [u8],
    rows: &'a [u8],
    out: &'a mut [u32],
}

impl NullaryFnOnce for DifferingBits<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (row, out) in self.rows.chunks_exact(self.query.len()).zip(self.out) {
            let (a, a_rest) = self.query.as_chunks::<8>();
            let (b, b_rest) = row.as_chunks::<8>();
            let whole: u32 =
                a.iter().zip(b).map(|(a, b)| (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)).count_ones()).sum();
            *out = whole + a_rest.iter().zip(b_rest).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const SUMS: [Sum; 3] = [Sum::Products, Sum::SquaredDifferences, Sum::Differences];

    fn term(sum: Sum, a: f64, b: f64) -> f64 {
        match sum {
            Sum::Products => a * b,
            Sum::SquaredDifferences => (a - b) * (a - b),
            Sum::Differences => (a - b).abs(),
        }
    }

    fn plain(sum: Sum, a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| term(sum, *a, *b)).sum()
    }

    proptest! {
        #[test]
        fn sums_of_floats_are_those_of_the_plain_loop(
            (query, rows) in (1..100_usize).prop_flat_map(|d| (vec(-1.0_f32..1.0, d), vec(-1.0_f32..1.0, d * 3)))
        ) {
            let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
            for sum in SUMS {
                let mut out = [0.0; 3];
                f32_sums(sum, &query, &rows, &mut out);
                for (row, out) in rows.chunks_exact(query.len()).zip(out) {
                    let expected = plain(sum, &wide(&query), &wide(row));
                    prop_assert!((f64::from(out) - expected).abs() < 1e-4, "{out} {expected}");
                }
            }
        }

        #[test]
        fn sums_of_bytes_are_exact(
            (query, rows) in (1..200_usize).prop_flat_map(|d| (vec(any::<i8>(), d), vec(any::<i8>(), d * 3)))
        ) {
            let wide = |values: &[i8]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
            for sum in SUMS {
                let mut out = [0; 3];
                int8_sums(sum, &query, &rows, &mut out);
                for (row, out) in rows.chunks_exact(query.len()).zip(out) {
                    prop_assert_eq!(f64::from(out), plain(sum, &wide(&query), &wide(row)));
                }
            }
        }

        #[test]
        fn differing_bits_are_counted(
            (query, rows) in (1..40_usize).prop_flat_map(|d| (vec(any::<u8>(), d), vec(any::<u8>(), d * 3)))
        ) {
            let mut out = [0; 3];
            differing_bits(&query, &rows, &mut out);
            for (row, out) in rows.chunks_exact(query.len()).zip(out) {
                prop_assert_eq!(out, query.iter().zip(row).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>());
            }
        }
    }
}
