//! Memory of a table's own, in which rows are gathered before they go to JavaScript's.
//!
//! A getter, a view or a generated column can run JavaScript between two rows, and that can free the memory they are meant for.

use super::table::KvTable;
use crate::error::{SeamError, SeamResult};

/// More than this is not kept for the next time.
const MOST_KEPT: usize = 1024 * 1024;

/// The table's memory while it is used.
pub(super) struct Gathered<'a> {
    table: &'a KvTable,
    memory: Vec<u8>,
}

impl<'a> Gathered<'a> {
    /// Room for so many bytes.
    pub(super) fn of(table: &'a KvTable, room: usize) -> Self {
        let mut memory = table.gathered.take();
        if memory.len() < room {
            memory.resize(room, 0);
        }
        Self { table, memory }
    }

    pub(super) fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Copies the first bytes to where they are meant for.
    pub(super) fn hand_over(&self, length: usize, target: &mut [u8]) -> SeamResult<()> {
        let place =
            target.get_mut(..length).ok_or_else(|| SeamError::invalid("the target shrank while it was filled"))?;
        place.copy_from_slice(&self.memory[..length]);
        Ok(())
    }
}

impl Drop for Gathered<'_> {
    fn drop(&mut self) {
        if self.memory.len() <= MOST_KEPT {
            self.table.gathered.set(std::mem::take(&mut self.memory));
        }
    }
}
