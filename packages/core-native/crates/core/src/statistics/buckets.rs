//! What is drawn of many numbers: a few of them, or their means, bucket by bucket.
//!
//! A bucket has the numbers from one bound up to the next, by their indexes in the whole sequence. The bounds ascend.

use pulp::Simd;

use super::number::{Number, Work, dispatch};
use crate::boundary::{bucket_place, choice_place};
use crate::packer::element::ElementType;

/// Adds the values of a piece to the buckets that they are in. `first` is the index of the first of them.
pub fn describe(kind: ElementType, bytes: &[u8], first: usize, bounds: &[f64], buckets: &mut [f64]) {
    dispatch(kind, bytes, Describe { first, bounds, buckets });
}

struct Describe<'a> {
    first: usize,
    bounds: &'a [f64],
    buckets: &'a mut [f64],
}

impl Work for Describe<'_> {
    type Output = ();

    #[inline(always)]
    fn on<T: Number, S: Simd>(self, _: S, values: &[T]) {
        let buckets = self.buckets.as_chunks_mut::<{ bucket_place::PLACES }>().0;
        for (part, start, nth) in parts(values, self.first, self.bounds) {
            let (Some(bucket), Some(bound)) = (buckets.get_mut(nth), self.bounds.get(nth)) else { continue };
            let [count, indexes, sum, least, least_at, greatest, greatest_at] = bucket;
            for (position, value) in part.iter().enumerate().filter(|(_, value)| value.is_value()) {
                let (index, value) = ((start + position) as f64, value.to_f64());
                if *count == 0.0 || value < *least {
                    (*least, *least_at) = (value, index);
                }
                if *count == 0.0 || value > *greatest {
                    (*greatest, *greatest_at) = (value, index);
                }
                *count += 1.0;
                *indexes += index - bound;
                *sum += value;
            }
        }
    }
}

/// Chooses the point of each bucket that makes the largest triangle with the point chosen before and with the mean of
/// the next bucket. `means` has an index and a value for each bucket, and one pair more. `choices` are the places of
/// `choice_place` and then a pair for each bucket, which gets its point when the next bucket begins; the caller puts the
/// last one there.
pub fn choose(kind: ElementType, bytes: &[u8], first: usize, bounds: &[f64], means: &[f64], choices: &mut [f64]) {
    if let Some((state, chosen)) = choices.split_first_chunk_mut() {
        dispatch(kind, bytes, Choose { first, bounds, means, state, chosen });
    }
}

struct Choose<'a> {
    first: usize,
    bounds: &'a [f64],
    means: &'a [f64],
    state: &'a mut [f64; choice_place::PLACES],
    chosen: &'a mut [f64],
}

impl Work for Choose<'_> {
    type Output = ();

    #[inline(always)]
    fn on<T: Number, S: Simd>(self, _: S, values: &[T]) {
        let [before_at, before, bucket, area, best_at, best] = self.state;
        let means = self.means.as_chunks::<2>().0;
        let chosen = self.chosen.as_chunks_mut::<2>().0;
        for (part, start, nth) in parts(values, self.first, self.bounds) {
            if nth as f64 != *bucket {
                if *area >= 0.0 {
                    if let Some(point) = chosen.get_mut(*bucket as usize) {
                        *point = [*best_at, *best];
                    }
                    (*before_at, *before) = (*best_at, *best);
                }
                (*bucket, *area) = (nth as f64, -1.0);
            }
            let Some([next_at, next]) = means.get(nth + 1) else { continue };
            for (position, value) in part.iter().enumerate().filter(|(_, value)| value.is_value()) {
                let (index, value) = ((start + position) as f64, value.to_f64());
                let twice =
                    ((*before_at - next_at) * (value - *before) - (*before_at - index) * (next - *before)).abs();
                // The area of an infinity may be NaN, and the first point is better than none.
                if twice > *area || *area < 0.0 {
                    (*area, *best_at, *best) = (if twice.is_nan() { 0.0 } else { twice }, index, value);
                }
            }
        }
    }
}

/// Splits a piece at the bounds. Returns parts with the index of their first number, and the numbers of their buckets.
#[inline(always)]
fn parts<'a, T>(
    values: &'a [T],
    first: usize,
    bounds: &'a [f64],
) -> impl Iterator<Item = (&'a [T], usize, usize)> + use<'a, T> {
    let end = first + values.len();
    // The bucket of the first number is the last that begins at or before it.
    let bucket = bounds.partition_point(|bound| *bound <= first as f64).saturating_sub(1);
    (bucket..bounds.len().saturating_sub(1)).map_while(move |nth| {
        let [low, high] = bounds.get(nth..nth + 2)? else { return None };
        let (from, to) = ((*low as usize).max(first), (*high as usize).min(end));
        if from >= end {
            return None;
        }
        Some((values.get(from - first..to.max(from) - first)?, from, nth))
    })
}
