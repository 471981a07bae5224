//! Searches of lists.

use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::id_set::IdSet;
use kohakuvault_core::vector::lists::ranking::{Candidate, Ranking};
use kohakuvault_core::vector::lists::scan::ListScan;
use kohakuvault_core::vector::nearest::Neighbor;
use kohakuvault_core::vector::query::Query;

use super::rows::RowReader;
use super::state::{Loaded, TableIndex, View, stored_place};
use super::tables::Tables;
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::vector::layout::Layout;
use crate::vector::request::PreparedSearch;

/// So few vectors are all compared.
const FEW: usize = 1024;
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

/// What a search needs of its table.
struct Site<'a> {
    db: Db,
    layout: &'a Layout,
    tables: &'a Tables,
    view: View,
}

impl TableIndex {
    /// Returns the nearest vectors of each query. None if there is no index of this metric.
    pub(crate) fn search(
        &self,
        connection: &Connection,
        search: &mut PreparedSearch,
        options: &ListOptions,
    ) -> SeamResult<Option<Vec<Vec<Neighbor>>>> {
        let Some(candidates) = search.candidates else { return Ok(None) };
        let db = connection.db()?;
        // If nobody holds a state of the file, another one may come between the look at it and the reads.
        let is_settled = connection.snapshot().is_held() || db.in_transaction();
        for _ in 0..ATTEMPTS {
            let Some(_held) = connection.hold_pages(db) else { return Ok(None) };
            let Some(mut loaded) = self.take(db, options.state)? else { return Ok(None) };
            if loaded.head.metric != search.metric {
                self.put(loaded);
                return Ok(None);
            }
            if let Some(condition) = search.condition.take() {
                search.limit_to(self.conditions.evaluate(db, &condition, search.condition_state)?);
            }
            let view = if options.in_place && !db.in_transaction() { connection.view() } else { None };
            let site = Site { db, layout: &self.layout, tables: &self.tables, view };
            loaded.encode_fresh(db, &self.layout, &self.tables, site.view.clone())?;
            let never = AtomicBool::new(false);
            let all = search.search(&never);
            let mut results = Vec::with_capacity(all.queries.len());
            let mut is_right = true;
            for query in all.queries {
                let candidates = match all.only {
                    Some(only) if only.len() <= FEW => {
                        only.iter().map(|id| Candidate { id, estimate: f64::NEG_INFINITY }).collect()
                    }
                    only => candidates_of(&site, &mut loaded, query, (candidates, all.limit), only, options)?,
                };
                let found = nearest_of(&site, &mut loaded, query, candidates, all.limit)?;
                if !is_settled {
                    for neighbor in &found {
                        let place = loaded.place(db, &self.tables, neighbor.id)?;
                        is_right &= place.is_some() && stored_place(db, &self.tables, neighbor.id)? == place;
                    }
                }
                results.push(found);
            }
            if is_right {
                self.put(loaded);
                return Ok(Some(results));
            }
        }
        Ok(None)
    }
}

/// Returns vectors that may be near, the most promising first.
fn candidates_of(
    site: &Site<'_>,
    loaded: &mut Loaded,
    query: &Query,
    (candidates, limit): (usize, usize),
    only: Option<&IdSet>,
    options: &ListOptions,
) -> SeamResult<Vec<Candidate>> {
    let (centroids, list_codes) = (Rc::clone(&loaded.centroids), loaded.list_codes());
    let mut scan = ListScan::new(&centroids, query, candidates);
    let is_wanted = |id: i64| only.is_none_or(|only| only.contains(id));
    let mut found = scan.scan(&loaded.codes, None, |id| loaded.pending.contains(&id) && is_wanted(id));
    let all = centroids.len();
    let recall = options.recall.unwrap_or(USUAL_RECALL);
    let wanted = options.probes.unwrap_or_else(|| loaded.head.calibration.lists_for(recall, all)).clamp(1, all);
    let (mut probes, mut done) = (wanted, 0);
    // Each vector may be in two lists. A filter thins out lists, so a search with one looks at more of them.
    let enough = if only.is_some() { candidates } else { limit }.saturating_mul(2);
    loop {
        for (list, distance) in scan.nearest(&centroids, list_codes.as_deref(), probes).into_iter().skip(done) {
            let entries = loaded.list(site.db, site.tables, list, options.list_bytes)?;
            let directory = &loaded.directory;
            found += scan.scan(&entries, Some(distance), |id| directory.has(id) && is_wanted(id));
        }
        done = probes;
        if done >= all || found >= enough {
            let mut candidates = scan.into_candidates(candidates);
            // Those that may have changed behind our back, or have rougher codes than those in lists, are all compared.
            let is_rough = |candidate: &Candidate| recall >= 1.0 || loaded.pending.contains(&candidate.id);
            if recall >= 1.0 || !loaded.pending.is_empty() {
                for candidate in candidates.iter_mut().filter(|candidate| is_rough(candidate)) {
                    candidate.estimate = f64::NEG_INFINITY;
                }
                candidates.sort_by(|a, b| a.estimate.total_cmp(&b.estimate));
            }
            return Ok(candidates);
        }
        probes = (probes * 2).min(all);
    }
}

/// Compares vectors exactly, and returns the nearest with the ids of their values.
fn nearest_of(
    site: &Site<'_>,
    loaded: &mut Loaded,
    query: &Query,
    candidates: Vec<Candidate>,
    limit: usize,
) -> SeamResult<Vec<Neighbor>> {
    let mut ranking = Ranking::new(query, candidates, limit);
    while let Some(ids) = ranking.next_ids() {
        let (ids, rows) = loaded.read(site.db, site.layout, site.tables, site.view.clone(), ids.into_iter())?;
        ranking.take(&Block::of_rows(site.layout.shape, &ids, &rows));
    }
    let mut found = ranking.finish();
    let mut places = Vec::with_capacity(found.len());
    for neighbor in &found {
        places.push(loaded.place(site.db, site.tables, neighbor.id)?);
    }
    let mut reader = RowReader::new(site.db, site.layout, site.tables, &mut loaded.rows, site.view.clone())?;
    for (neighbor, place) in found.iter_mut().zip(places) {
        if let Some(place) = place {
            neighbor.value_id = reader.value_id(place)?;
        }
    }
    Ok(found)
}
