//! Finding centroids: k-means on a sample.

use std::sync::atomic::{AtomicBool, Ordering};

use super::products::products;
use crate::vector::search::in_threads;

/// The number of a list.
pub type List = u32;

/// Further rounds change little.
const ROUNDS: usize = 8;
/// How many rows meet a tile of centroids at a time.
const ROWS: usize = 64;
/// How many centroids stay in the second cache.
const TILE: usize = 96;
/// Shorter lists do not pay.
const LEAST_LENGTH: usize = 32;
/// Enough that each thread gets some.
const WORK: usize = usize::MAX;

/// Lists have no more entries than so many on average, of which each vector has two.
const LONG: usize = 400;

/// Returns how many lists suit so many vectors. With more, a search of embeddings looks at fewer entries, but at so many
/// more lists that it takes longer. With fewer, the entries of a list take longer than the list.
#[must_use]
pub fn lists_of(vectors: usize) -> usize {
    let lists = (vectors.isqrt().saturating_mul(5) / 2).max(vectors.saturating_mul(2) / LONG);
    lists.clamp(1, (vectors / 16).max(1)).min(65_536)
}

/// Returns how many entries a list should have, of so many vectors, each of which is in two lists. An index that was made
/// of `trained` vectors with `lists` lists keeps to its choice.
#[must_use]
pub fn list_length(vectors: usize, trained: usize, lists: usize) -> usize {
    let length = |vectors: usize, lists: usize| vectors.max(1) * 2 / lists.max(1);
    let usual = length(vectors, lists_of(vectors));
    // What the index was made with may differ from what is usual.
    usual.saturating_mul(lists_of(trained)).checked_div(lists.max(1)).unwrap_or(usual).max(LEAST_LENGTH)
}

/// Returns how many rows are enough to find so many centroids.
#[must_use]
pub fn sample_of(lists: usize) -> usize {
    (lists * 20).max(4096)
}

/// What finds the number of a near centroid of each row, among these centroids.
pub(super) type Finder<'a> = &'a dyn Fn(&[f32], &[f32]) -> Vec<usize>;

/// Returns centroids of rows, fewer if there are fewer rows. The rows must be in no order. `progress` gets the part that
/// is done. None if it was cancelled.
pub(super) fn centroids_of(
    dimensions: usize,
    rows: &[f32],
    lists: usize,
    find: Finder<'_>,
    cancelled: &AtomicBool,
    progress: &dyn Fn(f64),
) -> Option<Vec<f32>> {
    let count = rows.len() / dimensions.max(1);
    let lists = lists.min(count);
    if lists == 0 {
        return Some(vec![0.0; dimensions]);
    }
    let stride = count / lists;
    let mut centroids: Vec<f32> =
        rows.chunks_exact(dimensions).step_by(stride).take(lists).flatten().copied().collect();
    for round in 0..ROUNDS {
        let nearest = find(rows, &centroids);
        if cancelled.load(Ordering::Relaxed) {
            return None;
        }
        centroids = means(dimensions, rows, &nearest, lists, round);
        progress((round + 1) as f64 / ROUNDS as f64);
    }
    Some(centroids)
}

/// Returns half of the squared length of each row.
pub(super) fn half_squares(dimensions: usize, rows: &[f32]) -> Vec<f32> {
    rows.chunks_exact(dimensions.max(1)).map(|row| row.iter().map(|value| value * value).sum::<f32>() / 2.0).collect()
}

/// Returns the number of the nearest centroid of each row.
pub(super) fn nearest_of(dimensions: usize, rows: &[f32], centroids: &[f32]) -> Vec<usize> {
    let halves = half_squares(dimensions, centroids);
    let blocks: Vec<&[f32]> = rows.chunks(dimensions * ROWS).collect();
    in_threads(&blocks, WORK, |blocks| {
        let mut scores = vec![0.0; ROWS * TILE];
        let mut all = Vec::new();
        for block in blocks {
            let count = block.len() / dimensions;
            let mut best = vec![(f32::NEG_INFINITY, 0); count];
            {
                let tiles = centroids.chunks(dimensions * TILE).zip(halves.chunks(TILE));
                for ((tile, halves), first) in tiles.zip((0..).step_by(TILE)) {
                    products(dimensions, block, tile, &mut scores);
                    for (best, scores) in best.iter_mut().zip(scores.chunks(halves.len())) {
                        for ((score, half), number) in scores.iter().zip(halves).zip(first..) {
                            if score - half > best.0 {
                                *best = (score - half, number);
                            }
                        }
                    }
                }
            }
            all.extend(best.into_iter().map(|(_, number)| number));
        }
        all
    })
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the means of the rows of each list. A list without rows gets a row of a large one.
fn means(dimensions: usize, rows: &[f32], nearest: &[usize], lists: usize, round: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f32; lists * dimensions];
    let mut counts = vec![0_usize; lists];
    for (row, list) in rows.chunks_exact(dimensions).zip(nearest) {
        if let (Some(sum), Some(count)) = (sums.chunks_exact_mut(dimensions).nth(*list), counts.get_mut(*list)) {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            *count += 1;
        }
    }
    let usual = nearest.len() / lists;
    let is_crowded = |list: &usize| counts.get(*list).is_some_and(|count| *count > usual);
    let mut crowded = rows.chunks_exact(dimensions).zip(nearest).filter(|(_, list)| is_crowded(list)).skip(round);
    for (sum, count) in sums.chunks_exact_mut(dimensions).zip(&counts) {
        if *count > 0 {
            sum.iter_mut().for_each(|value| *value /= *count as f32);
        } else if let Some((row, _)) = crowded.nth(usual / 2) {
            sum.iter_mut().zip(row).for_each(|(value, given)| *value = *given);
        }
    }
    sums
}
