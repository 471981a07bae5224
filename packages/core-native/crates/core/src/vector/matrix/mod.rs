//! All blocks of a table, and how own writes change them.
//!
//! Blocks are shared: a search in another thread keeps the blocks that it began with. A write copies the one block that
//! it changes if another thread has it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::approximate;
use super::block::Block;
use super::id_set::IdSet;
use super::nearest::{Nearest, Neighbor};
use super::prefix;
use super::search::Search;
use super::shape::{Metric, Shape, VectorType};
use super::sketch::sketcher::Sketcher;
use crate::CoreError;

/// How many rows a block of ours has, as many as a chunk of vec0.
const BLOCK_ROWS: usize = 1024;
/// Sketches of shorter vectors tell too little.
const LEAST_SKETCHED_DIMENSIONS: usize = 64;
/// Fewer bytes are read in half a millisecond.
const LEAST_SKETCHED_BYTES: usize = 4 * 1024 * 1024;
/// To read and compare a row here and there takes as long as to read the sketches of so many rows.
const ROWS_PER_SELECTED: usize = 100;
/// To look a row up takes at most as long as to ask so many whether they count.
const ROWS_PER_LOOKUP: usize = 1000;

/// The vectors of a table, resident.
#[derive(Clone)]
pub struct Matrix {
    shape: Shape,
    blocks: Vec<Arc<Block>>,
    /// For each block a range in which its ids are, so that an id is not looked for in all of them.
    ranges: Vec<IdRange>,
    sketcher: Option<Arc<Sketcher>>,
    /// How many rows there were when the sketcher was made.
    sketched_rows: usize,
}

/// The least and the largest id that a block has had.
#[derive(Clone, Copy)]
struct IdRange {
    least: i64,
    largest: i64,
}

impl IdRange {
    const EMPTY: Self = Self { least: i64::MAX, largest: i64::MIN };

    fn of(block: &Block) -> Self {
        block.ids().iter().fold(Self::EMPTY, |range, id| range.with(*id))
    }

    fn with(self, id: i64) -> Self {
        Self { least: self.least.min(id), largest: self.largest.max(id) }
    }

    fn has(self, id: i64) -> bool {
        (self.least..=self.largest).contains(&id)
    }
}

