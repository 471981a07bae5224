//! Looking for near vectors in lists.

use super::centroids::Centroids;
use super::entries::{Code, Entries};
use super::parts::ListEntries;
use super::ranking::Candidate;
use super::train::List;
use crate::vector::nearest::{Nearest, Neighbor};
use crate::vector::query::Query;
use crate::vector::shape::TILE;
use crate::vector::sketch::tables::QueryTables;

/// Of so few lists all are compared with a query.
const FEW_LISTS: usize = 512;
/// So many times the wanted lists, and so many more, are compared exactly.
const SPARE_FACTOR: usize = 2;
const SPARE: usize = 32;

/// Codes of the centroids themselves, to find near lists among many.
#[derive(Clone)]
pub struct ListCodes(Entries);

impl ListCodes {
    /// Makes the codes of all centroids.
    #[must_use]
    pub fn of(centroids: &Centroids) -> Self {
        let mut codes = Self(Entries::new(centroids.dimensions()));
        codes.follow(centroids);
        codes
    }

    /// Adds the codes of centroids that are new.
    pub fn follow(&mut self, centroids: &Centroids) {
        if centroids.len() > FEW_LISTS {
            for list in self.0.len()..centroids.len() {
                let list = List::try_from(list).unwrap_or(List::MAX);
                self.0.push(i64::from(list), &Code::of(centroids, None, centroids.row(list)));
            }
        }
    }
}

/// One query that looks at lists.
pub struct ListScan {
    tables: QueryTables,
    turned: Vec<f32>,
    /// The squared length of the query, which is its distance from the origin.
    square: f32,
    promising: Nearest,
    estimates: Vec<f32>,
    /// Entries of several lists, to be looked at together.
    gathered: Entries,
}

impl ListScan {
    /// Begins to look for so many candidates.
    #[must_use]
    pub fn new(centroids: &Centroids, query: &Query, candidates: usize) -> Self {
        let mut turned = query.direction();
        centroids.turn(&mut turned);
        Self {
            tables: QueryTables::new(&turned),
            square: turned.iter().map(|value| value * value).sum(),
            turned,
            // Each vector may be in two lists.
            promising: Nearest::new(candidates.saturating_mul(2)),
            estimates: Vec::new(),
            gathered: Entries::new(centroids.dimensions()),
        }
    }

    /// Returns the nearest lists of the query, with their squared distances. Without codes it compares all centroids.
    #[must_use]
    pub fn nearest(&self, centroids: &Centroids, codes: Option<&ListCodes>, count: usize) -> Vec<(List, f32)> {
        let promising = count.saturating_mul(SPARE_FACTOR).saturating_add(SPARE);
        let Some(codes) = codes.filter(|codes| promising < codes.0.len()) else {
            return centroids.nearest(&self.turned, count);
        };
        let mut estimates = Vec::new();
        codes.0.estimate(&self.tables, self.square, &mut estimates);
        let mut lists: Vec<(List, f32)> = (0..).zip(estimates).filter(|(list, _)| centroids.is_live(*list)).collect();
        let order = |a: &(List, f32), b: &(List, f32)| a.1.total_cmp(&b.1);
        if promising < lists.len() {
            lists.select_nth_unstable_by(promising, order);
        }
        lists.truncate(promising);
        for (list, distance) in &mut lists {
            *distance = centroids.distance(*list, &self.turned, self.square);
        }
        lists.sort_unstable_by(order);
        lists.truncate(count);
        lists
    }

    /// Looks at the entries of a list, whose squared distance is `base`. Returns how many of the entries that looked near
    /// count.
    pub fn scan_list(
        &mut self,
        centroids: &Centroids,
        (list, base): (List, f32),
        entries: &ListEntries,
        counts: impl Fn(i64) -> bool,
    ) -> usize {
        let (entries, segments) = entries.all();
        let mut estimates = std::mem::take(&mut self.estimates);
        entries.estimate(&self.tables, 0.0, &mut estimates);
        let mut rest = estimates.as_mut_slice();
        for (other, count) in segments {
            let base = if *other == list { base } else { centroids.distance(*other, &self.turned, self.square) };
            let (some, others) = rest.split_at_mut(rest.len().min(*count));
            some.iter_mut().for_each(|estimate| *estimate += base);
            rest = others;
        }
        self.offer_all(estimates, entries.ids(), counts)
    }

    /// Takes entries of a list, whose squared distance is `base`, to be looked at by `scan_gathered`.
    pub fn gather(&mut self, base: f32, entries: &[(i64, Code)]) {
        entries.iter().for_each(|(id, code)| self.gathered.push_based(*id, code, base));
    }

    /// Looks at what was gathered. Returns how many of the entries that looked near count.
    pub fn scan_gathered(&mut self, counts: impl Fn(i64) -> bool) -> usize {
        let mut gathered = std::mem::replace(&mut self.gathered, Entries::new(0));
        let found = self.scan(&gathered, Some(0.0), counts);
        gathered.clear();
        self.gathered = gathered;
        found
    }

    /// Looks at entries. `base` is the squared distance of their centroid, or None for codes without a list. Returns how
    /// many of the entries that looked near count.
    pub fn scan(&mut self, entries: &Entries, base: Option<f32>, counts: impl Fn(i64) -> bool) -> usize {
        let mut estimates = std::mem::take(&mut self.estimates);
        entries.estimate(&self.tables, base.unwrap_or(self.square), &mut estimates);
        self.offer_all(estimates, entries.ids(), counts)
    }

    /// Offers entries with their estimates, whose memory is used again.
    fn offer_all(&mut self, estimates: Vec<f32>, ids: &[i64], counts: impl Fn(i64) -> bool) -> usize {
        let mut found = 0;
        for (estimates, ids) in estimates.chunks(TILE).zip(ids.chunks(TILE)) {
            if !self.promising.wants_any(estimates) {
                continue;
            }
            for (estimate, id) in estimates.iter().zip(ids) {
                // A row without an estimate is compared, because it may have a distance.
                let score = if estimate.is_nan() { f64::NEG_INFINITY } else { f64::from(*estimate) };
                if self.promising.wants(score) && counts(*id) {
                    self.promising.offer(Neighbor { score, id: *id, value_id: 0 });
                    found += 1;
                }
            }
        }
        self.estimates = estimates;
        found
    }

    /// Returns up to so many candidates, each once, the most promising first.
    #[must_use]
    pub fn into_candidates(self, most: usize) -> Vec<Candidate> {
        let sorted = self.promising.into_sorted();
        let mut seen = std::collections::HashSet::with_capacity(sorted.len());
        let found = sorted.into_iter().map(|found| Candidate { id: found.id, estimate: found.score });
        found.filter(|candidate| seen.insert(candidate.id)).take(most).collect()
    }
}
