//! Keeping the best of many.

use std::cmp::Ordering;

/// Room beyond what is asked for, so that few of the rows that come in make the rest move.
const SLACK: usize = 256;

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The smaller, the nearer.
    pub score: f64,
    /// The vector's id.
    pub id: i64,
    /// The id of its value.
    pub value_id: i64,
}

impl Neighbour {
    /// By score; of equals the newest first, as sqlite-vec gives those of one chunk.
    fn order(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.id.cmp(&self.id))
    }
}

/// The `limit` nearest of all rows that were offered; a limit may be as large as it likes.
pub struct Nearest {
    limit: usize,
    /// A score above it cannot come in any more.
    threshold: f64,
    found: Vec<Neighbour>,
}

impl Nearest {
    /// Of nothing yet.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, threshold: if limit == 0 { f64::NEG_INFINITY } else { f64::INFINITY }, found: Vec::new() }
    }

    /// Whether a row of this score could still come in. Never true for NaN.
    #[inline]
    pub(crate) fn wants(&self, score: f64) -> bool {
        score <= self.threshold
    }

    /// Whether any of these rows could still come in; NaN counts as one that could.
    #[inline]
    pub(crate) fn wants_any(&self, scores: &[f32]) -> bool {
        let threshold = self.threshold as f32;
        // Without an early end, so that the compiler compares many at once.
        scores.iter().fold(false, |any, score| any | (score.is_nan() | (*score <= threshold)))
    }

    /// Takes a row in unless enough are nearer.
    #[inline]
    pub fn offer(&mut self, neighbour: Neighbour) {
        if !self.wants(neighbour.score) {
            return;
        }
        self.found.push(neighbour);
        if self.found.len() >= self.limit.saturating_mul(2).saturating_add(SLACK) {
            self.trim();
        }
    }

    #[cold]
    fn trim(&mut self) {
        if self.found.len() <= self.limit {
            return;
        }
        let Some(last) = self.limit.checked_sub(1) else { return };
        let (_, worst, _) = self.found.select_nth_unstable_by(last, Neighbour::order);
        self.threshold = worst.score;
        self.found.truncate(self.limit);
    }

    /// Takes in what another one has found.
    pub(crate) fn absorb(&mut self, other: Self) {
        other.found.into_iter().for_each(|neighbour| self.offer(neighbour));
    }

    /// The nearest, in their order.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Neighbour> {
        self.trim();
        self.found.sort_unstable_by(Neighbour::order);
        self.found
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_nearest_are_those_of_a_whole_sort(scores in vec(0..50_u8, 0..3000), limit in 0..700_usize) {
            let rows: Vec<_> = scores
                .iter()
                .enumerate()
                .map(|(id, score)| Neighbour { score: f64::from(*score), id: id as i64, value_id: 0 })
                .collect();
            let mut nearest = Nearest::new(limit);
            rows.iter().for_each(|row| nearest.offer(*row));
            let mut expected = rows;
            expected.sort_by(|a, b| a.score.total_cmp(&b.score).then(b.id.cmp(&a.id)));
            expected.truncate(limit);
            prop_assert_eq!(nearest.into_sorted(), expected);
        }
    }

    #[test]
    fn a_row_without_a_score_is_never_found() {
        let mut nearest = Nearest::new(usize::MAX);
        nearest.offer(Neighbour { score: f64::NAN, id: 1, value_id: 1 });
        nearest.offer(Neighbour { score: f64::INFINITY, id: 2, value_id: 2 });
        assert_eq!(nearest.into_sorted().len(), 1);
    }
}
