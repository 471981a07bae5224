//! Vectors on their way into the lists of a new index.

use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::lists::entries::Code;
use kohakuvault_core::vector::lists::parts::ListEntries;
use kohakuvault_core::vector::lists::placing::place;
use kohakuvault_core::vector::lists::train::List;

use super::marks::{Marks, mark_of};
use super::scratch::Scratch;
use super::tables::PARTS;
use crate::js::error::SeamResult;
use crate::vector::layout::Layout;

/// Entries take at most so many bytes in memory before they are written.
const MOST_ENTRY_BYTES: usize = 32 * 1024 * 1024;
/// What an entry takes there beside its code.
const ENTRY_BYTES: usize = 56;

/// Lists that are being filled.
pub(super) struct Filling<'a> {
    layout: &'a Layout,
    centroids: &'a Centroids,
    scratch: &'a Scratch,
    added: Vec<(List, i64, Code)>,
    part: i64,
    /// How many entries each list has in the parts that were written.
    totals: Vec<usize>,
    pub(super) marks: Marks,
}

impl<'a> Filling<'a> {
    pub(super) fn new(layout: &'a Layout, centroids: &'a Centroids, scratch: &'a Scratch) -> Self {
        let totals = vec![0; centroids.len()];
        Self { layout, centroids, scratch, added: Vec::new(), part: 0, totals, marks: Marks::default() }
    }

    pub(super) fn add(&mut self, block: &Block) -> SeamResult<()> {
        for ((at, id), placed) in block.ids().iter().enumerate().zip(place(self.centroids, block)) {
            let [(first, code), (second, other)] = placed;
            self.added.push((first, *id, code));
            if second != first {
                self.added.push((second, *id, other));
            }
            self.marks.push(*id, mark_of(block.row(at)));
        }
        let bytes = self.added.len() * (self.layout.shape.dimensions.div_ceil(4) + ENTRY_BYTES);
        if bytes > MOST_ENTRY_BYTES && self.part < PARTS - 1 { self.flush() } else { Ok(()) }
    }

    pub(super) fn flush(&mut self) -> SeamResult<()> {
        let mut added = std::mem::take(&mut self.added);
        // Entries of a list stay in their order.
        added.sort_by_key(|(list, _, _)| *list);
        for entries in added.chunk_by(|(one, _, _), (other, _, _)| one == other) {
            let Some((list, _, _)) = entries.first() else { continue };
            let Some(total) = self.totals.get_mut(*list as usize) else { continue };
            let mut part = ListEntries::new(self.layout.shape.dimensions);
            entries.iter().for_each(|(_, id, code)| part.push(*list, *id, code));
            let part = part.write(*total);
            *total += entries.len();
            self.scratch.add(i64::from(*list) * PARTS + self.part, &part)?;
        }
        self.part += 1;
        Ok(())
    }
}
