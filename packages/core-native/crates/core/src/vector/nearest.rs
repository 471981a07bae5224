//! Keeping the nearest of many rows.

use std::cmp::Ordering;

/// Room beyond the limit, so that few of the rows that come in make the others move.
const SLACK: usize = 256;

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// The score: the smaller, the nearer.
    pub score: f64,
    /// The vector's id.
    pub id: i64,
    /// The id of its value.
    pub value_id: i64,
}

impl Neighbor {
    /// Compares by score. Of equal rows the newest comes first, as sqlite-vec returns those of one chunk.
    fn order(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.id.cmp(&self.id))
    }
}

/// The `limit` nearest of all rows that were offered. A limit of any size is fine.
pub struct Nearest {
    limit: usize,
    /// Rows with a higher score cannot come in any more.
    threshold: f64,
    found: Vec<Neighbor>,
}

impl Nearest {
    /// Creates an empty collector.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, threshold: if limit == 0 { f64::NEG_INFINITY } else { f64::INFINITY }, found: Vec::new() }
    }

    /// Returns whether a row of this score could still come in. It is false for NaN.
    #[inline]
    pub(crate) fn wants(&self, score: f64) -> bool {
        score <= self.threshold
    }

    /// Returns whether any of these rows could still come in. NaN counts as a score that could.
    #[inline]
    pub(crate) fn wants_any(&self, scores: &[f32]) -> bool {
        let threshold = self.threshold as f32;
        // Without an early end, so that the compiler compares many at once.
        scores.iter().fold(false, |any, score| any | (score.is_nan() | (*score <= threshold)))
    }

    /// Takes a row unless enough rows are nearer.
    #[inline]
    pub fn offer(&mut self, neighbor: Neighbor) {
        if !self.wants(neighbor.score) {
            return;
        }
        self.found.push(neighbor);
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
        let (_, worst, _) = self.found.select_nth_unstable_by(last, Neighbor::order);
        self.threshold = worst.score;
        self.found.truncate(self.limit);
    }

    /// Takes the rows that another collector has found.
    pub(crate) fn absorb(&mut self, other: Self) {
        other.found.into_iter().for_each(|neighbor| self.offer(neighbor));
    }

    /// Returns the nearest rows, in their order.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Neighbor> {
        self.trim();
        self.found.sort_unstable_by(Neighbor::order);
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
                .map(|(id, score)| Neighbor { score: f64::from(*score), id: id as i64, value_id: 0 })
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
        nearest.offer(Neighbor { score: f64::NAN, id: 1, value_id: 1 });
        nearest.offer(Neighbor { score: f64::INFINITY, id: 2, value_id: 2 });
        assert_eq!(nearest.into_sorted().len(), 1);
    }
}
