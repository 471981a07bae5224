//! An open connection of the host's SQLite.

use std::ffi::{CStr, CString, c_int};
use std::ptr::NonNull;

use rusqlite::ffi::{self, sqlite3, sqlite3_stmt};

use crate::js::error::{SeamError, SqliteFailure};

/// An open connection of this thread. Only the registry and a connection of a search make one, so a function that gets
/// one may call SQLite.
#[derive(Clone, Copy)]
pub(crate) struct Db {
    raw: NonNull<sqlite3>,
    /// The connection's handle, or 0 for one that JavaScript does not know.
    handle: u64,
}

impl Db {
    /// # Safety
    /// The connection is open and belongs to this thread, and stays so as long as the `Db` and its copies are used.
    pub(crate) const unsafe fn new(raw: NonNull<sqlite3>, handle: u64) -> Self {
        Self { raw, handle }
    }

    #[inline]
    pub(crate) const fn raw(self) -> *mut sqlite3 {
        self.raw.as_ptr()
    }

    /// Returns the connection's last failure. `code` is what the call returned.
    #[cold]
    pub(crate) fn failure(self, code: c_int) -> SeamError {
        // SAFETY: the connection is open. The message is copied before any other call on it.
        let (extended, message) = unsafe {
            let message = CStr::from_ptr(ffi::sqlite3_errmsg(self.raw())).to_string_lossy().into_owned();
            (ffi::sqlite3_extended_errcode(self.raw()), message)
        };
        // SQLITE_MISUSE and a few others do not set the connection's code.
        let code = if extended & 0xff == code & 0xff { extended } else { code };
        SeamError::sqlite(SqliteFailure { code, message, handle: self.handle })
    }

    /// Returns the path of the file as SQLite found it, or None for a database in memory and for one that nobody else
    /// can open.
    pub(crate) fn file(self) -> Option<CString> {
        // SAFETY: the connection is open, and the name ends in NUL. What SQLite returns lives as long as the
        // connection, and is copied.
        unsafe {
            let name = ffi::sqlite3_db_filename(self.raw(), c"main".as_ptr());
            (!name.is_null() && *name != 0).then(|| CStr::from_ptr(name).to_owned())
        }
    }

    /// Has SQLite leave the WAL as it is when the connection closes as the last one of its file.
    pub(crate) fn keep_wal_on_close(self) {
        // SAFETY: the connection is open. The option takes a number and a place for one, or null.
        unsafe {
            ffi::sqlite3_db_config(
                self.raw(),
                ffi::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                1 as c_int,
                std::ptr::null_mut::<c_int>(),
            )
        };
    }

    /// Returns how many rows the last statement changed, without those that triggers changed.
    pub(crate) fn changes(self) -> i64 {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_changes64(self.raw()) }
    }

    /// Returns the rowid that the last INSERT gave, without those of triggers.
    pub(crate) fn last_insert_rowid(self) -> i64 {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_last_insert_rowid(self.raw()) }
    }

    /// Returns whether somebody began a transaction that is still open.
    pub(crate) fn in_transaction(self) -> bool {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_get_autocommit(self.raw()) == 0 }
    }

    /// Returns whether the connection was opened for reading only, or the file cannot be written.
    pub(crate) fn is_readonly(self) -> bool {
        // SAFETY: the connection is open, and the name ends in NUL.
        unsafe { ffi::sqlite3_db_readonly(self.raw(), c"main".as_ptr()) != 0 }
    }

    /// Returns what the connection holds of the main database: 0 for nothing, 1 for the right to read, 2 for that to
    /// write.
    pub(crate) fn lock_state(self) -> c_int {
        // SAFETY: the connection is open, and the name ends in NUL.
        unsafe { ffi::sqlite3_txn_state(self.raw(), c"main".as_ptr()) }
    }

    /// Returns whether a statement that may write is running on the connection.
    pub(crate) fn has_writer(self) -> bool {
        // SAFETY: `has_statement` gives statements of the connection. One without a text is a BLOB handle of ours.
        self.has_statement(|statement| unsafe {
            ffi::sqlite3_stmt_readonly(statement) == 0 && !ffi::sqlite3_sql(statement).is_null()
        })
    }

    /// Returns whether a statement is running on the connection.
    pub(crate) fn is_busy(self) -> bool {
        self.has_statement(|_| true)
    }

    /// Returns whether one of the running statements is wanted.
    fn has_statement(self, is_wanted: impl Fn(*mut sqlite3_stmt) -> bool) -> bool {
        // SAFETY: the connection is open, and its list of statements changes only by calls of this thread.
        unsafe {
            let mut statement = ffi::sqlite3_next_stmt(self.raw(), std::ptr::null_mut());
            while !statement.is_null() {
                if ffi::sqlite3_stmt_busy(statement) != 0 && is_wanted(statement) {
                    return true;
                }
                statement = ffi::sqlite3_next_stmt(self.raw(), statement);
            }
        }
        false
    }
}
