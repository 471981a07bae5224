//! One write at a time.
//!
//! A function that a trigger, a CHECK or an index calls runs in the middle of a write. SQLite has found the places of the new row by
//! then, and whatever moves its cursors (another write, a savepoint, a statement that fails) makes it put the row elsewhere, which breaks
//! the table's indexes. So nothing is written and no transaction begun or ended meanwhile; reading is allowed.

use std::cell::Cell;

use kohakuvault_core::ErrorCode;
use rusqlite::ffi::{self, sqlite3};

use crate::error::{SeamError, SeamResult};

/// Whether a write of ours is going on.
#[derive(Default)]
pub(crate) struct Writes(Cell<bool>);

impl Writes {
    /// Begins a write, which ends when what it gives is dropped.
    pub(crate) fn begin(&self, db: *mut sqlite3) -> SeamResult<Writing<'_>> {
        // Without a transaction the lock of writers is held by nobody but a statement that writes: of the user's, whose function calls us.
        // SAFETY: `db` is the open connection, or null, which is not asked.
        let users = || unsafe {
            !db.is_null()
                && ffi::sqlite3_get_autocommit(db) != 0
                && ffi::sqlite3_txn_state(db, c"main".as_ptr()) == ffi::SQLITE_TXN_WRITE
        };
        if self.0.get() || users() {
            return Err(SeamError::coded(
                ErrorCode::Busy,
                "a statement is writing on this connection: a function that it calls may read; write after it has returned",
            ));
        }
        self.0.set(true);
        Ok(Writing(self))
    }
}

/// A write that is going on.
pub(crate) struct Writing<'a>(&'a Writes);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.0.set(false);
    }
}
