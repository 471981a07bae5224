//! Making an index.
//!
//! The table is read twice: for a sample, of which the centroids are made, and to put each vector into its lists. In
//! the second pass, some of the vectors are searched for exactly too. In which lists their neighbors are tells how many
//! lists a search must look at.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use kohakuvault_core::vector::lists::calibration::Calibration;
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::lists::known_ids::KnownIds;
use kohakuvault_core::vector::lists::parts::ListEntries;
use kohakuvault_core::vector::lists::train::{lists_of, sample_of};
use kohakuvault_core::vector::query::Query;
use kohakuvault_core::vector::search::Search;
use kohakuvault_core::vector::shape::Metric;

use super::calibrating::calibrate;
use super::filling::Filling;
use super::head::Head;
use super::marks::{Marks, mark_of};
use super::scratch::Scratch;
use super::tables::{PARTS, Tables};
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;
use crate::vector::layout::{Layout, Statements};
use crate::vector::reader::{count, read_blocks};

/// The vectors of which the centroids are made take at most so many bytes.
const MOST_SAMPLE_BYTES: usize = 64 * 1024 * 1024;
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

/// What a build has made, beside the parts of lists.
pub(super) struct Built {
    centroids: Centroids,
    calibration: Calibration,
    vectors: usize,
    marks: Marks,
}

/// What is read of a table before the centroids are made.
struct Sample {
    rows: Vec<f32>,
    /// Vectors to be searched for.
    queries: Vec<(i64, Vec<u8>)>,
    vectors: usize,
}

/// Makes an index of what the connection sees. Returns None if it was cancelled.
pub(super) fn build(
    db: Db,
    layout: &Layout,
    (statements, tables): (&Statements, &Tables),
    plan: Plan,
    scratch: &Scratch,
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
    let mut filling = Filling::new(layout, &centroids, scratch);
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
        failure = filling.add(block);
        progress.set(TRAINED + (1.0 - TRAINED) * filling.marks.ids.len() as f64 / vectors.max(1) as f64);
        if failure.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failure?;
    if progress.is_cancelled() {
        return Ok(None);
    }
    filling.flush()?;
    let mut marks = filling.marks;
    marks.sort();
    let mut neighbors = Vec::new();
    for ((id, _), (query, found)) in queries.iter().zip(prepared.iter().zip(nearest)) {
        let others = found.into_sorted().into_iter().map(|neighbor| neighbor.id).filter(|other| other != id);
        neighbors.push((query, others.take(NEIGHBORS).collect()));
    }
    let calibration = calibrate(db, layout, tables, &centroids, &neighbors)?;
    Ok(Some(Built { centroids, calibration, vectors, marks }))
}

/// Writes a build, but its parts, into tables that were made for it.
pub(super) fn store(db: Db, layout: &Layout, tables: &Tables, metric: Metric, built: &Built) -> SeamResult<()> {
    Head::write(db, layout, metric, built.vectors, &built.calibration, &built.centroids)?;
    let mut known = KnownIds::default();
    built.marks.ids.iter().for_each(|id| known.insert(*id));
    for block in known.take_changed() {
        let ids = known.write(block);
        tables.put_ids.run(db, &[Parameter::Integer(block), Parameter::Blob(&ids)])?;
    }
    Ok(())
}

/// Forgets the vectors that are not what they were when they were put into lists.
pub(super) fn forget_changed(db: Db, layout: &Layout, statements: &Statements, built: &mut Built) -> SeamResult<()> {
    let mut same = Marks::default();
    read_blocks(db, layout, statements, BLOCK_BYTES, |block| {
        for (place, id) in block.ids().iter().enumerate() {
            let mark = mark_of(block.row(place));
            if built.marks.get(*id) == Some(mark) {
                same.push(*id, mark);
            }
        }
        ControlFlow::Continue(())
    })?;
    built.marks = same;
    Ok(())
}

/// Copies the parts of lists into tables that were made for them. The parts of a list become one.
pub(super) fn copy_parts(db: Db, layout: &Layout, tables: &Tables, scratch: &Scratch) -> SeamResult<()> {
    let mut open: Option<(i64, ListEntries)> = None;
    let put = |list: i64, entries: &ListEntries| {
        tables.add_part.run(db, &[Parameter::Integer(list * PARTS), Parameter::Blob(&entries.write(0))])
    };
    scratch.for_each(|id, part| {
        let list = id.div_euclid(PARTS);
        if let Some((last, entries)) = open.take_if(|(last, _)| *last != list) {
            put(last, &entries)?;
        }
        let (_, entries) = open.get_or_insert_with(|| (list, ListEntries::new(layout.shape.dimensions)));
        Ok(entries.read(part, usize::MAX)?)
    })?;
    open.map_or(Ok(()), |(list, entries)| put(list, &entries))
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
