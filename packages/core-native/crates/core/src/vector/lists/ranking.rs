//! Which candidates of a search are compared exactly.
//!
//! Candidates come in the order of their estimates. When some were compared, it is known how far estimates are from
//! distances, and how near the wanted neighbors are at least. A candidate whose estimate is farther than that by several
//! times the usual error is not compared, and neither are those after it.

use crate::vector::block::Block;
use crate::vector::nearest::{Nearest, Neighbor};
use crate::vector::query::Query;
use crate::vector::shape::{Metric, TILE};

/// So many more than are wanted are compared before it is asked whether that was enough.
const FIRST: usize = 22;
/// So many are compared at a time afterwards.
const NEXT: usize = 16;
/// How many times the usual error an estimate may be wrong.
const ERRORS: f64 = 3.5;

/// A vector that may be near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: i64,
    /// Roughly its squared distance. Minus infinity if nothing is known.
    pub estimate: f64,
}

/// The candidates of one query.
pub struct Ranking<'a> {
    query: &'a Query,
    limit: usize,
    candidates: Vec<Candidate>,
    /// The candidates that `next` has named last, by their ids.
    named: Vec<Candidate>,
    done: usize,
    found: Vec<Neighbor>,
    /// The sum of the squared differences between distances and estimates, and their number.
    errors: f64,
    counted: usize,
}

impl<'a> Ranking<'a> {
    /// Begins with candidates in the order of their estimates. So many nearest are wanted.
    #[must_use]
    pub fn new(query: &'a Query, candidates: Vec<Candidate>, limit: usize) -> Self {
        let (named, found) = (Vec::new(), Vec::new());
        Self { query, limit, candidates, named, done: 0, found, errors: 0.0, counted: 0 }
    }

    /// Returns the ids of those that are to be compared next. None if no other can be among the nearest.
    pub fn next_ids(&mut self) -> Option<Vec<i64>> {
        let next = self.candidates.get(self.done)?;
        let count = match self.done {
            0 => self.limit.saturating_add(FIRST),
            _ if self.may_be_near(next.estimate) => (self.limit / 2).max(NEXT),
            _ => return None,
        };
        self.named.clear();
        self.named.extend(self.candidates.iter().skip(self.done).take(count));
        self.named.sort_unstable_by_key(|candidate| candidate.id);
        self.done += self.named.len();
        Some(self.named.iter().map(|candidate| candidate.id).collect())
    }

    /// Takes the vectors of those that `next_ids` has named, without those that are gone.
    pub fn take(&mut self, block: &Block) {
        let mut scores = [0.0; TILE];
        for start in (0..block.len()).step_by(TILE) {
            let (scores, _) = scores.split_at_mut(TILE.min(block.len() - start));
            self.query.score(block, start, scores);
            for (id, score) in block.ids().iter().skip(start).zip(scores.iter()) {
                // A vector that is not all numbers has no score, and is never found.
                if score.is_nan() {
                    continue;
                }
                self.found.push(Neighbor { score: *score, id: *id, value_id: 0 });
                let place = self.named.binary_search_by_key(id, |candidate| candidate.id);
                let estimate = place.ok().and_then(|place| self.named.get(place)).map(|candidate| candidate.estimate);
                let square = square_of(self.query.metric(), *score);
                if let Some((square, estimate)) = square.zip(estimate.filter(|estimate| estimate.is_finite())) {
                    self.errors += (square - estimate) * (square - estimate);
                    self.counted += 1;
                }
            }
        }
    }

    /// Returns the nearest of all that were taken.
    #[must_use]
    pub fn finish(self) -> Vec<Neighbor> {
        let mut nearest = Nearest::new(self.limit);
        self.found.into_iter().for_each(|neighbor| nearest.offer(neighbor));
        nearest.into_sorted()
    }

