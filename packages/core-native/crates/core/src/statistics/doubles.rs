//! The loops over doubles, which compilers do not make vectors of: that would change the order of additions.

use pulp::Simd;

/// The number of independent results, so that an operation does not wait for the one before.
const CHAINS: usize = 4;

/// Adds up doubles. The result is NaN if one of them is.
#[inline(always)]
pub(super) fn sum<S: Simd>(simd: S, values: &[f64]) -> f64 {
    add_up(simd, values, |sum, values| simd.add_f64s(sum, values), |value| value)
}

/// Adds up the squared distances from a mean.
#[inline(always)]
pub(super) fn squares<S: Simd>(simd: S, values: &[f64], mean: f64) -> f64 {
    let means = simd.splat_f64s(mean);
    let add = |sum, values| {
        let distances = simd.sub_f64s(values, means);
        simd.mul_add_e_f64s(distances, distances, sum)
    };
    add_up(simd, values, add, |value| (value - mean) * (value - mean))
}

#[inline(always)]
fn add_up<S: Simd>(
    simd: S,
    values: &[f64],
    add: impl Fn(S::f64s, S::f64s) -> S::f64s,
    term: impl Fn(f64) -> f64,
) -> f64 {
    let (vectors, rest) = S::as_simd_f64s(values);
    let (chains, vectors) = vectors.as_chunks::<CHAINS>();
    let [mut first, mut second, mut third, mut fourth] = [simd.splat_f64s(0.0); CHAINS];
    for [a, b, c, d] in chains {
        first = add(first, *a);
        second = add(second, *b);
        third = add(third, *c);
        fourth = add(fourth, *d);
    }
    for values in vectors {
        first = add(first, *values);
    }
    let sums = simd.add_f64s(simd.add_f64s(first, second), simd.add_f64s(third, fourth));
    simd.reduce_sum_f64s(sums) + rest.iter().map(|value| term(*value)).sum::<f64>()
}

/// Returns the least and the greatest of doubles and of those given. NaN is neither.
#[inline(always)]
pub(super) fn extremes<S: Simd>(simd: S, values: &[f64], least: f64, greatest: f64) -> (f64, f64) {
    let (vectors, rest) = S::as_simd_f64s(values);
    let mut lows = [simd.splat_f64s(least); CHAINS];
    let mut highs = [simd.splat_f64s(greatest); CHAINS];
    // A comparison with NaN is false.
    let low = |low, values| simd.select_f64s(simd.less_than_f64s(values, low), values, low);
    let high = |high, values| simd.select_f64s(simd.less_than_f64s(high, values), values, high);
    let (chains, vectors) = vectors.as_chunks::<CHAINS>();
    for chain in chains {
        for ((lows, highs), values) in lows.iter_mut().zip(&mut highs).zip(chain) {
            *lows = low(*lows, *values);
            *highs = high(*highs, *values);
        }
    }
    let [mut lows, a, b, c] = lows;
    let [mut highs, d, e, f] = highs;
    for values in [a, b, c].iter().chain(vectors) {
        lows = low(lows, *values);
    }
    for values in [d, e, f].iter().chain(vectors) {
        highs = high(highs, *values);
    }
    rest.iter().fold((simd.reduce_min_f64s(lows), simd.reduce_max_f64s(highs)), |(least, greatest), value| {
        (if *value < least { *value } else { least }, if *value > greatest { *value } else { greatest })
    })
}
