//! The pages of a long value.

use super::page::Pages;

/// Where the bytes of a value are that do not fit the leaf of its row.
#[derive(Debug)]
pub struct Chain {
    /// How many bytes of the value are in the leaf.
    pub(super) local: usize,
    /// How many bytes of the row come before it in the pages.
    pub(super) skipped: usize,
    pub(super) length: usize,
    /// How many bytes a page holds.
    pub(super) content: usize,
    pub(super) numbers: Vec<u32>,
}

impl Chain {
    /// Returns the length of the value.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// Fills the target with bytes of the value from `offset` on. None if some of them are in the leaf, or a page cannot
    /// be had.
    pub fn copy_range(&self, pages: &impl Pages, offset: usize, target: &mut [u8]) -> Option<()> {
        if offset.checked_add(target.len())? > self.length {
            return None;
        }
        let start = self.skipped + offset.checked_sub(self.local)?;
        let (mut number, mut within) = (start.checked_div(self.content)?, start % self.content);
        let mut rest = target;
        while !rest.is_empty() {
            let page = pages.page(*self.numbers.get(number)?)?;
            let bytes = page.get(4 + within..)?;
            let (place, others) = rest.split_at_mut_checked(rest.len().min(bytes.len()))?;
            place.copy_from_slice(bytes.get(..place.len())?);
            (rest, number, within) = (others, number + 1, 0);
        }
        Some(())
    }
}
