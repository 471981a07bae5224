//! Making an index.
//!
//! The table is read twice: for a sample, of which the centroids are made, and to put each vector into its lists. In
//! the second pass, some of the vectors are searched for exactly too. In which lists their neighbors are tells how many
//! lists a search must look at.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::lists::calibration::Calibration;
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::lists::entries::Entries;
use kohakuvault_core::vector::lists::known_ids::KnownIds;
use kohakuvault_core::vector::lists::placing::place;
use kohakuvault_core::vector::lists::train::{List, lists_of, sample_of};
use kohakuvault_core::vector::query::Query;
use kohakuvault_core::vector::search::Search;
use kohakuvault_core::vector::shape::Metric;

use super::head::Head;
use super::tables::{PARTS, Tables};
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement};
use crate::vector::layout::{Layout, Statements};
use crate::vector::reader::{count, read_blocks};

/// The vectors of which the centroids are made take at most so many bytes.
const MOST_SAMPLE_BYTES: usize = 96 * 1024 * 1024;
/// Entries take at most so many bytes in memory before they are written.
const MOST_ENTRY_BYTES: usize = 64 * 1024 * 1024;
/// So many bytes of vectors are read at a time.
const BLOCK_BYTES: usize = 2 * 1024 * 1024;
/// So many vectors of the table are searched for, and so many neighbors of each.
const QUERIES: usize = 256;
const NEIGHBORS: usize = 10;
/// The part of the work that is done when the centroids are found.
const TRAINED: f64 = 0.6;

/// How far a build is, and whether it was cancelled.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) cancelled: AtomicBool,
    /// The part that is done, in thousandths.
    pub(super) thousandths: AtomicU32,
}

impl Progress {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number from 0 to 1000")]
    fn set(&self, part: f64) {
        self.thousandths.store((part * 1000.0) as u32, Ordering::Relaxed);
    }
}

/// What is wanted of an index.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) metric: Metric,
    /// How many lists. None for as many as suit the number of vectors.
    pub(super) lists: Option<usize>,
}

/// What a build has made, beside the parts that it has written.
pub(super) struct Built {
    centroids: Centroids,
    calibration: Calibration,
    vectors: usize,
    /// The ids of all vectors, each with a number that changes with the vector.
    marks: HashMap<i64, u64>,
}

/// What is read of a table before the centroids are made.
struct Sample {
    rows: Vec<f32>,
    /// Vectors to be searched for.
    queries: Vec<(i64, Vec<u8>)>,
    vectors: usize,
}

