//! Several queries that look at lists together: a list is read once, and is looked at for all queries that want it while
//! it is in the processor's caches. Threads share the queries.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::centroids::Centroids;
use super::entries::Entries;
use super::parts::ListEntries;
use super::ranking::{Candidate, Ranking};
use super::recent::Recent;
use super::scan::{ListCodes, ListScan};
use super::train::List;
use crate::vector::block::Block;
use crate::vector::query::Query;
use crate::vector::search::in_threads;

/// To compare vectors of a few rows takes so many times as long as to read a table of as many bytes.
const ARITHMETIC: usize = 4;

/// What queries look at beside the entries of lists.
pub struct Surroundings<'a> {
    /// The centroids of the lists.
    pub centroids: &'a Centroids,
    /// Their codes, if they have been made.
    pub list_codes: Option<&'a ListCodes>,
    /// The codes of vectors that are in no list.
    pub pending: &'a Entries,
    /// Entries that were not added to their lists yet.
    pub recent: [&'a Recent; 2],
}

/// One of the queries.
struct Looking {
    scan: ListScan,
    /// The lists that it looks at, by number, with their squared distances.
    wanted: Vec<(List, f32)>,
    /// How many of them it has passed.
    passed: usize,
    /// How many entries were found that count.
    found: usize,
}

/// Queries that look at lists.
pub struct Batch<'a> {
    surroundings: &'a Surroundings<'a>,
    queries: Vec<Mutex<Looking>>,
}

impl<'a> Batch<'a> {
    /// Looks for so many candidates of each query in its nearest lists. `counts` tells which vectors count, and
    /// `is_pending` which are in no list.
    #[must_use]
    pub fn new(
        surroundings: &'a Surroundings<'a>,
        queries: &[Query],
        (candidates, probes): (usize, usize),
        counts: impl Fn(i64) -> bool + Sync,
        is_pending: impl Fn(i64) -> bool + Sync,
    ) -> Self {
        let Surroundings { centroids, list_codes, pending, recent } = surroundings;
        let bytes = (centroids.bytes() + pending.memory()).saturating_mul(queries.len());
        let looking = in_threads(queries, bytes, |queries| {
            let begin = |query: &Query| {
                let mut scan = ListScan::new(centroids, query, candidates);
                let mut found = scan.scan(pending, None, |id| is_pending(id) && counts(id));
                let mut wanted = scan.nearest(centroids, *list_codes, probes);
                for (list, distance) in &wanted {
                    recent.iter().for_each(|recent| scan.gather(*distance, recent.of(*list)));
                }
                found += scan.scan_gathered(&counts);
                wanted.sort_unstable_by_key(|(list, _)| *list);
                Mutex::new(Looking { scan, wanted, passed: 0, found })
            };
            queries.iter().map(begin).collect::<Vec<_>>()
        });
        Self { surroundings, queries: looking.into_iter().flatten().collect() }
    }

    /// Returns the lists that any query wants, by number.
    #[must_use]
    pub fn lists(&self) -> Vec<List> {
        let wanted = self.queries.iter().flat_map(|looking| {
            let looking = looking.lock().unwrap_or_else(PoisonError::into_inner);
            looking.wanted.iter().map(|(list, _)| *list).collect::<Vec<_>>()
        });
        wanted.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Looks at lists, which come by number. `counts` tells which of their vectors count.
    pub fn look_at<L: AsRef<ListEntries> + Sync>(&self, lists: &[(List, L)], counts: impl Fn(i64) -> bool + Sync) {
        let bytes: usize = lists.iter().map(|(_, entries)| entries.as_ref().memory()).sum();
        // Most lists are wanted by some of the queries only.
        in_threads(&self.queries, bytes.saturating_mul(self.queries.len()) / 8, |queries| {
            let mut queries: Vec<_> =
                queries.iter().map(|looking| looking.lock().unwrap_or_else(PoisonError::into_inner)).collect();
            for (list, entries) in lists {
                for looking in &mut queries {
                    let Some((_, distance)) = looking.wanted.get(looking.passed).filter(|(wanted, _)| wanted == list)
                    else {
                        continue;
                    };
                    let at = (*list, *distance);
                    looking.passed += 1;
                    let found = looking.scan.scan_list(self.surroundings.centroids, at, entries.as_ref(), &counts);
                    looking.found += found;
                }
            }
        });
    }

    /// Returns the candidates of each query, up to so many. None for a query that has found fewer than `enough` entries.
    #[must_use]
    pub fn finish(self, most: usize, enough: usize) -> Vec<Option<Vec<Candidate>>> {
        let finish = |looking: Mutex<Looking>| {
            let Looking { scan, found, .. } = looking.into_inner().unwrap_or_else(PoisonError::into_inner);
            (found >= enough).then(|| scan.into_candidates(most))
        };
        self.queries.into_iter().map(finish).collect()
    }
}

/// The vectors that one ranking has asked for.
pub struct Asked<'a, 'q> {
    /// The ranking.
    pub ranking: &'a mut Ranking<'q>,
    /// The vectors.
    pub block: Block,
}

/// Gives rankings the vectors that they have asked for.
pub fn take_all(asked: Vec<Asked<'_, '_>>) {
    let bytes = asked.iter().map(|asked| asked.block.rows().bytes(0, asked.block.len()).len()).sum::<usize>();
    let asked: Vec<_> = asked.into_iter().map(Mutex::new).collect();
    in_threads(&asked, bytes.saturating_mul(ARITHMETIC), |asked| {
        for asked in asked {
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            let Asked { ranking, block } = &mut *asked;
            ranking.take(block);
        }
    });
}
