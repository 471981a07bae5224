//! All blocks of a table, and how own writes change them.
//!
//! Blocks are shared: a search that runs in another thread keeps those it began with, and a write copies the one block it
//! touches where that is so.

use std::sync::Arc;

use super::block::Block;
use super::nearest::Neighbour;
use super::search::Search;
use super::shape::{Metric, Shape, VectorType};
use super::sketch::Sketcher;
use crate::CoreError;

/// How many rows a block of ours gets, as vec0's chunks do.
const BLOCK_ROWS: usize = 1024;
/// Sketches of shorter vectors tell too little.
const LEAST_SKETCHED_DIMENSIONS: usize = 64;
/// Less than this is read in half a millisecond.
const LEAST_SKETCHED_BYTES: usize = 4 * 1024 * 1024;

/// The vectors of a table, resident.
#[derive(Clone)]
pub struct Matrix {
    shape: Shape,
    blocks: Vec<Arc<Block>>,
    sketcher: Option<Arc<Sketcher>>,
    /// How many rows there were when the sketcher looked at them.
    sketched_rows: usize,
}

impl Matrix {
    /// An empty one.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self { shape, blocks: Vec::new(), sketcher: None, sketched_rows: 0 }
    }

    /// Takes a block as it was read.
    pub fn add_block(&mut self, block: Block) {
        if !block.is_empty() {
            self.blocks.push(Arc::new(block));
        }
    }

    /// How many vectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a vector of a new id.
    ///
    /// # Errors
    /// Where it is not as long as the others.
    pub fn insert(&mut self, id: i64, value_id: i64, row: &[u8]) -> Result<(), CoreError> {
        self.shape.check(row)?;
        if self.blocks.last().is_none_or(|last| last.len() >= BLOCK_ROWS) {
            let mut block = Block::with_room(self.shape, BLOCK_ROWS);
            if let Some(sketcher) = &self.sketcher {
                let sketch = block.sketched(sketcher);
                block.set_sketch(sketch);
            }
            self.blocks.push(Arc::new(block));
        }
        if let Some(last) = self.blocks.last_mut() {
            Arc::make_mut(last).push(id, value_id, row, self.sketcher.as_deref());
        }
        Ok(())
    }

    /// Changes the vector of an id; nothing happens without it.
    ///
    /// # Errors
    /// Where it is not as long as the others.
    pub fn replace(&mut self, id: i64, row: &[u8]) -> Result<(), CoreError> {
        self.shape.check(row)?;
        if let Some((block, place)) = self.find(id) {
            let sketcher = self.sketcher.clone();
            if let Some(block) = self.blocks.get_mut(block) {
                Arc::make_mut(block).replace(place, row, sketcher.as_deref());
            }
        }
        Ok(())
    }

    /// Removes the vector of an id; nothing happens without it.
    pub fn remove(&mut self, id: i64) {
        let Some((number, place)) = self.find(id) else { return };
        let Some(block) = self.blocks.get_mut(number) else { return };
        Arc::make_mut(block).swap_remove(place);
        if block.is_empty() {
            self.blocks.swap_remove(number);
        }
    }

    fn find(&self, id: i64) -> Option<(usize, usize)> {
        // What was written last is looked for most.
        self.blocks
            .iter()
            .enumerate()
            .rev()
            .find_map(|(number, block)| Some((number, block.ids().iter().position(|known| *known == id)?)))
    }

    /// The nearest of each query, exactly.
    #[must_use]
    pub fn search(&self, search: &Search<'_>) -> Vec<Vec<Neighbour>> {
        search.scan_blocks(&self.blocks).into_iter().map(super::nearest::Nearest::into_sorted).collect()
    }

    /// Whether an approximate search by this metric is to be had: sketches are made for the table's own, of vectors long
    /// enough that rounding evens out, and where reading all of them would take longer than a moment.
    #[must_use]
    pub fn can_approximate(&self, metric: Metric) -> bool {
        self.shape.kind != VectorType::Bit
            && (metric == Metric::Cosine) == self.shape.keeps_lengths
            && self.shape.dimensions >= LEAST_SKETCHED_DIMENSIONS
            && self.len() * self.shape.row_bytes() >= LEAST_SKETCHED_BYTES
    }

    /// Makes sketches where there are none, or where they were made of less than half of what there is now.
    pub fn prepare_approximate(&mut self) {
        let rows = self.len();
        if self.sketcher.is_some() && rows <= self.sketched_rows * 2 {
            return;
        }
        let sketcher = Arc::new(Sketcher::of(self.shape, &self.blocks));
        super::sketch::sketch_blocks(&sketcher, &mut self.blocks);
        self.sketcher = Some(sketcher);
        self.sketched_rows = rows;
    }

    /// The nearest of each query among the `candidates` that the sketches hold for nearest; distances are exact. Where there
    /// are no sketches, or so few rows, the search is exact.
    #[must_use]
    pub fn search_approximately(&self, search: &Search<'_>, candidates: usize) -> Vec<Vec<Neighbour>> {
        match &self.sketcher {
            Some(sketcher) if candidates < self.len() => {
                super::sketch::search(sketcher, &self.blocks, search, candidates)
            }
            _ => self.search(search),
        }
    }
}

#[cfg(test)]
mod tests;
