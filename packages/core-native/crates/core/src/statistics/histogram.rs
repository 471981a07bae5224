//! How many numbers lie between which edges.

use pulp::Simd;

use super::number::{Number, Work, dispatch};
use crate::packer::element::ElementType;

/// Adds the numbers of each bin to its count. Bin `i` is from edge `i` up to edge `i + 1`, which belongs only to the
/// last bin. The edges ascend, and there is one more of them than counts. What lies outside is not counted.
pub fn count(kind: ElementType, bytes: &[u8], edges: &[f64], counts: &mut [f64]) {
    dispatch(kind, bytes, Count { edges, counts });
}

struct Count<'a> {
    edges: &'a [f64],
    counts: &'a mut [f64],
}

impl Work for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn on<T: Number, S: Simd>(self, _: S, values: &[T]) {
        let Self { edges, counts } = self;
        let (Some(first), Some(last), Some(most)) = (edges.first(), edges.last(), counts.len().checked_sub(1)) else {
            return;
        };
        // If the bins have one width, this is the right bin or its neighbor. If not, it is where the search begins.
        let scale = counts.len() as f64 / (last - first);
        for value in values {
            let value = value.to_f64();
            // Both comparisons are false for NaN.
            let is_within = value >= *first && value <= *last;
            if !is_within {
                continue;
            }
            let mut bin = most.min(((value - first) * scale) as usize);
            if !holds(edges, bin, most, value) {
                bin = match (bin.checked_sub(1), bin + 1) {
                    (Some(below), _) if holds(edges, below, most, value) => below,
                    (_, above) if above <= most && holds(edges, above, most, value) => above,
                    _ => edges.partition_point(|edge| *edge <= value).saturating_sub(1).min(most),
                };
            }
            if let Some(count) = counts.get_mut(bin) {
                *count += 1.0;
            }
        }
    }
}

/// Whether a bin has a value.
#[inline(always)]
fn holds(edges: &[f64], bin: usize, most: usize, value: f64) -> bool {
    match edges.get(bin..) {
        Some([low, high, ..]) => value >= *low && (value < *high || bin == most),
        _ => false,
    }
}
