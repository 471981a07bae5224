//! The loops over numbers, compiled for what the processor has.
//!
//! `pulp` runs each loop compiled for AVX-512, AVX2 with FMA, or NEON, whichever it finds at run time. Floats are added
//! up in vectors of that size. The compiler would not do so on its own, because the order of additions changes the last
//! digit. It does turn loops over integers into vector instructions.

use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

/// What is summed over the dimensions of two vectors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sum {
    Products,
    SquaredDifferences,
    Differences,
    /// Those of the row alone.
    Squares,
}

/// The number of independent sums, so that an addition does not wait for the one before.
const CHAINS: usize = 4;

/// Computes the sums of each row with the query, of 32-bit floats.
pub(crate) fn f32_sums(sum: Sum, query: &[f32], rows: &[f32], out: &mut [f32]) {
    Arch::new().dispatch(F32Sums { sum, query, stride: query.len(), rows, out });
}

/// Computes the sums of the beginning of each row with the query. `stride` is the length of a row.
pub(crate) fn f32_prefix_sums(sum: Sum, query: &[f32], stride: usize, rows: &[f32], out: &mut [f32]) {
    Arch::new().dispatch(F32Sums { sum, query, stride, rows, out });
}

/// Computes the sums of each row with the query, of signed bytes. They are exact.
pub(crate) fn int8_sums(sum: Sum, query: &[i8], rows: &[i8], out: &mut [i32]) {
    Arch::new().dispatch(Int8Sums { sum, query, stride: query.len(), rows, out });
}

/// Computes the sums of the beginning of each row with the query. `stride` is the length of a row.
pub(crate) fn int8_prefix_sums(sum: Sum, query: &[i8], stride: usize, rows: &[i8], out: &mut [i32]) {
    Arch::new().dispatch(Int8Sums { sum, query, stride, rows, out });
}

/// Counts how many bits of each row differ from those of the query.
pub(crate) fn differing_bits(query: &[u8], rows: &[u8], out: &mut [u32]) {
    Arch::new().dispatch(DifferingBits { query, rows, out });
}

struct F32Sums<'a> {
    sum: Sum,
    query: &'a [f32],
    /// The length of a row, at least that of the query.
    stride: usize,
    rows: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for F32Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sum, query, stride, rows, out } = self;
        let rows = rows.chunks_exact(stride).zip(out);
        // Loops, and not calls of an iterator's methods: such a call may not be inlined, and is then compiled for any
        // processor.
        match sum {
            Sum::Products => {
                for (row, out) in rows {
                    *out = products(simd, query, beginning(row, query.len()));
                }
            }
            Sum::Squares => {
                for (row, out) in rows {
                    let row = beginning(row, query.len());
                    *out = products(simd, row, row);
                }
            }
            Sum::SquaredDifferences => {
                for (row, out) in rows {
                    *out = squared_differences(simd, query, beginning(row, query.len()));
                }
            }
            Sum::Differences => {
                for (row, out) in rows {
                    *out = differences(simd, query, beginning(row, query.len()));
                }
            }
        }
    }
}

/// Returns the first elements of a row.
#[inline(always)]
fn beginning<T>(row: &[T], length: usize) -> &[T] {
    row.get(..length).unwrap_or(row)
}

#[inline(always)]
fn products<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    f32_sum(simd, a, b, |sum, a, b| simd.mul_add_e_f32s(a, b, sum), |a, b| a * b)
}

#[inline(always)]
fn squared_differences<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let add = |sum, a, b| {
        let difference = simd.sub_f32s(a, b);
        simd.mul_add_e_f32s(difference, difference, sum)
    };
    f32_sum(simd, a, b, add, |a, b| (a - b) * (a - b))
}

#[inline(always)]
fn differences<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let add = |sum, a, b| simd.add_f32s(sum, simd.abs_f32s(simd.sub_f32s(a, b)));
    f32_sum(simd, a, b, add, |a, b| (a - b).abs())
}

