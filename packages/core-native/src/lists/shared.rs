//! What a search needs of an index in memory. A thread that searches shares it with the one that writes.
//!
//! A write copies what a search in another thread holds, and changes the copy. As a rule nobody holds it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use kohakuvault_core::vector::lists::calibration::Calibration;
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::lists::directory::Directory;
use kohakuvault_core::vector::lists::entries::Entries;
use kohakuvault_core::vector::lists::parts::ListEntries;
use kohakuvault_core::vector::lists::ranking::Candidate;
use kohakuvault_core::vector::lists::recent::Recent;
use kohakuvault_core::vector::lists::scan::ListCodes;
use kohakuvault_core::vector::lists::train::List;

use super::tables::Tables;
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;

/// The most that lists in memory may take, whatever else is allowed.
const MOST_LIST_BYTES: usize = 64 * 1024 * 1024;

/// What a search needs.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) calibration: Arc<Calibration>,
    /// How many lists there were when that was measured.
    pub(super) trained_lists: usize,
    pub(super) centroids: Arc<Centroids>,
    /// Made for the second search: to make them takes longer than to search without them.
    pub(super) list_codes: Option<Arc<ListCodes>>,
    /// Where the vectors are.
    pub(super) directory: Arc<Directory>,
    /// The vectors that are in no list.
    pub(super) pending: Arc<BTreeSet<i64>>,
    /// The codes of those that have one.
    pub(super) codes: Arc<Entries>,
    /// Entries that are being added to their lists, and those that come after them.
    pub(super) merging: Arc<Recent>,
    pub(super) arriving: Arc<Recent>,
    lists: Arc<ListCache>,
}

/// Lists that were read.
#[derive(Default)]
struct ListCache(Mutex<Cached>);

/// Those of the later half were wanted since the earlier half was full. When it is full too, the earlier half goes.
#[derive(Clone, Default)]
struct Cached {
    earlier: HashMap<List, Arc<ListEntries>>,
    later: HashMap<List, Arc<ListEntries>>,
    /// What the later half takes.
    bytes: usize,
}

impl Cached {
    fn get(&mut self, list: List, most: usize) -> Option<Arc<ListEntries>> {
        if let Some(entries) = self.later.get(&list) {
            return Some(Arc::clone(entries));
        }
        let entries = self.earlier.remove(&list)?;
        self.put(list, &entries, most);
        Some(entries)
    }

    fn put(&mut self, list: List, entries: &Arc<ListEntries>, most: usize) {
        if entries.memory() > most / 2 {
            return;
        }
        if self.bytes + entries.memory() > most / 2 {
            self.earlier = std::mem::take(&mut self.later);
            self.bytes = 0;
        }
        if self.later.insert(list, Arc::clone(entries)).is_none() {
            self.bytes += entries.memory();
        }
    }

    fn remove(&mut self, list: List) {
        self.earlier.remove(&list);
        if let Some(entries) = self.later.remove(&list) {
            self.bytes -= entries.memory();
        }
    }
}

impl Clone for ListCache {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

impl Shared {
    /// Creates what a search needs, without entries.
    pub(super) fn new(calibration: Calibration, trained_lists: usize, centroids: Arc<Centroids>) -> Self {
        Self {
            calibration: Arc::new(calibration),
            trained_lists,
            list_codes: None,
            directory: Arc::default(),
            pending: Arc::default(),
            codes: Arc::new(Entries::new(centroids.dimensions())),
            centroids,
            merging: Arc::default(),
            arriving: Arc::default(),
            lists: Arc::default(),
        }
    }

    /// Returns the entries of a list, without recent ones. Keeps them if all that is kept takes at most `most` bytes.
    pub(super) fn list(&self, db: Db, tables: &Tables, list: List, most: usize) -> SeamResult<Arc<ListEntries>> {
        let lock = || self.lists.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = most.min(MOST_LIST_BYTES);
        if let Some(entries) = lock().get(list, most) {
            return Ok(entries);
        }
        let entries = Arc::new(read_list(db, tables, &self.centroids, list)?);
        lock().put(list, &entries, most);
        Ok(entries)
    }

    /// Returns candidates so that all those are compared that may have changed behind our back, or have rougher codes than
    /// those in lists.
    pub(super) fn with_doubts(&self, mut candidates: Vec<Candidate>, recall: f64) -> Vec<Candidate> {
        if recall >= 1.0 || !self.pending.is_empty() {
            let is_rough = |candidate: &Candidate| recall >= 1.0 || self.pending.contains(&candidate.id);
            for candidate in candidates.iter_mut().filter(|candidate| is_rough(candidate)) {
                candidate.estimate = f64::NEG_INFINITY;
            }
            candidates.sort_by(|a, b| a.estimate.total_cmp(&b.estimate));
        }
        candidates
    }

    /// Forgets a list that was changed.
    pub(super) fn forget_list(&mut self, list: List) {
        Arc::make_mut(&mut self.lists).0.get_mut().unwrap_or_else(PoisonError::into_inner).remove(list);
    }

    /// Forgets all lists.
    pub(super) fn forget_lists(&mut self) {
        self.lists = Arc::default();
    }

    /// Returns how many of the lists nearest to a query hold a share of its nearest vectors.
    pub(super) fn lists_for(&self, recall: f64) -> usize {
        self.calibration.lists_after_growth(recall, self.trained_lists, self.centroids.live())
    }
}

/// Reads a list.
pub(super) fn read_list(db: Db, tables: &Tables, centroids: &Centroids, list: List) -> SeamResult<ListEntries> {
    let mut entries = ListEntries::new(centroids.dimensions());
    let range = Tables::range(list);
    let parts = tables.parts.execute(db, &range)?;
    while parts.step()? {
        entries
            .read(parts.bytes(0), centroids.len())
            .map_err(|error| tables.damaged(&format!("list {list}: {error}")))?;
    }
    Ok(entries)
}
