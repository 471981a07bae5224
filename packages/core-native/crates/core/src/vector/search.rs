//! Exact scans: in tiles, so that several queries meet a row while it is in the processor's caches, and in threads if
//! that pays.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::block::Block;
use super::id_set::IdSet;
use super::nearest::{Nearest, Neighbor};
use super::query::Query;
use super::shape::TILE;

/// The least that a thread should have to read. To start a thread costs as much as to read a fraction of it.
const BYTES_PER_THREAD: usize = 8 * 1024 * 1024;
const MOST_THREADS: usize = 8;

/// What is looked for.
pub struct Search<'a> {
    /// The queries, all of one table.
    pub queries: &'a [Query],
    /// How many neighbors each gets.
    pub limit: usize,
    /// The ids that count. None for all.
    pub only: Option<&'a IdSet>,
    /// Set when nobody needs the result any more.
    pub cancelled: &'a AtomicBool,
}

impl Search<'_> {
    /// Creates an empty collector for each query.
    #[must_use]
    pub fn begin(&self) -> Vec<Nearest> {
        self.queries.iter().map(|_| Nearest::new(self.limit)).collect()
    }

    /// Scores the rows of one block.
    pub fn scan(&self, block: &Block, found: &mut [Nearest]) {
        match self.only {
            Some(only) => self.scan_some(block, only, found),
            None => self.scan_all(block, found),
        }
    }

    /// Scores the rows of all blocks, and returns the nearest of each query.
    #[must_use]
    pub fn scan_blocks(&self, blocks: &[Arc<Block>]) -> Vec<Nearest> {
        let all: usize = blocks.iter().map(|block| block.rows().bytes(0, block.len()).len()).sum();
        let rows: usize = blocks.iter().map(|block| block.len()).sum();
        // Of few rows, only those are read.
        let bytes = self.only.map_or(all, |only| all / rows.max(1) * only.len().min(rows));
        let merge = |mut all: Vec<Nearest>, part: Vec<Nearest>| {
            all.iter_mut().zip(part).for_each(|(all, part)| all.absorb(part));
            all
        };
        in_threads(blocks, bytes.saturating_mul(self.queries.len()), |blocks| {
            let mut found = self.begin();
            for block in blocks {
                if self.cancelled.load(Ordering::Relaxed) {
                    break;
                }
                self.scan(block, &mut found);
            }
            found
        })
        .into_iter()
        .reduce(merge)
        .unwrap_or_else(|| self.begin())
    }

    fn scan_all(&self, block: &Block, found: &mut [Nearest]) {
        let mut scores = [0.0; TILE];
        for start in (0..block.len()).step_by(TILE) {
            let (scores, _) = scores.split_at_mut(TILE.min(block.len() - start));
            for (query, found) in self.queries.iter().zip(found.iter_mut()) {
                query.score(block, start, scores);
                for (place, score) in (start..).zip(scores.iter()) {
                    offer(block, place, *score, found);
                }
            }
        }
    }

    fn scan_some(&self, block: &Block, only: &IdSet, found: &mut [Nearest]) {
        let (Some(least), Some(most)) = (block.ids().iter().min(), block.ids().iter().max()) else { return };
        if !only.may_have_within(*least, *most) {
            return;
        }
        let mut scores = [0.0; TILE];
        for (start, ids) in (0..).step_by(TILE).zip(block.ids().chunks(TILE)) {
            let mut places = [0; TILE];
            let mut count = 0;
            for (place, _) in (start..).zip(ids).filter(|(_, id)| only.contains(**id)) {
                if let Some(kept) = places.get_mut(count) {
                    *kept = place;
                    count += 1;
                }
            }
            let (places, _) = places.split_at(count);
            // To score a row more among others costs less than to begin once more.
            if count * 2 > ids.len() {
                let (scores, _) = scores.split_at_mut(ids.len());
                for (query, found) in self.queries.iter().zip(found.iter_mut()) {
                    query.score(block, start, scores);
                    for place in places {
                        offer(block, *place, scores.get(place - start).copied().unwrap_or(f64::NAN), found);
                    }
                }
                continue;
            }
            places.iter().for_each(|place| self.scan_row(block, *place, found));
        }
    }

    /// Scores one row.
    pub(crate) fn scan_row(&self, block: &Block, place: usize, found: &mut [Nearest]) {
        for (query, found) in self.queries.iter().zip(found.iter_mut()) {
            let mut score = [0.0];
            query.score(block, place, &mut score);
            let [score] = score;
            offer(block, place, score, found);
        }
    }
}

#[inline]
pub(crate) fn offer(block: &Block, place: usize, score: f64, found: &mut Nearest) {
    if found.wants(score)
        && let Some(id) = block.ids().get(place)
    {
        found.offer(Neighbor { score, id: *id, value_id: block.value_id(place) });
    }
}

/// Runs `work` over parts of the items, in as many threads as so many bytes are worth. Returns the results in order.
pub(crate) fn in_threads<T: Sync, R: Send>(items: &[T], bytes: usize, work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = (bytes / BYTES_PER_THREAD).clamp(1, processors()).min(items.len().max(1));
    if threads == 1 {
        return vec![work(items)];
    }
    let mut parts = items.chunks(items.len().div_ceil(threads));
    let first = parts.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.map(|part| (part, try_spawn(scope, || work(part)))).collect();
        let mut results = vec![work(first)];
        for (part, thread) in running {
            // If a thread could not be started, or failed, the work is done here, and fails here.
            results.push(thread.and_then(|thread| thread.join().ok()).unwrap_or_else(|| work(part)));
        }
        results
    })
}

pub(super) fn try_spawn<'scope, R: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    work: impl FnOnce() -> R + Send + 'scope,
) -> Option<std::thread::ScopedJoinHandle<'scope, R>> {
    std::thread::Builder::new().spawn_scoped(scope, work).ok()
}

/// Returns how many threads can run at once. To ask the system costs as much as a small search.
pub(super) fn processors() -> usize {
    static KNOWN: OnceLock<usize> = OnceLock::new();
    *KNOWN.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS))
}
