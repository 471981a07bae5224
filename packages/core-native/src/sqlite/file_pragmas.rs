//! What SQLite says of the file when it is asked: whether other connections have committed, and how it keeps its
//! journal. `ts/database/file-state.ts` decides when to ask.

use std::ffi::CStr;

use super::db::Db;
use super::statement::Statement;
use crate::js::error::{SeamError, SeamResult};

/// Both ask about the main database: attached ones are not ours.
const DATA_VERSION: &CStr = c"PRAGMA main.data_version";
const JOURNAL_MODE: &CStr = c"PRAGMA main.journal_mode";

pub(crate) struct FilePragmas {
    data_version: Statement,
    journal_mode: Statement,
}

impl FilePragmas {
    pub(crate) fn new() -> Self {
        Self { data_version: Statement::fixed(DATA_VERSION), journal_mode: Statement::fixed(JOURNAL_MODE) }
    }

    /// Returns a number that changes when another connection has committed since the last call.
    pub(crate) fn data_version(&self, db: Db) -> SeamResult<i64> {
        let row = self.data_version.execute(db, &[])?;
        if !row.step()? {
            return Err(SeamError::invalid("SQLite returned no data version"));
        }
        Ok(row.integer(0))
    }

    pub(crate) fn is_wal(&self, db: Db) -> SeamResult<bool> {
        let row = self.journal_mode.execute(db, &[])?;
        Ok(row.step()? && row.bytes(0) == b"wal")
    }

    pub(crate) fn finalize(&self) {
        self.data_version.finalize();
        self.journal_mode.finalize();
    }
}
