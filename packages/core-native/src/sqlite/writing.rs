//! One write at a time.
//!
//! A function that a trigger, a CHECK or an index calls runs in the middle of a write. By then SQLite has found the
//! places of the new row. Whatever moves its cursors makes it put the row elsewhere, which breaks the table's indexes:
//! another write, a savepoint, a statement that fails. So meanwhile nothing is written and no transaction begins or
//! ends. Reading is allowed.

use std::cell::Cell;

use kohakuvault_core::ErrorCode;
use rusqlite::ffi;

use super::db::Db;
use crate::js::error::{SeamError, SeamResult};

/// Whether one of our writes is running.
#[derive(Default)]
pub(crate) struct Writes(Cell<bool>);

impl Writes {
    /// Begins a write, which ends when the result is dropped.
    pub(crate) fn begin(&self, db: Db) -> SeamResult<Writing<'_>> {
        // Without a transaction, only a running statement can hold the writers' lock: one of the user's, whose function
        // calls us.
        let is_inside_users = || !db.in_transaction() && db.lock_state() == ffi::SQLITE_TXN_WRITE;
        if self.0.get() || is_inside_users() {
            return Err(SeamError::coded(
                ErrorCode::Busy,
                "a statement is writing on this connection: a function that it calls may read; write after it has \
                 returned",
            ));
        }
        self.0.set(true);
        Ok(Writing(self))
    }
}

/// A write that is running.
pub(crate) struct Writing<'a>(&'a Writes);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.0.set(false);
    }
}