impl Matrix {
    /// Creates a matrix without vectors.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self { shape, blocks: Vec::new(), ranges: Vec::new(), sketcher: None, sketched_rows: 0 }
    }

    /// Adds a block as it was read.
    pub fn add_block(&mut self, block: Block) {
        if !block.is_empty() {
            self.ranges.push(IdRange::of(&block));
            self.blocks.push(Arc::new(block));
        }
    }

    /// Returns how many vectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum()
    }

    /// Returns whether there are no vectors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the vector of a new id.
    ///
    /// # Errors
    /// If it is not as long as the others.
    pub fn insert(&mut self, id: i64, value_id: i64, row: &[u8]) -> Result<(), CoreError> {
        self.shape.check(row)?;
        if self.blocks.last().is_none_or(|last| last.len() >= BLOCK_ROWS) {
            let mut block = Block::with_room(self.shape, BLOCK_ROWS);
            if let Some(sketcher) = &self.sketcher {
                let sketch = block.sketched(sketcher);
                block.set_sketch(sketch);
            }
            self.blocks.push(Arc::new(block));
            self.ranges.push(IdRange::EMPTY);
        }
        if let (Some(last), Some(range)) = (self.blocks.last_mut(), self.ranges.last_mut()) {
            Arc::make_mut(last).push(id, value_id, row, self.sketcher.as_deref());
            *range = range.with(id);
        }
        Ok(())
    }

    /// Changes the vector of an id. Does nothing without such an id.
    ///
    /// # Errors
    /// If it is not as long as the others.
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

    /// Removes the vector of an id. Does nothing without such an id.
    pub fn remove(&mut self, id: i64) {
        let Some((number, place)) = self.find(id) else { return };
        let Some(block) = self.blocks.get_mut(number) else { return };
        Arc::make_mut(block).swap_remove(place);
        if block.is_empty() {
            self.blocks.swap_remove(number);
            self.ranges.swap_remove(number);
        }
    }

    /// Removes the vectors whose ids are not to be kept.
    pub fn retain(&mut self, keeps: impl Fn(i64) -> bool) {
        for block in &mut self.blocks {
            // From the end, so that the places that are still to come stay.
            for place in (0..block.len()).rev() {
                if block.ids().get(place).is_some_and(|id| !keeps(*id)) {
                    Arc::make_mut(block).swap_remove(place);
                }
            }
        }
        self.blocks.retain(|block| !block.is_empty());
        self.ranges = self.blocks.iter().map(|block| IdRange::of(block)).collect();
    }

    /// Adds the vectors of a block, and changes those whose ids are known.
    ///
    /// # Errors
    /// If they are not as long as the others.
    pub fn put(&mut self, new: &Block) -> Result<(), CoreError> {
        let mut places: HashMap<i64, usize> = new.ids().iter().copied().zip(0..).collect();
        let mut known = Vec::new();
        for (number, block) in self.blocks.iter().enumerate() {
            let found = block.ids().iter().enumerate();
            known.extend(found.filter_map(|(place, id)| Some((number, place, places.remove(id)?))));
        }
        let sketcher = self.sketcher.clone();
        for (number, place, from) in known {
            let Some(block) = self.blocks.get_mut(number) else { continue };
            let row = new.rows().bytes(from, 1);
            self.shape.check(row)?;
            if block.rows().bytes(place, 1) != row {
                Arc::make_mut(block).replace(place, row, sketcher.as_deref());
            }
            if block.value_id(place) != new.value_id(from) {
                Arc::make_mut(block).set_value_id(place, new.value_id(from));
            }
        }
        for (place, id) in new.ids().iter().enumerate() {
            if places.contains_key(id) {
                self.insert(*id, new.value_id(place), new.rows().bytes(place, 1))?;
            }
        }
        Ok(())
    }

    fn find(&self, id: i64) -> Option<(usize, usize)> {
        // The vectors that were written last are looked for most.
        let ranges = self.ranges.iter().enumerate().rev().filter(|(_, range)| range.has(id));
        ranges.map(|(number, _)| number).find_map(|number| {
            let ids = self.blocks.get(number)?.ids();
            // Ids are read in their order, and removals have put only some of them elsewhere.
            let place = ids.binary_search(&id).ok().or_else(|| ids.iter().position(|known| *known == id))?;
            Some((number, place))
        })
    }

    /// Returns the nearest vectors of each query, exactly.
    #[must_use]
    pub fn search(&self, search: &Search<'_>) -> Vec<Vec<Neighbor>> {
        if let Some(only) = search.only.filter(|only| only.len() <= self.len() / ROWS_PER_LOOKUP) {
            let mut found = search.begin();
            for (block, place) in only.iter().filter_map(|id| self.find(id)) {
                if let Some(block) = self.blocks.get(block) {
                    search.scan_row(block, place, &mut found);
                }
            }
            return found.into_iter().map(Nearest::into_sorted).collect();
        }
        search.scan_blocks(&self.blocks).into_iter().map(Nearest::into_sorted).collect()
    }

    /// Returns whether an approximate search by this metric is possible. Sketches are made for the table's own metric,
    /// of vectors long enough that rounding evens out, and only if reading all of them would take longer than a moment.
    #[must_use]
    pub fn can_approximate(&self, metric: Metric) -> bool {
        self.shape.kind != VectorType::Bit
            && (metric == Metric::Cosine) == self.shape.keeps_lengths
            && self.shape.dimensions >= LEAST_SKETCHED_DIMENSIONS
            && self.len() * self.shape.row_bytes() >= LEAST_SKETCHED_BYTES
    }

    /// Returns whether there are sketches, and they were made of at least half of the present rows.
    #[must_use]
    pub fn is_sketched(&self) -> bool {
        self.sketcher.is_some() && self.len() <= self.sketched_rows * 2
    }

    /// Makes the sketches. Changes nothing if that is cancelled. The rows stay shared with copies of the matrix.
    pub fn sketch(&mut self, cancelled: &AtomicBool) {
        let sketcher = Arc::new(approximate::sketcher_of(self.shape, &self.blocks));
        if approximate::sketch_blocks(&sketcher, &mut self.blocks, cancelled) {
            self.sketched_rows = self.len();
            self.sketcher = Some(sketcher);
        }
    }

    /// Returns the nearest vectors of each query, among as many candidates as the sketches find. Their distances are
    /// exact. Without sketches, with fewer rows than candidates, or if only few rows count, the search is exact.
    #[must_use]
    pub fn search_approximately(&self, search: &Search<'_>, candidates: usize) -> Vec<Vec<Neighbor>> {
        match &self.sketcher {
            Some(sketcher) if candidates < self.len() && !self.is_selective(search.only, candidates) => {
                approximate::search(sketcher, &self.blocks, search, candidates)
            }
            _ => self.search(search),
        }
    }

    /// Returns the nearest vectors of each query, among as many candidates as the first dimensions find. Their distances
    /// are exact. If only few rows count, the search is exact.
    #[must_use]
    pub fn search_by_prefix(&self, search: &Search<'_>, dimensions: usize, candidates: usize) -> Vec<Vec<Neighbor>> {
        let is_whole = dimensions >= self.shape.dimensions || self.shape.kind == VectorType::Bit;
        if is_whole || candidates >= self.len() || self.is_selective(search.only, candidates) {
            return self.search(search);
        }
        prefix::search(&self.blocks, search, dimensions, candidates)
    }

    /// Returns whether so few rows count that to compare all of them takes no longer than to read all sketches.
    fn is_selective(&self, only: Option<&IdSet>, candidates: usize) -> bool {
        only.is_some_and(|only| only.len() <= candidates.max(self.len() / ROWS_PER_SELECTED))
    }
}

#[cfg(test)]
mod tests;
