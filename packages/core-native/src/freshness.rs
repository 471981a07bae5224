//! What SQLite tells of the file when it is asked: whether other connections have committed, and how it keeps its journal.
//! `ts/database/file-state.ts` decides when to ask.

use std::ffi::CStr;

use rusqlite::ffi::sqlite3;

use crate::error::{SeamError, SeamResult};
use crate::statement::Statement;

/// Of the main database: the attached ones are not ours.
const DATA_VERSION: &CStr = c"PRAGMA main.data_version";
const JOURNAL_MODE: &CStr = c"PRAGMA main.journal_mode";

pub(crate) struct Freshness {
    data_version: Statement,
    journal_mode: Statement,
}

impl Freshness {
    pub(crate) fn new() -> Self {
        Self { data_version: Statement::fixed(DATA_VERSION), journal_mode: Statement::fixed(JOURNAL_MODE) }
    }

    /// Moves when another connection has committed since this one last looked.
    pub(crate) fn data_version(&self, db: *mut sqlite3) -> SeamResult<i64> {
        let asked = self.data_version.execute(db, &[])?;
        if !asked.step()? {
            return Err(SeamError::invalid("SQLite told no data version"));
        }
        Ok(asked.integer(0))
    }

    pub(crate) fn is_wal(&self, db: *mut sqlite3) -> SeamResult<bool> {
        let asked = self.journal_mode.execute(db, &[])?;
        Ok(asked.step()? && asked.bytes(0) == b"wal")
    }

    pub(crate) fn finalize(&self) {
        self.data_version.finalize();
        self.journal_mode.finalize();
    }
}