/// Makes an index of what the connection sees. Parts are added by a statement with two parameters. Returns None if it
/// was cancelled.
pub(super) fn build(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    plan: Plan,
    add_part: &Statement,
    progress: &Progress,
) -> SeamResult<Option<Built>> {
    let Some(sample) = read_sample(db, layout, statements, plan, progress)? else { return Ok(None) };
    let Sample { rows, queries, vectors } = sample;
    let lists = plan.lists.unwrap_or_else(|| lists_of(vectors));
    let trained = |part: f64| progress.set(part * TRAINED);
    let dimensions = layout.shape.dimensions;
    let Some(centroids) = Centroids::train(dimensions, rows, lists, &progress.cancelled, &trained) else {
        return Ok(None);
    };
    let mut filling = Filling::new(layout, &centroids, add_part);
    let prepared = queries.iter().map(|(_, row)| Query::new(layout.shape, plan.metric, row));
    let prepared: Vec<Query> = prepared.collect::<Result<_, _>>()?;
    let exact = Search { queries: &prepared, limit: NEIGHBORS + 1, only: None, cancelled: &progress.cancelled };
    let mut nearest = exact.begin();
    let mut failure = Ok(());
    read_blocks(db, layout, statements, BLOCK_BYTES, |block| {
        if progress.is_cancelled() {
            return ControlFlow::Break(());
        }
        exact.scan(block, &mut nearest);
        failure = filling.add(db, block);
        progress.set(TRAINED + (1.0 - TRAINED) * filling.marks.len() as f64 / vectors.max(1) as f64);
        if failure.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failure?;
    if progress.is_cancelled() {
        return Ok(None);
    }
    filling.flush(db)?;
    let (places, marks) = (filling.places, filling.marks);
    let mut ranks = Vec::new();
    for ((id, _), (query, found)) in queries.iter().zip(prepared.iter().zip(nearest)) {
        let rank_of = ranks_of(&centroids, query);
        let neighbors = found.into_sorted().into_iter().map(|neighbor| neighbor.id).filter(|other| other != id);
        for neighbor in neighbors.take(NEIGHBORS) {
            let rank = |list: &List| rank_of.get(*list as usize).copied().unwrap_or(u32::MAX);
            ranks.extend(places.get(&neighbor).and_then(|lists| lists.iter().map(rank).min()));
        }
    }
    let calibration = calibration_of(ranks, centroids.len());
    Ok(Some(Built { centroids, calibration, vectors, marks }))
}

/// Writes a build into tables that were made for it. The parts are there already.
pub(super) fn store(db: Db, layout: &Layout, tables: &Tables, metric: Metric, built: &Built) -> SeamResult<()> {
    Head::write(db, layout, metric, built.vectors, &built.calibration, &built.centroids)?;
    let mut known = KnownIds::default();
    built.marks.keys().for_each(|id| known.insert(*id));
    for block in known.take_changed() {
        let ids = known.write(block);
        tables.put_ids.run(db, &[Parameter::Integer(block), Parameter::Blob(&ids)])?;
    }
    Ok(())
}

/// Forgets the vectors that are not what they were when they were put into lists.
pub(super) fn forget_changed(db: Db, layout: &Layout, statements: &Statements, built: &mut Built) -> SeamResult<()> {
    let mut same = HashMap::with_capacity(built.marks.len());
    read_blocks(db, layout, statements, BLOCK_BYTES, |block| {
        for (place, id) in block.ids().iter().enumerate() {
            let mark = mark_of(block.row(place));
            if built.marks.get(id) == Some(&mark) {
                same.insert(*id, mark);
            }
        }
        ControlFlow::Continue(())
    })?;
    built.marks = same;
    Ok(())
}

fn read_sample(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    plan: Plan,
    progress: &Progress,
) -> SeamResult<Option<Sample>> {
    let vectors = count(db, statements)?;
    let dimensions = layout.shape.dimensions;
    let lists = plan.lists.unwrap_or_else(|| lists_of(vectors));
    let most = sample_of(lists).min(MOST_SAMPLE_BYTES / (dimensions * size_of::<f32>()).max(1)).max(lists);
    let (stride, query_stride) = (vectors.div_ceil(most.max(1)).max(1), (vectors / QUERIES).max(1));
    let mut sample = Sample { rows: Vec::with_capacity(vectors.min(most) * dimensions), queries: Vec::new(), vectors };
    let mut number = 0_usize;
    read_blocks(db, layout, statements, 0, |block| {
        for (place, id) in block.ids().iter().enumerate() {
            let is_query = number % query_stride == query_stride / 2 && sample.queries.len() < QUERIES;
            if number.is_multiple_of(stride) || is_query {
                let row = block.to_sketch(place);
                // What Python stored there may not be a number, and must not spoil the centroids.
                if row.iter().all(|value| value.is_finite()) {
                    if is_query {
                        sample.queries.push((*id, block.row(place).to_vec()));
                    }
                    if number.is_multiple_of(stride) {
                        sample.rows.extend(row);
                    }
                }
            }
            number += 1;
        }
        if progress.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok((!progress.is_cancelled()).then_some(sample))
}

/// Lists that are being filled.
struct Filling<'a> {
    layout: &'a Layout,
    centroids: &'a Centroids,
    add_part: &'a Statement,
    lists: Vec<Entries>,
    added: usize,
    part: i64,
    places: HashMap<i64, [List; 2]>,
    marks: HashMap<i64, u64>,
}

impl<'a> Filling<'a> {
    fn new(layout: &'a Layout, centroids: &'a Centroids, add_part: &'a Statement) -> Self {
        let lists = (0..centroids.len()).map(|_| Entries::new(layout.shape.dimensions)).collect();
        let (places, marks) = (HashMap::new(), HashMap::new());
        Self { layout, centroids, add_part, lists, added: 0, part: 0, places, marks }
    }

    fn add(&mut self, db: Db, block: &Block) -> SeamResult<()> {
        let ids = block.ids().iter().enumerate();
        for ((place, id), placed) in ids.zip(place(self.centroids, block)) {
            let [(first, code), (second, other)] = placed;
            self.push(first, *id, &code);
            if second != first {
                self.push(second, *id, &other);
            }
            self.places.insert(*id, [first, second]);
            self.marks.insert(*id, mark_of(block.row(place)));
        }
        // Groups of entries that are not full take memory too.
        let bytes = self.added * self.layout.shape.dimensions.div_ceil(4).saturating_add(16);
        if bytes > MOST_ENTRY_BYTES && self.part < PARTS - 1 { self.flush(db) } else { Ok(()) }
    }

    fn push(&mut self, list: List, id: i64, code: &kohakuvault_core::vector::lists::entries::Code) {
        if let Some(entries) = self.lists.get_mut(list as usize) {
            entries.push(id, code);
            self.added += 1;
        }
    }

    fn flush(&mut self, db: Db) -> SeamResult<()> {
        for (list, entries) in (0..).zip(&mut self.lists) {
            if !entries.is_empty() {
                let part = entries.write();
                let id = Parameter::Integer(list * PARTS + self.part);
                self.add_part.run(db, &[id, Parameter::Blob(&part)])?;
                *entries = Entries::new(self.layout.shape.dimensions);
            }
        }
        self.part += 1;
        self.added = 0;
        Ok(())
    }
}

/// Returns a number that changes with the bytes, as a rule.
fn mark_of(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).chain(rest.iter().map(|byte| u64::from(*byte)));
    words.fold(0x9e37_79b9_7f4a_7c15, |mark, word| (mark ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(31))
}

/// Returns how many lists are nearer to a query, for each list.
fn ranks_of(centroids: &Centroids, query: &Query) -> Vec<u32> {
    let mut ranks = vec![u32::MAX; centroids.len()];
    for (rank, list) in (0..).zip(centroids.order(query)) {
        if let Some(place) = ranks.get_mut(list as usize) {
            *place = rank;
        }
    }
    ranks
}

/// Returns for several numbers of lists the share of neighbors that are in them. `ranks` has how many lists are nearer
/// than that of a neighbor.
fn calibration_of(ranks: Vec<u32>, lists: usize) -> Calibration {
    let mut calibration = Calibration::default();
    let total = ranks.len();
    if total == 0 {
        return calibration;
    }
    let mut probes = 1_u32;
    loop {
        let found = ranks.iter().filter(|rank| **rank < probes).count();
        calibration.push(probes, found as f32 / total as f32);
        if found == total || probes as usize >= lists {
            return calibration;
        }
        probes = (probes + (probes / 4).max(1)).min(u32::try_from(lists).unwrap_or(u32::MAX));
    }
}