#[inline(always)]
fn f32_sum<S: Simd>(
    simd: S,
    a: &[f32],
    b: &[f32],
    add: impl Fn(S::f32s, S::f32s, S::f32s) -> S::f32s,
    term: impl Fn(f32, f32) -> f32,
) -> f32 {
    let (a_vectors, a_rest) = S::as_simd_f32s(a);
    let (b_vectors, b_rest) = S::as_simd_f32s(b);
    let (a_chains, a_vectors) = a_vectors.as_chunks::<CHAINS>();
    let (b_chains, b_vectors) = b_vectors.as_chunks::<CHAINS>();
    let [mut first, mut second, mut third, mut fourth] = [simd.splat_f32s(0.0); CHAINS];
    for ([a0, a1, a2, a3], [b0, b1, b2, b3]) in a_chains.iter().zip(b_chains) {
        first = add(first, *a0, *b0);
        second = add(second, *a1, *b1);
        third = add(third, *a2, *b2);
        fourth = add(fourth, *a3, *b3);
    }
    for (a, b) in a_vectors.iter().zip(b_vectors) {
        first = add(first, *a, *b);
    }
    let sums = simd.add_f32s(simd.add_f32s(first, second), simd.add_f32s(third, fourth));
    simd.reduce_sum_f32s(sums) + a_rest.iter().zip(b_rest).map(|(a, b)| term(*a, *b)).sum::<f32>()
}

struct Int8Sums<'a> {
    sum: Sum,
    query: &'a [i8],
    /// The length of a row, at least that of the query.
    stride: usize,
    rows: &'a [i8],
    out: &'a mut [i32],
}

impl NullaryFnOnce for Int8Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { sum, query, stride, rows, out } = self;
        for (row, out) in rows.chunks_exact(stride).zip(out) {
            let row = beginning(row, query.len());
            *out = match sum {
                Sum::Products => int8_sum(query, row, |a, b| i32::from(a) * i32::from(b)),
                Sum::Squares => int8_sum(row, row, |a, b| i32::from(a) * i32::from(b)),
                Sum::SquaredDifferences => int8_sum(query, row, |a, b| i32::from(a - b) * i32::from(a - b)),
                Sum::Differences => int8_sum(query, row, |a, b| i32::from((a - b).abs())),
            };
        }
    }
}

#[inline(always)]
fn int8_sum(a: &[i8], b: &[i8], term: impl Fn(i16, i16) -> i32) -> i32 {
    a.iter().zip(b).map(|(a, b)| term(i16::from(*a), i16::from(*b))).sum()
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

    const SUMS: [Sum; 4] = [Sum::Products, Sum::SquaredDifferences, Sum::Differences, Sum::Squares];

    fn term(sum: Sum, a: f64, b: f64) -> f64 {
        match sum {
            Sum::Products => a * b,
            Sum::SquaredDifferences => (a - b) * (a - b),
            Sum::Differences => (a - b).abs(),
            Sum::Squares => b * b,
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
        fn the_beginnings_of_rows_are_compared_with_a_shorter_query(
            (query, rows, bytes) in (1..60_usize, 0..60_usize).prop_flat_map(|(d, more)| {
                (vec(-1.0_f32..1.0, d), vec(-1.0_f32..1.0, (d + more) * 3), vec(any::<i8>(), (d + more) * 3))
            })
        ) {
            let stride = rows.len() / 3;
            let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
            let short: Vec<i8> = query.iter().map(|value| (value * 127.0) as i8).collect();
            let wide_bytes = |values: &[i8]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
            for sum in SUMS {
                let mut out = [0.0; 3];
                f32_prefix_sums(sum, &query, stride, &rows, &mut out);
                for (row, out) in rows.chunks_exact(stride).zip(out) {
                    prop_assert!((f64::from(out) - plain(sum, &wide(&query), &wide(row))).abs() < 1e-4);
                }
                let mut out = [0; 3];
                int8_prefix_sums(sum, &short, stride, &bytes, &mut out);
                for (row, out) in bytes.chunks_exact(stride).zip(out) {
                    prop_assert_eq!(f64::from(out), plain(sum, &wide_bytes(&short), &wide_bytes(row)));
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
