//! Searches of lists.

use std::sync::atomic::{AtomicBool, Ordering};

use kohakuvault_core::vector::id_set::IdSet;
use kohakuvault_core::vector::lists::calibration::lists_for_part;
use kohakuvault_core::vector::lists::directory::Place;
use kohakuvault_core::vector::lists::ranking::{Candidate, Ranking};
use kohakuvault_core::vector::lists::scan::ListScan;
use kohakuvault_core::vector::nearest::Neighbor;
use kohakuvault_core::vector::query::Query;

use super::rows::{KnownRows, RowReader};
use super::shared::Shared;
use super::state::{Loaded, TableIndex, View, stored_place};
use super::tables::Tables;
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::vector::layout::Layout;
use crate::vector::request::PreparedSearch;

/// So few vectors are all compared.
const FEW: usize = 1024;
/// So many queries look at lists together.
const LEAST_TOGETHER: usize = 4;
/// How often a search begins again because others have written in the middle of it.
const ATTEMPTS: usize = 3;
/// The share of the nearest vectors that a search finds unless it says otherwise.
const USUAL_RECALL: f64 = 0.99;

/// How a search looks at lists.
pub(crate) struct ListOptions {
    /// How many lists.
    pub(crate) probes: Option<usize>,
    /// The share of the nearest vectors to be found.
    pub(crate) recall: Option<f64>,
    /// How much lists may take in memory.
    pub(crate) list_bytes: usize,
    /// The number of the file's state. None if nothing may be kept.
    pub(crate) state: Option<f64>,
    /// Whether pages may be read without SQLite.
    pub(crate) in_place: bool,
}

impl ListOptions {
    pub(super) fn recall(&self) -> f64 {
        self.recall.unwrap_or(USUAL_RECALL)
    }

    /// Returns how many lists a search looks at first.
    pub(super) fn lists(&self, shared: &Shared, only: Option<&IdSet>) -> usize {
        let usual = || {
            let part = only.map_or(1.0, |only| only.len() as f64 / shared.directory.len().max(1) as f64);
            lists_for_part(shared.lists_for(self.recall()), part)
        };
        self.probes.unwrap_or_else(usual).clamp(1, shared.centroids.live().max(1))
    }
}

/// Returns how many entries a search must find. Each vector may be in two lists. A filter thins out lists, so a search with
/// one looks at more of them.
pub(super) fn enough(only: Option<&IdSet>, candidates: usize, limit: usize) -> usize {
    if only.is_some() { candidates } else { limit }.saturating_mul(2)
}

/// What a search reads from.
pub(super) struct Site<'a> {
    pub(super) db: Db,
    pub(super) layout: &'a Layout,
    pub(super) tables: &'a Tables,
    pub(super) view: View,
    /// Whether what memory holds, and what is read, belong to one state of the file.
    pub(super) is_settled: bool,
}

