//! A connection that only reads one state of the file, for a search in another thread.

use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};

use rusqlite::ffi;

use crate::js::error::{SeamError, SeamResult, SqliteFailure};
use crate::sqlite::db::Db;
use crate::sqlite::statement::Statement;

/// How long the other thread waits for a file that is being recovered or checkpointed, in milliseconds.
const BUSY_TIMEOUT: c_int = 5_000;

/// The connection. It closes when this is dropped.
pub(super) struct ReadConnection(Db);

// SAFETY: one thread opens it, gives it away and never touches it again, and another one uses and closes it. SQLite in
// its multi-thread mode, as better-sqlite3 builds it, requires only that no two threads use a connection at the same
// time.
unsafe impl Send for ReadConnection {}

impl ReadConnection {
    pub(super) fn open(path: &CStr) -> SeamResult<Self> {
        let mut raw = ptr::null_mut();
        let flags = ffi::SQLITE_OPEN_READONLY | ffi::SQLITE_OPEN_NOMUTEX;
        // SAFETY: the path ends in NUL. SQLite fills `raw` even if it fails, and the connection is closed in either
        // case.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut raw, flags, ptr::null()) };
        let raw = NonNull::new(raw)
            .ok_or_else(|| SeamError::sqlite(SqliteFailure { code, message: "out of memory".to_owned(), handle: 0 }))?;
        // SAFETY: this thread has just opened it, and `ReadConnection` closes it.
        let db = unsafe { Db::new(raw, 0) };
        let connection = Self(db);
        if code != ffi::SQLITE_OK {
            return Err(db.failure(code));
        }
        // SAFETY: the connection is open, and this thread's.
        unsafe { ffi::sqlite3_busy_timeout(db.raw(), BUSY_TIMEOUT) };
        // The file may be one of strangers. Our SELECTs need nothing that these turn off.
        Statement::new("PRAGMA trusted_schema = OFF")?.run(db, &[])?;
        Statement::new("PRAGMA cell_size_check = ON")?.run(db, &[])?;
        Statement::new("BEGIN")?.run(db, &[])?;
        // BEGIN alone reads nothing: the first read fixes the state.
        Statement::new("SELECT count(*) FROM sqlite_schema")?.run(db, &[])?;
        Ok(connection)
    }

    pub(super) fn db(&self) -> Db {
        self.0
    }
}

impl Drop for ReadConnection {
    fn drop(&mut self) {
        // SAFETY: the connection is this thread's and is closed once, which ends its transaction.
        unsafe { ffi::sqlite3_close(self.0.raw()) };
    }
}
