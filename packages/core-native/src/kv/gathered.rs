//! Memory of a table's own, in which rows are gathered before they go to JavaScript's memory.
//!
//! A getter, a view or a generated column can run JavaScript between two rows, and that can free the memory that they
//! are for.

use std::cell::Cell;

use crate::js::error::{SeamError, SeamResult};

/// More than this is not kept for the next time.
const MOST_KEPT: usize = 1024 * 1024;

/// The table's memory while it is used.
pub(super) struct Gathered<'a> {
    home: &'a Cell<Vec<u8>>,
    memory: Vec<u8>,
    room: usize,
}

impl<'a> Gathered<'a> {
    /// Takes the memory from its home and makes room for so many bytes.
    pub(super) fn of(home: &'a Cell<Vec<u8>>, room: usize) -> Self {
        let mut memory = home.take();
        if memory.len() < room {
            memory.resize(room, 0);
        }
        Self { home, memory, room }
    }

    pub(super) fn memory(&mut self) -> &mut [u8] {
        self.memory.get_mut(..self.room).unwrap_or_default()
    }

    /// Copies the first bytes to the target.
    pub(super) fn copy_to(&self, length: usize, target: &mut [u8]) -> SeamResult<()> {
        match (target.get_mut(..length), self.memory.get(..length)) {
            (Some(place), Some(gathered)) => {
                place.copy_from_slice(gathered);
                Ok(())
            }
            _ => Err(SeamError::invalid(
                "the target shrank while it was filled; do not resize it in a getter or function",
            )),
        }
    }
}

impl Drop for Gathered<'_> {
    fn drop(&mut self) {
        if self.memory.len() <= MOST_KEPT {
            self.home.set(std::mem::take(&mut self.memory));
        }
    }
}
