//! The best of many matches.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A document that matches, and how well.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    /// The document.
    pub id: i64,
    /// The greater, the better.
    pub score: f64,
}

impl Match {
    /// Orders matches: the better one, then the one with the lower id, is less.
    fn order(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.id.cmp(&other.id))
    }
}

impl PartialEq for Match {
    fn eq(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Equal
    }
}

impl Eq for Match {}

impl PartialOrd for Match {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Match {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order(other)
    }
}

/// Keeps the best of all matches that it is given.
pub struct Best {
    wanted: usize,
    /// The worst of the kept ones is the greatest.
    kept: BinaryHeap<Match>,
}

impl Best {
    /// Keeps up to `wanted` matches.
    #[must_use]
    pub fn new(wanted: usize) -> Self {
        Self { wanted, kept: BinaryHeap::new() }
    }

    /// Takes a match, if it belongs to the best so far.
    pub fn offer(&mut self, found: Match) {
        if self.kept.len() < self.wanted {
            self.kept.push(found);
        } else if let Some(mut worst) = self.kept.peek_mut()
            && found < *worst
        {
            *worst = found;
        }
    }

    /// Returns the kept matches, the best first.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Match> {
        self.kept.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::{Best, Match};

    fn best(wanted: usize, scores: &[(i64, f64)]) -> Vec<i64> {
        let mut best = Best::new(wanted);
        for &(id, score) in scores {
            best.offer(Match { id, score });
        }
        best.into_sorted().iter().map(|found| found.id).collect()
    }

    #[test]
    fn the_best_come_first_and_equals_by_id() {
        let scores = [(5, 1.0), (1, 0.5), (9, 2.0), (3, 1.0), (2, 0.1)];
        assert_eq!(best(3, &scores), [9, 3, 5]);
        assert_eq!(best(10, &scores), [9, 3, 5, 1, 2]);
        assert_eq!(best(0, &scores), Vec::<i64>::new());
    }
}
