//! SQLite's handle on one value, closed when dropped.
//!
//! rusqlite's own handle borrows its connection, so it cannot be kept beside it for as long as a read snapshot is held.

use std::ffi::{CStr, c_int};
use std::ptr;

use rusqlite::ffi;

use super::db::Db;
use crate::js::error::{SeamError, SeamResult};
use crate::js::numbers;

pub(crate) struct BlobHandle {
    db: Db,
    blob: *mut ffi::sqlite3_blob,
}

impl BlobHandle {
    pub(crate) fn open(db: Db, table: &CStr, column: &CStr, rowid: i64, writable: bool) -> SeamResult<Self> {
        let mut blob = ptr::null_mut();
        let (database, writable) = (c"main".as_ptr(), c_int::from(writable));
        // SAFETY: the connection is open, and the names end in NUL.
        let code = unsafe {
            ffi::sqlite3_blob_open(db.raw(), database, table.as_ptr(), column.as_ptr(), rowid, writable, &raw mut blob)
        };
        // If it fails, SQLite sets the handle to null.
        if code == ffi::SQLITE_OK { Ok(Self { db, blob }) } else { Err(db.failure(code).or_no_bytes()) }
    }

    /// Moves to another row of the same table, which costs a third of opening. After a failure the handle is useless.
    pub(crate) fn reopen(&self, rowid: i64) -> SeamResult<()> {
        // SAFETY: the handle is open.
        self.check(unsafe { ffi::sqlite3_blob_reopen(self.blob, rowid) })
    }

    pub(crate) fn len(&self) -> usize {
        // SAFETY: the handle is open.
        numbers::unsigned(unsafe { ffi::sqlite3_blob_bytes(self.blob) })
    }

    /// Fills `target` from `offset` on and returns how many bytes there were.
    pub(crate) fn read(&self, offset: usize, target: &mut [u8]) -> SeamResult<usize> {
        let count = target.len().min(self.len().saturating_sub(offset));
        if count == 0 {
            return Ok(0);
        }
        let (bytes, start) = (within_value(count)?, within_value(offset)?);
        // SAFETY: `target` has room for `count` bytes, and the value has that many from `offset` on.
        self.check(unsafe { ffi::sqlite3_blob_read(self.blob, target.as_mut_ptr().cast(), bytes, start) })?;
        Ok(count)
    }

    /// Overwrites from `offset` on. The caller has checked that the bytes fit.
    pub(crate) fn write(&self, offset: usize, source: &[u8]) -> SeamResult<()> {
        let (bytes, start) = (within_value(source.len())?, within_value(offset)?);
        // SAFETY: `source` has that many bytes. SQLite refuses what would reach past the value.
        self.check(unsafe { ffi::sqlite3_blob_write(self.blob, source.as_ptr().cast(), bytes, start) })
    }

    /// Closes the handle. Outside a transaction this commits a write, so it can fail.
    pub(crate) fn close(mut self) -> SeamResult<()> {
        let blob = std::mem::replace(&mut self.blob, ptr::null_mut());
        // SAFETY: the handle is open, and forgotten here.
        self.check(unsafe { ffi::sqlite3_blob_close(blob) })
    }

    fn check(&self, code: c_int) -> SeamResult<()> {
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.db.failure(code)) }
    }
}

/// Returns a length or offset as SQLite takes it. No value is longer.
fn within_value(bytes: usize) -> SeamResult<c_int> {
    c_int::try_from(bytes).map_err(|_| SeamError::invalid(format!("{bytes} bytes reach past the end of any value")))
}

impl Drop for BlobHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, or null, which SQLite ignores.
        unsafe { ffi::sqlite3_blob_close(self.blob) };
    }
}
