//! The first number in a range.

use pulp::Simd;

use super::number::{LANES, Number, Work, dispatch, numbers};
use crate::packer::element::ElementType;

/// Returns the position of the first number from `low` to `high`, both included. The bounds are two numbers of the same
/// type: floats of 32 bits for halves.
#[must_use]
pub fn find(kind: ElementType, bytes: &[u8], bounds: &[u8]) -> Option<usize> {
    dispatch(kind, bytes, Find(bounds))
}

struct Find<'a>(&'a [u8]);

impl Work for Find<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn on<T: Number, S: Simd>(self, _: S, values: &[T]) -> Option<usize> {
        let bounds = numbers::<T>(self.0);
        let (Some(low), Some(high)) = (bounds.first().copied(), bounds.get(1).copied()) else { return None };
        let is_within = |value: &T| *value >= low && *value <= high;
        // Without a branch for each number, the loop becomes vector instructions.
        let (chunks, _) = values.as_chunks::<{ 4 * LANES }>();
        let skipped = chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |any, value| any | is_within(value)));
        let start = skipped.count() * 4 * LANES;
        values.get(start..)?.iter().position(is_within).map(|position| start + position)
    }
}
