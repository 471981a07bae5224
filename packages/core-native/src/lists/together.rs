//! Searches of lists for several queries at once.

use std::sync::atomic::Ordering;

use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::id_set::IdSet;
use kohakuvault_core::vector::lists::batch::{Asked, Batch, Surroundings, take_all};
use kohakuvault_core::vector::lists::directory::Place;
use kohakuvault_core::vector::lists::ranking::{Candidate, Ranking};
use kohakuvault_core::vector::nearest::Neighbor;
use kohakuvault_core::vector::query::Query;
use kohakuvault_core::vector::search::Search;

use super::rows::{KnownRows, RowReader};
use super::search::{ListOptions, Site, enough};
use super::shared::Shared;
use crate::js::error::SeamResult;

/// So many queries at most, because each keeps what it has found.
const MOST: usize = 128;
/// So many bytes of lists are in memory at a time.
const LIST_BYTES: usize = 8 * 1024 * 1024;

impl Site<'_> {
    /// Returns the nearest vectors of each query. None if the file is not in the state that memory belongs to.
    pub(super) fn search_together(
        &self,
        shared: &Shared,
        rows: &mut KnownRows,
        search: &Search<'_>,
        candidates: usize,
        options: &ListOptions,
    ) -> SeamResult<Option<Vec<Vec<Neighbor>>>> {
        let mut results = Vec::with_capacity(search.queries.len());
        for queries in search.queries.chunks(MOST) {
            if search.cancelled.load(Ordering::Relaxed) {
                results.resize(search.queries.len(), Vec::new());
                break;
            }
            let promising = self.all_candidates(shared, queries, (candidates, search.limit), search.only, options)?;
            let rankings = queries.iter().zip(promising).map(|(query, found)| Ranking::new(query, found, search.limit));
            let Some(found) = self.all_nearest(shared, rows, rankings.collect())? else { return Ok(None) };
            results.extend(found);
        }
        Ok(Some(results))
    }

    /// Returns vectors that may be near each query, the most promising first.
    fn all_candidates(
        &self,
        shared: &Shared,
        queries: &[Query],
        (candidates, limit): (usize, usize),
        only: Option<&IdSet>,
        options: &ListOptions,
    ) -> SeamResult<Vec<Vec<Candidate>>> {
        let surroundings = Surroundings {
            centroids: &shared.centroids,
            list_codes: shared.list_codes.as_deref(),
            pending: &shared.codes,
            recent: [&shared.merging, &shared.arriving],
        };
        let (directory, pending) = (&*shared.directory, &*shared.pending);
        let is_wanted = |id: i64| only.is_none_or(|only| only.contains(id));
        let counts = |id: i64| directory.has(id) && is_wanted(id);
        let wanted = (candidates, options.lists(shared, only));
        let batch = Batch::new(&surroundings, queries, wanted, counts, |id| pending.contains(&id));
        let (mut lists, mut bytes) = (Vec::new(), 0);
        for list in batch.lists() {
            let entries = shared.list(self.db, self.tables, list, options.list_bytes)?;
            bytes += entries.memory();
            lists.push((list, entries));
            if bytes >= LIST_BYTES {
                batch.look_at(&lists, counts);
                lists.clear();
                bytes = 0;
            }
        }
        batch.look_at(&lists, counts);
        let found = batch.finish(candidates, enough(only, candidates, limit));
        let each = queries.iter().zip(found).map(|(query, found)| match found {
            Some(found) => Ok(shared.with_doubts(found, options.recall())),
            // It looks at more lists.
            None => self.candidates_of(shared, query, (candidates, limit), only, options),
        });
        each.collect()
    }

    /// Compares vectors exactly, and returns the nearest of each query with the ids of their values. None if one is
    /// elsewhere.
    fn all_nearest(
        &self,
        shared: &Shared,
        rows: &mut KnownRows,
        mut rankings: Vec<Ranking<'_>>,
    ) -> SeamResult<Option<Vec<Vec<Neighbor>>>> {
        let shape = self.layout.shape;
        let mut reader = RowReader::new(self.db, self.layout, self.tables, rows, self.view.clone())?;
        loop {
            let mut places: Vec<(Place, i64, usize)> = Vec::new();
            let mut asked = Vec::new();
            for ranking in &mut rankings {
                let Some(ids) = ranking.next_ids() else { continue };
                let found = ids.len();
                places.extend(ids.into_iter().filter_map(|id| Some((shared.directory.get(id)?, id, asked.len()))));
                asked.push(Asked { ranking, block: Block::with_room(shape, found) });
            }
            if asked.is_empty() {
                break;
            }
            places.sort_unstable_by_key(|(place, ..)| (place.chunk, place.slot));
            for (place, id, number) in places {
                let Some(Asked { block, .. }) = asked.get_mut(number) else { continue };
                reader.push(block, place, id)?;
            }
            take_all(asked);
        }
        let mut results = Vec::with_capacity(rankings.len());
        for ranking in rankings {
            let Some(found) = self.with_values(shared, &mut reader, ranking.finish())? else { return Ok(None) };
            results.push(found);
        }
        Ok(Some(results))
    }
}
