//! Approximate searches: sketches find candidates, and these are compared exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::block::Block;
use super::nearest::{Nearest, Neighbor};
use super::search::{Search, in_threads, offer};
use super::shape::{Metric, Shape, TILE};
use super::sketch::codes::Sketch;
use super::sketch::sketcher::Sketcher;
use super::sketch::tables::QueryTables;

/// To rotate a row takes as long as to compare so many rows.
const ROTATION_WORTH: usize = 16;

/// Makes a sketcher of the rows of all blocks.
pub(crate) fn sketcher_of(shape: Shape, blocks: &[Arc<Block>]) -> Sketcher {
    let stride = Sketcher::stride(blocks.iter().map(|block| block.len()).sum());
    let sample =
        blocks.iter().flat_map(|block| (0..block.len()).step_by(stride).map(move |place| block.to_sketch(place)));
    Sketcher::of(shape.dimensions, sample)
}

/// Makes the sketches of all blocks. Returns false if that was cancelled, and has changed nothing then.
pub(crate) fn sketch_blocks(sketcher: &Sketcher, blocks: &mut [Arc<Block>], cancelled: &AtomicBool) -> bool {
    let bytes: usize = blocks.iter().map(|block| block.rows().bytes(0, block.len()).len()).sum();
    let made = in_threads(blocks, bytes.saturating_mul(ROTATION_WORTH), |blocks| {
        let uncancelled = blocks.iter().take_while(|_| !cancelled.load(Ordering::Relaxed));
        uncancelled.map(|block| block.sketched(sketcher)).collect::<Vec<_>>()
    });
    if cancelled.load(Ordering::Relaxed) {
        return false;
    }
    for (block, sketch) in blocks.iter_mut().zip(made.into_iter().flatten()) {
        Arc::make_mut(block).set_sketch(sketch);
    }
    true
}

/// Returns the nearest rows of each query, among so many candidates.
pub(crate) fn search(
    sketcher: &Sketcher,
    blocks: &[Arc<Block>],
    search: &Search<'_>,
    candidates: usize,
) -> Vec<Vec<Neighbor>> {
    let bytes: usize = blocks.iter().filter_map(|block| block.sketch()).map(Sketch::bytes).sum();
    let numbered: Vec<_> = (0_i64..).zip(blocks).collect();
    let nearest = search.queries.iter().map(|query| {
        let mut turned = query.direction();
        let is_product = query.metric() == Metric::Dot;
        if is_product {
            sketcher.rotate(&mut turned);
        } else {
            sketcher.turn(&mut turned);
        }
        let tables = QueryTables::new(&turned);
        let promising = in_threads(&numbered, bytes, |blocks| {
            let mut promising = Nearest::new(candidates);
            let mut estimates = Vec::new();
            for (number, block) in blocks {
                if search.cancelled.load(Ordering::Relaxed) {
                    break;
                }
                let Some(sketch) = block.sketch() else { continue };
                if is_product {
                    sketch.estimate_products(&tables, &mut estimates);
                } else {
                    sketch.estimate(&tables, &mut estimates);
                }
                let tiles = (0_i64..).step_by(TILE).zip(estimates.chunks(TILE)).zip(block.ids().chunks(TILE));
                for ((first, estimates), ids) in tiles {
                    if !promising.wants_any(estimates) {
                        continue;
                    }
                    for ((place, estimate), id) in (first..).zip(estimates).zip(ids) {
                        // A row without an estimate is compared, because it may have a distance.
                        let score = if estimate.is_nan() { f64::NEG_INFINITY } else { f64::from(*estimate) };
                        if promising.wants(score) && search.only.is_none_or(|only| only.contains(*id)) {
                            promising.offer(Neighbor { score, id: *number, value_id: place });
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
