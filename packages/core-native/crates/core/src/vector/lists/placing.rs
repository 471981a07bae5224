//! The lists of vectors, and their entries there.

use super::centroids::Centroids;
use super::entries::Code;
use super::groups::ROWS;
use super::train::List;
use crate::vector::block::Block;
use crate::vector::search::in_threads;

/// What a list gets of a vector.
pub type Placed = (List, Code);

/// Returns what the two lists of each vector of a block get.
#[must_use]
pub fn place(centroids: &Centroids, block: &Block) -> Vec<[Placed; 2]> {
    let places: Vec<usize> = (0..block.len()).collect();
    let parts: Vec<&[usize]> = places.chunks(ROWS).collect();
    in_threads(&parts, usize::MAX, |parts| {
        let placed = parts.iter().flat_map(|places| {
            let rows = turned(centroids, block, places);
            let lists = centroids.assign(&rows);
            let rows = rows.chunks_exact(centroids.dimensions().max(1));
            let placed =
                rows.zip(lists).map(|(row, lists)| lists.map(|list| (list, Code::of(centroids, Some(list), row))));
            placed.collect::<Vec<_>>()
        });
        placed.collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the codes of all vectors of a block, without a list.
#[must_use]
pub fn without_list(centroids: &Centroids, block: &Block) -> Vec<Code> {
    let places: Vec<usize> = (0..block.len()).collect();
    let rows = turned(centroids, block, &places);
    rows.chunks_exact(centroids.dimensions().max(1)).map(|row| Code::of(centroids, None, row)).collect()
}

fn turned(centroids: &Centroids, block: &Block, places: &[usize]) -> Vec<f32> {
    let mut rows = Vec::with_capacity(places.len() * centroids.dimensions());
    for place in places {
        let mut row = block.to_sketch(*place);
        centroids.turn(&mut row);
        rows.extend(row);
    }
    rows
}
