//! Two counters by which a copy of what a file holds is known to be fresh: one moves with other connections' commits, the
//! other with every row changed on this one. `ts/database/freshness.ts` puts them together.

use std::ffi::CStr;

use rusqlite::ffi::{self, sqlite3};

use crate::error::{SeamError, SeamResult};
use crate::statement::Statement;

/// Of the main database: the attached ones are not ours.
const DATA_VERSION: &CStr = c"PRAGMA main.data_version";

pub(crate) struct Freshness {
    statement: Statement,
}

impl Freshness {
    pub(crate) fn new() -> Self {
        Self { statement: Statement::fixed(DATA_VERSION) }
    }

    /// Moves when another connection has committed since this one last looked.
    pub(crate) fn data_version(&self, db: *mut sqlite3) -> SeamResult<i64> {
        let execution = self.statement.execute(db, &[])?;
        if !execution.step()? {
            return Err(SeamError::invalid("SQLite told no data version"));
        }
        Ok(execution.integer(0))
    }

    pub(crate) fn finalize(&self) {
        self.statement.finalize();
    }
}

/// How many rows statements on this connection have changed since it was opened, whoever ran them.
pub(crate) fn total_changes(db: *mut sqlite3) -> i32 {
    // SAFETY: `db` is the open connection of a registered handle.
    unsafe { ffi::sqlite3_total_changes(db) }
}