impl TableIndex {
    /// Returns the nearest vectors of each query. None if there is no index of this metric.
    pub(crate) fn search(
        &self,
        connection: &Connection,
        search: &mut PreparedSearch,
        options: &ListOptions,
    ) -> SeamResult<Option<Vec<Vec<Neighbor>>>> {
        let db = connection.db()?;
        // If nobody holds a state of the file, another one may come between the look at it and the reads.
        let is_settled = connection.snapshot().is_held() || db.in_transaction();
        for _ in 0..ATTEMPTS {
            let Some(_held) = connection.hold_pages(db) else { return Ok(None) };
            let view = if options.in_place && !db.in_transaction() { connection.view() } else { None };
            let Some(mut loaded) = self.prepare(db, view.clone(), search, options.state)? else { return Ok(None) };
            if let Some(condition) = search.condition.take() {
                search.limit_to(self.conditions.evaluate(db, &condition, search.condition_state)?);
            }
            let site = Site { db, layout: &self.layout, tables: &self.tables, view, is_settled };
            let Loaded { shared, rows, .. } = &mut loaded;
            let found = site.search(shared, rows, search, options, &AtomicBool::new(false))?;
            self.put(loaded);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Returns what memory holds, ready for a search. None if there is no index for it.
    pub(super) fn prepare(
        &self,
        db: Db,
        view: View,
        search: &PreparedSearch,
        state: Option<f64>,
    ) -> SeamResult<Option<Loaded>> {
        if search.candidates.is_none() {
            return Ok(None);
        }
        let Some(mut loaded) = self.take(db, state)? else { return Ok(None) };
        if loaded.head.metric != search.metric {
            self.put(loaded);
            return Ok(None);
        }
        loaded.encode_fresh(db, &self.layout, &self.tables, view)?;
        loaded.encode_lists();
        Ok(Some(loaded))
    }
}

impl Site<'_> {
    /// Returns the nearest vectors of each query. None if the file is not in the state that memory belongs to.
    pub(super) fn search(
        &self,
        shared: &Shared,
        rows: &mut KnownRows,
        search: &PreparedSearch,
        options: &ListOptions,
        cancelled: &AtomicBool,
    ) -> SeamResult<Option<Vec<Vec<Neighbor>>>> {
        if let Some(view) = &self.view {
            view.read_at_random();
        }
        let all = search.search(cancelled);
        let candidates = search.candidates.unwrap_or_default();
        if all.queries.len() >= LEAST_TOGETHER && all.only.is_none_or(|only| only.len() > FEW) {
            return self.search_together(shared, rows, &all, candidates, options);
        }
        let mut results = Vec::with_capacity(all.queries.len());
        for query in all.queries {
            if cancelled.load(Ordering::Relaxed) {
                results.push(Vec::new());
                continue;
            }
            let promising = match all.only {
                Some(only) if only.len() <= FEW => {
                    only.iter().map(|id| Candidate { id, estimate: f64::NEG_INFINITY }).collect()
                }
                only => self.candidates_of(shared, query, (candidates, all.limit), only, options)?,
            };
            let Some(found) = self.nearest_of(shared, rows, query, promising, all.limit)? else { return Ok(None) };
            results.push(found);
        }
        Ok(Some(results))
    }

    /// Returns vectors that may be near, the most promising first.
    pub(super) fn candidates_of(
        &self,
        shared: &Shared,
        query: &Query,
        (candidates, limit): (usize, usize),
        only: Option<&IdSet>,
        options: &ListOptions,
    ) -> SeamResult<Vec<Candidate>> {
        let Shared { centroids, directory, pending, .. } = shared;
        let mut scan = ListScan::new(centroids, query, candidates);
        let is_wanted = |id: i64| only.is_none_or(|only| only.contains(id));
        let mut found = scan.scan(&shared.codes, None, |id| pending.contains(&id) && is_wanted(id));
        let counts = |id: i64| directory.has(id) && is_wanted(id);
        let all = centroids.live();
        let recall = options.recall();
        let (mut probes, mut done) = (options.lists(shared, only), 0);
        let enough = enough(only, candidates, limit);
        loop {
            let nearest = scan.nearest(centroids, shared.list_codes.as_deref(), probes);
            for (list, distance) in nearest.into_iter().skip(done) {
                let entries = shared.list(self.db, self.tables, list, options.list_bytes)?;
                found += scan.scan_list(centroids, (list, distance), &entries, counts);
                scan.gather(distance, shared.merging.of(list));
                scan.gather(distance, shared.arriving.of(list));
            }
            found += scan.scan_gathered(counts);
            done = probes;
            if done >= all || found >= enough {
                return Ok(shared.with_doubts(scan.into_candidates(candidates), recall));
            }
            probes = (probes * 2).min(all);
        }
    }

    /// Compares vectors exactly, and returns the nearest with the ids of their values. None if one is elsewhere.
    fn nearest_of(
        &self,
        shared: &Shared,
        rows: &mut KnownRows,
        query: &Query,
        candidates: Vec<Candidate>,
        limit: usize,
    ) -> SeamResult<Option<Vec<Neighbor>>> {
        let mut ranking = Ranking::new(query, candidates, limit);
        let mut reader = RowReader::new(self.db, self.layout, self.tables, rows, self.view.clone())?;
        while let Some(ids) = ranking.next_ids() {
            let mut places: Vec<(Place, i64)> =
                ids.into_iter().filter_map(|id| Some((shared.directory.get(id)?, id))).collect();
            places.sort_unstable_by_key(|(place, _)| (place.chunk, place.slot));
            ranking.take(&reader.vectors(&places)?);
        }
        self.with_values(shared, &mut reader, ranking.finish())
    }

    /// Adds the ids of values to what was found. None if a vector is elsewhere.
    pub(super) fn with_values(
        &self,
        shared: &Shared,
        reader: &mut RowReader<'_>,
        mut found: Vec<Neighbor>,
    ) -> SeamResult<Option<Vec<Neighbor>>> {
        for neighbor in &mut found {
            let Some(place) = shared.directory.get(neighbor.id) else { continue };
            if !self.is_settled && stored_place(self.db, self.tables, neighbor.id)? != Some(place) {
                return Ok(None);
            }
            neighbor.value_id = reader.value_id(place)?;
        }
        Ok(Some(found))
    }
}