    /// Returns whether one of this estimate, or a farther one, may be among the nearest.
    fn may_be_near(&self, estimate: f64) -> bool {
        let Some(last) = self.limit.checked_sub(1) else { return false };
        if self.counted == 0 || self.found.len() <= last {
            return true;
        }
        let mut scores: Vec<f64> = self.found.iter().map(|neighbor| neighbor.score).collect();
        let (_, farthest, _) = scores.select_nth_unstable_by(last, f64::total_cmp);
        let error = (self.errors / self.counted as f64).sqrt();
        square_of(self.query.metric(), *farthest).is_none_or(|farthest| estimate - ERRORS * error <= farthest)
    }
}

/// Returns the squared distance of a score, of directions under cosine. Under L1 no score tells it.
fn square_of(metric: Metric, score: f64) -> Option<f64> {
    match metric {
        Metric::Cosine => Some(2.0 * score),
        Metric::L2 | Metric::Hamming => Some(score),
        Metric::L1 | Metric::Dot => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::shape::{Shape, VectorType};

    const SHAPE: Shape = Shape { kind: VectorType::F32, dimensions: 2, keeps_lengths: false };

    fn bytes(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// Candidates 0, 1, 2 and so on at the same distance as their number, with estimates that are wrong by so much.
    fn compared(metric: Metric, count: i64, limit: usize, wrong: f64) -> (usize, Vec<i64>) {
        let query = Query::new(SHAPE, metric, &bytes(&[0.0, 0.0])).unwrap_or_else(|error| unreachable!("{error}"));
        let sign = |id: i64| if id % 2 == 0 { wrong } else { -wrong };
        let mut candidates: Vec<Candidate> =
            (0..count).map(|id| Candidate { id, estimate: (id * id) as f64 + sign(id) }).collect();
        candidates.sort_by(|a, b| a.estimate.total_cmp(&b.estimate));
        let mut ranking = Ranking::new(&query, candidates, limit);
        let mut read = 0;
        while let Some(ids) = ranking.next_ids() {
            read += ids.len();
            let rows: Vec<f32> = ids.iter().flat_map(|id| [*id as f32, 0.0]).collect();
            ranking.take(&Block::of_rows(SHAPE, &ids, &bytes(&rows)));
        }
        (read, ranking.finish().into_iter().map(|found| found.id).collect())
    }

    #[test]
    fn those_that_cannot_be_near_are_not_compared() {
        for (limit, wrong) in [(1, 0.0), (5, 0.4), (10, 20.0), (40, 300.0)] {
            let (read, found) = compared(Metric::L2, 200, limit, wrong);
            assert_eq!(found, (0..limit as i64).collect::<Vec<_>>());
            assert!(read < limit * 2 + FIRST + NEXT, "{read} for {limit}");
        }
        // Where estimates tell little, more are compared.
        assert_eq!(compared(Metric::L2, 200, 5, 1e6).0, 200);
        // Under L1, estimates tell nothing.
        assert_eq!(compared(Metric::L1, 200, 5, 0.0).0, 200);
        assert_eq!(compared(Metric::L2, 3, 5, 0.0), (3, vec![0, 1, 2]));
        assert_eq!(compared(Metric::L2, 0, 5, 0.0), (0, vec![]));
    }

    #[test]
    fn those_without_an_estimate_are_all_compared() {
        let query = Query::new(SHAPE, Metric::L2, &bytes(&[0.0, 0.0])).unwrap_or_else(|error| unreachable!("{error}"));
        let candidates = (0..100).map(|id| Candidate { id, estimate: f64::NEG_INFINITY }).collect();
        let mut ranking = Ranking::new(&query, candidates, 1);
        let mut read = 0;
        while let Some(ids) = ranking.next_ids() {
            read += ids.len();
            let rows: Vec<f32> = ids.iter().flat_map(|id| [100.0 - *id as f32, 0.0]).collect();
            ranking.take(&Block::of_rows(SHAPE, &ids, &bytes(&rows)));
        }
        assert_eq!((read, ranking.finish().first().map(|found| found.id)), (100, Some(99)));
    }
}
