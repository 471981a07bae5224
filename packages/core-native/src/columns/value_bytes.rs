//! Ranges of the values in one column of a table, for many reads in a row.

use std::cell::Cell;
use std::ffi::CStr;

use crate::js::error::SeamResult;
use crate::sqlite::blob_handle::BlobHandle;
use crate::sqlite::db::Db;

/// The handle that read last, and whether it is still at the row that is meant.
pub(super) struct ValueBytes {
    table: &'static CStr,
    column: &'static CStr,
    handle: Cell<Option<BlobHandle>>,
    row: Cell<Option<i64>>,
}

impl ValueBytes {
    pub(super) const fn new(table: &'static CStr, column: &'static CStr) -> Self {
        Self { table, column, handle: Cell::new(None), row: Cell::new(None) }
    }

    /// Forgets which row the handle is at: its value may have changed since.
    pub(super) fn look_again(&self) {
        self.row.replace(None);
    }

    /// Adds `count` bytes of a row's value to the target, from `offset` on. Returns the length of the value if it is
    /// too short, and adds nothing then.
    pub(super) fn read(
        &self,
        db: Db,
        row: i64,
        offset: usize,
        count: usize,
        target: &mut Vec<u8>,
    ) -> SeamResult<Result<(), usize>> {
        let is_there = self.row.replace(None) == Some(row);
        let kept = self.handle.take();
        let handle = match kept {
            Some(handle) if is_there || handle.reopen(row).is_ok() => handle,
            _ => BlobHandle::open(db, self.table, self.column, row, false)?,
        };
        let length = handle.len();
        let result = if offset.checked_add(count).is_some_and(|end| end <= length) {
            // The value has the bytes, so there is reason to allocate that much.
            let before = target.len();
            target.resize(before + count, 0);
            handle.read(offset, target.get_mut(before..).unwrap_or_default())?;
            Ok(())
        } else {
            Err(length)
        };
        self.handle.replace(Some(handle));
        self.row.replace(Some(row));
        Ok(result)
    }
}
