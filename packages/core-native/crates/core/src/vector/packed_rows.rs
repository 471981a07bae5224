//! Vectors one after another, in memory aligned for every element type.

use bytemuck::{AnyBitPattern, NoUninit, cast_slice, cast_slice_mut, try_cast_slice};

const WORD: usize = size_of::<u64>();

/// Rows of one length in bytes.
#[derive(Clone)]
pub(crate) struct PackedRows {
    words: Vec<u64>,
    row_bytes: usize,
    len: usize,
}

impl PackedRows {
    /// Creates no rows, with room for so many. Memory that was never touched costs nothing yet.
    pub(crate) fn with_room(row_bytes: usize, rows: usize) -> Self {
        Self { words: vec![0; (rows * row_bytes).div_ceil(WORD)], row_bytes, len: 0 }
    }

    /// Returns the memory for so many rows after the last one, and makes more if needed. The caller fills it before
    /// `set_len`.
    pub(crate) fn room_mut(&mut self, rows: usize) -> &mut [u8] {
        let (start, end) = (self.len * self.row_bytes, (self.len + rows) * self.row_bytes);
        if self.words.len() * WORD < end {
            self.words.resize(end.div_ceil(WORD), 0);
        }
        self.memory().get_mut(start..end).unwrap_or_default()
    }

    fn memory(&mut self) -> &mut [u8] {
        cast_slice_mut(&mut self.words)
    }

    /// Sets how many rows count.
    pub(crate) fn set_len(&mut self, rows: usize) {
        self.len = rows;
    }

    pub(crate) fn push(&mut self, row: &[u8]) {
        let end = (self.len + 1) * self.row_bytes;
        if end > self.words.len() * WORD {
            let words = (end * 2).div_ceil(WORD);
            self.words.resize(words, 0);
        }
        self.len += 1;
        self.set(self.len - 1, row);
    }

    pub(crate) fn set(&mut self, place: usize, row: &[u8]) {
        let start = place * self.row_bytes;
        let target = self.memory().get_mut(start..).unwrap_or_default();
        target.iter_mut().zip(row).for_each(|(target, byte)| *target = *byte);
    }

    /// Moves a row to an earlier place.
    pub(crate) fn move_row(&mut self, from: usize, to: usize) {
        let (start, bytes) = (from * self.row_bytes, self.row_bytes);
        let target = to * bytes;
        self.memory().copy_within(start..start + bytes, target);
    }

    /// Removes a row and puts the last row into its place.
    pub(crate) fn swap_remove(&mut self, place: usize) {
        self.len -= 1;
        if place != self.len {
            self.move_row(self.len, place);
        }
    }

    /// Returns for how many rows there is memory.
    pub(crate) fn room(&self) -> usize {
        self.words.len() * WORD / self.row_bytes.max(1)
    }

    /// Returns the bytes of some rows, or none if there are not that many.
    pub(crate) fn bytes(&self, start: usize, count: usize) -> &[u8] {
        let all: &[u8] = cast_slice(&self.words);
        all.get(start * self.row_bytes..(start + count) * self.row_bytes).unwrap_or_default()
    }

    /// Returns the elements of some rows.
    pub(crate) fn elements<T: AnyBitPattern + NoUninit>(&self, start: usize, count: usize) -> &[T] {
        // Rows have whole elements, and the memory is aligned for the largest, so this never fails.
        try_cast_slice(self.bytes(start, count)).unwrap_or_default()
    }
}
