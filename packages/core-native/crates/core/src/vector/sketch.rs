//! Two bits a dimension: a first pass that reads a sixteenth of the vectors' memory.
//!
//! Vectors are moved so that their mean lies at the origin, and rotated at random, after which every dimension carries as much
//! as every other, however few of them did before. Then each dimension is rounded to one of four levels. The query is rotated
//! too, but not rounded: its product with a row is a sum of table entries, two dimensions a look-up, and comes close enough to
//! the true one that the nearest are among a few times as many candidates. Those are compared exactly.
//!
//! | module | what lives there |
//! |---|---|
//! | `rotation` | a random rotation in n log n steps |
//! | `codes` | rows as codes, 64 side by side |
//! | `tables` | a query as tables, and the sums of what they hold |

mod codes;
mod rotation;
mod tables;

use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) use codes::Sketch;
use rotation::Rotation;
use tables::QueryTables;

use super::block::Block;
use super::nearest::{Nearest, Neighbour};
use super::query::TILE;
use super::search::{Search, in_threads, offer};
use super::shape::Shape;

/// More rows than this tell no more about the mean.
const SAMPLED_ROWS: usize = 8192;
/// A row to be rotated takes as long as so many rows to be compared.
const ROTATION_WORTH: usize = 16;

/// What the sketches of one matrix have in common.
pub(crate) struct Sketcher {
    mean: Vec<f32>,
    rotation: Rotation,
}

impl Sketcher {
    pub(crate) fn of(shape: Shape, blocks: &[Arc<Block>]) -> Self {
        let rows: usize = blocks.iter().map(|block| block.len()).sum();
        let stride = rows.div_ceil(SAMPLED_ROWS).max(1);
        let mut sums = vec![0.0_f64; shape.dimensions];
        let mut count = 0.0;
        for block in blocks {
            for place in (0..block.len()).step_by(stride) {
                let row = block.to_sketch(place);
                // What Python stored there may be no number; it must not spoil all the others.
                if row.iter().all(|value| value.is_finite()) {
                    sums.iter_mut().zip(&row).for_each(|(sum, value)| *sum += f64::from(*value));
                    count += 1.0;
                }
            }
        }
        let mean = sums.iter().map(|sum| if count > 0.0 { (sum / count) as f32 } else { 0.0 }).collect();
        Self { mean, rotation: Rotation::new(shape.dimensions) }
    }

    fn turn(&self, row: &mut [f32]) {
        row.iter_mut().zip(&self.mean).for_each(|(value, mean)| *value -= mean);
        self.rotation.turn(row);
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.mean.len()
    }
}

/// Makes the sketches of all blocks.
pub(crate) fn sketch_blocks(sketcher: &Sketcher, blocks: &mut [Arc<Block>]) {
    let bytes: usize = blocks.iter().map(|block| block.rows().bytes(0, block.len()).len()).sum();
    let made = in_threads(blocks, bytes.saturating_mul(ROTATION_WORTH), |blocks| {
        blocks.iter().map(|block| block.sketched(sketcher)).collect::<Vec<_>>()
    });
    for (block, sketch) in blocks.iter_mut().zip(made.into_iter().flatten()) {
        Arc::make_mut(block).set_sketch(sketch);
    }
}

/// The nearest of each query among as many candidates.
pub(crate) fn search(
    sketcher: &Sketcher,
    blocks: &[Arc<Block>],
    search: &Search<'_>,
    candidates: usize,
) -> Vec<Vec<Neighbour>> {
    let bytes: usize = blocks.iter().filter_map(|block| block.sketch()).map(Sketch::bytes).sum();
    let numbered: Vec<_> = (0_i64..).zip(blocks).collect();
    let nearest = search.queries.iter().map(|query| {
        let mut turned = query.direction();
        sketcher.turn(&mut turned);
        let tables = QueryTables::new(&turned);
        let promising = in_threads(&numbered, bytes, |blocks| {
            let mut promising = Nearest::new(candidates);
            let mut estimates = Vec::new();
            for (number, block) in blocks {
                if search.cancelled.load(Ordering::Relaxed) {
                    break;
                }
                let Some(sketch) = block.sketch() else { continue };
                sketch.estimate(&tables, &mut estimates);
                let tiles = (0_i64..).step_by(TILE).zip(estimates.chunks(TILE)).zip(block.ids().chunks(TILE));
                for ((first, estimates), ids) in tiles {
                    if !promising.wants_any(estimates) {
                        continue;
                    }
                    for ((place, estimate), id) in (first..).zip(estimates).zip(ids) {
                        // What has no estimate is compared: it may have a distance all the same.
                        let score = if estimate.is_nan() { f64::NEG_INFINITY } else { f64::from(*estimate) };
                        if promising.wants(score) && search.only.is_none_or(|only| only.binary_search(id).is_ok()) {
                            promising.offer(Neighbour { score, id: *number, value_id: place });
                        }
                    }
                }
            }
            promising
        });
        let mut nearest = Nearest::new(search.limit);
        let merged = promising.into_iter().reduce(|mut all, part| {
            all.absorb(part);
            all
        });
        for candidate in merged.map(Nearest::into_sorted).unwrap_or_default() {
            let Some(block) = blocks.get(candidate.id as usize) else { continue };
            let place = candidate.value_id as usize;
            let mut score = [0.0];
            query.score(block, place, &mut score);
            let [score] = score;
            offer(block, place, score, &mut nearest);
        }
        nearest.into_sorted()
    });
    nearest.collect()
}
