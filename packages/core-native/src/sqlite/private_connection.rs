//! A connection that we open ourselves, with the host's SQLite, for work in another thread.

use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};

use rusqlite::ffi;

use super::db::Db;
use super::statement::Statement;
use crate::js::error::{SeamError, SeamResult, SqliteFailure};

/// The connection. It closes when this is dropped.
pub(crate) struct PrivateConnection(Db);

// SAFETY: one thread opens it, gives it away and never touches it again, and another one uses and closes it. SQLite in
// its multi-thread mode, as better-sqlite3 builds it, requires only that no two threads use a connection at the same
// time.
unsafe impl Send for PrivateConnection {}

impl PrivateConnection {
    /// Opens a file that exists. It waits so many milliseconds for others, and begins with the SQL that gives it the
    /// key. `access` is `SQLITE_OPEN_READONLY` or `SQLITE_OPEN_READWRITE`.
    pub(crate) fn open(path: &CStr, access: c_int, busy_timeout: c_int, unlocking: &[String]) -> SeamResult<Self> {
        let mut raw = ptr::null_mut();
        let flags = access | ffi::SQLITE_OPEN_NOMUTEX;
        // SAFETY: the path ends in NUL. SQLite fills `raw` even if it fails, and the connection is closed in either
        // case.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut raw, flags, ptr::null()) };
        let raw = NonNull::new(raw)
            .ok_or_else(|| SeamError::sqlite(SqliteFailure { code, message: "out of memory".to_owned(), handle: 0 }))?;
        // SAFETY: this thread has just opened it, and `PrivateConnection` closes it.
        let db = unsafe { Db::new(raw, 0) };
        let connection = Self(db);
        if code != ffi::SQLITE_OK {
            return Err(db.failure(code));
        }
        // SAFETY: the connection is open, and this thread's.
        unsafe { ffi::sqlite3_busy_timeout(db.raw(), busy_timeout) };
        for sql in unlocking {
            connection.run(sql)?;
        }
        Ok(connection)
    }

    pub(crate) fn run(&self, sql: &str) -> SeamResult<()> {
        Statement::new(sql)?.run(self.0, &[])
    }

    pub(crate) fn db(&self) -> Db {
        self.0
    }
}

impl Drop for PrivateConnection {
    fn drop(&mut self) {
        // SAFETY: the connection is this thread's and is closed once, which ends its transaction.
        unsafe { ffi::sqlite3_close(self.0.raw()) };
    }
}
