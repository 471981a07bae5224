//! SQLite's handle on one value, closed when dropped.
//!
//! rusqlite's own borrows its connection, so it can't be kept beside it for as long as a read snapshot is held.

use std::ffi::{CStr, c_int};
use std::ptr;

use rusqlite::ffi::{self, sqlite3};

use crate::error::{SeamError, SeamResult};

pub(crate) struct BlobHandle {
    db: *mut sqlite3,
    blob: *mut ffi::sqlite3_blob,
}

impl BlobHandle {
    pub(crate) fn open(db: *mut sqlite3, table: &CStr, column: &CStr, rowid: i64, writable: bool) -> SeamResult<Self> {
        let mut blob = ptr::null_mut();
        // SAFETY: `db` is an open connection of this thread, and the names end in NUL.
        let code = unsafe {
            ffi::sqlite3_blob_open(
                db,
                c"main".as_ptr(),
                table.as_ptr(),
                column.as_ptr(),
                rowid,
                c_int::from(writable),
                &raw mut blob,
            )
        };
        // On failure SQLite sets the handle to null.
        if code == ffi::SQLITE_OK { Ok(Self { db, blob }) } else { Err(SeamError::sqlite(db, code).or_no_bytes()) }
    }

    /// Moves to another row of the same table, which costs a third of opening. After a failure the handle is of no use.
    pub(crate) fn reopen(&self, rowid: i64) -> SeamResult<()> {
        // SAFETY: the handle is open.
        self.check(unsafe { ffi::sqlite3_blob_reopen(self.blob, rowid) })
    }

    pub(crate) fn len(&self) -> usize {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_blob_bytes(self.blob) as usize }
    }

    /// Fills `target` from `offset` on and returns how many bytes there were.
    pub(crate) fn read(&self, offset: usize, target: &mut [u8]) -> SeamResult<usize> {
        let count = target.len().min(self.len().saturating_sub(offset));
        if count == 0 {
            return Ok(0);
        }
        // SAFETY: `target` has room for `count` bytes, and the value has that many from `offset` on; a value's length
        // fits a c_int, so both do.
        let code =
            unsafe { ffi::sqlite3_blob_read(self.blob, target.as_mut_ptr().cast(), count as c_int, offset as c_int) };
        self.check(code).map(|()| count)
    }

    /// Overwrites from `offset` on; the caller has checked that the bytes fit.
    pub(crate) fn write(&self, offset: usize, source: &[u8]) -> SeamResult<()> {
        // SAFETY: `source` has that many bytes; SQLite refuses what would reach past the value.
        let code = unsafe {
            ffi::sqlite3_blob_write(self.blob, source.as_ptr().cast(), source.len() as c_int, offset as c_int)
        };
        self.check(code)
    }

    /// Closes the handle. Outside a transaction this is where a write is committed, so it can fail.
    pub(crate) fn close(mut self) -> SeamResult<()> {
        let blob = std::mem::replace(&mut self.blob, ptr::null_mut());
        // SAFETY: the handle is open, and forgotten here.
        self.check(unsafe { ffi::sqlite3_blob_close(blob) })
    }

    fn check(&self, code: c_int) -> SeamResult<()> {
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(SeamError::sqlite(self.db, code)) }
    }
}

impl Drop for BlobHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, or null, which SQLite ignores.
        unsafe { ffi::sqlite3_blob_close(self.blob) };
    }
}
