//! Searches by the first dimensions.
//!
//! Some models put most of what they tell into the first dimensions of an embedding (Matryoshka). Those alone find
//! candidates, which are then compared in full. Under cosine the part counts as a vector of its own: only its direction
//! does.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::block::Block;
use super::nearest::{Nearest, Neighbor};
use super::query::Query;
use super::search::{Search, in_threads, offer};
use super::shape::TILE;

/// Returns the nearest rows of each query, among so many candidates.
pub(crate) fn search(
    blocks: &[Arc<Block>],
    search: &Search<'_>,
    dimensions: usize,
    candidates: usize,
) -> Vec<Vec<Neighbor>> {
    let prefixes: Vec<Query> = search.queries.iter().map(|query| query.prefix(dimensions)).collect();
    let rows: usize = blocks.iter().map(|block| block.len()).sum();
    let bytes = rows.saturating_mul(dimensions.saturating_mul(size_of::<f32>()));
    let numbered: Vec<_> = (0_i64..).zip(blocks).collect();
    let begin = || prefixes.iter().map(|_| Nearest::new(candidates)).collect::<Vec<_>>();
    let promising = in_threads(&numbered, bytes.saturating_mul(prefixes.len()), |blocks| {
        let mut promising = begin();
        for (number, block) in blocks {
            if search.cancelled.load(Ordering::Relaxed) {
                break;
            }
            scan(search, &prefixes, (*number, block), &mut promising);
        }
        promising
    });
    let merged = promising.into_iter().reduce(|mut all, part| {
        all.iter_mut().zip(part).for_each(|(all, part)| all.absorb(part));
        all
    });
    let promising = merged.unwrap_or_else(begin);
    let compared = search.queries.iter().zip(promising).map(|(query, promising)| {
        let mut nearest = Nearest::new(search.limit);
        for candidate in promising.into_sorted() {
            let Some(block) = blocks.get(candidate.id as usize) else { continue };
            let place = candidate.value_id as usize;
            let mut score = [0.0];
            query.score(block, place, &mut score);
            let [score] = score;
            offer(block, place, score, &mut nearest);
        }
        nearest.into_sorted()
    });
    compared.collect()
}

/// Offers the rows of a block. Its number takes the place of their ids, and their places that of value ids.
fn scan(search: &Search<'_>, prefixes: &[Query], (number, block): (i64, &Block), promising: &mut [Nearest]) {
    let mut scores = [0.0; TILE];
    for (start, ids) in (0..).step_by(TILE).zip(block.ids().chunks(TILE)) {
        let (scores, _) = scores.split_at_mut(ids.len());
        for (prefix, promising) in prefixes.iter().zip(promising.iter_mut()) {
            prefix.score_prefix(block, start, scores);
            for ((place, score), id) in (start as i64..).zip(scores.iter()).zip(ids) {
                // A row whose part has no score may have one as a whole.
                let score = if score.is_finite() { *score } else { f64::NEG_INFINITY };
                if promising.wants(score) && search.only.is_none_or(|only| only.contains(*id)) {
                    promising.offer(Neighbor { score, id: number, value_id: place });
                }
            }
        }
    }
}
