//! A prepared statement that can be finalized from outside and prepares itself again.
//!
//! rusqlite's own statement borrows its connection, so it can't be kept beside it, nor be ended when the connection has to
//! close.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_int};
use std::ptr;

use rusqlite::ffi;

use crate::error::{SeamError, SeamResult};

/// A value bound to a parameter.
pub(crate) enum Parameter<'a> {
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

pub(crate) struct Statement {
    sql: CString,
    prepared: Cell<*mut ffi::sqlite3_stmt>,
}

impl Statement {
    pub(crate) fn new(sql: &str) -> SeamResult<Self> {
        let sql = CString::new(sql).map_err(|_| SeamError::invalid("SQL text and names must not contain NUL"))?;
        Ok(Self { sql, prepared: Cell::new(ptr::null_mut()) })
    }

    /// Of SQL that is ours, and so holds no NUL.
    pub(crate) fn of_ours(sql: String) -> Self {
        let sql = CString::new(sql.replace('\0', "")).unwrap_or_default();
        Self { sql, prepared: Cell::new(ptr::null_mut()) }
    }

    /// Of SQL that is ours and always the same.
    pub(crate) fn fixed(sql: &'static CStr) -> Self {
        Self { sql: sql.to_owned(), prepared: Cell::new(ptr::null_mut()) }
    }

    /// Prepares the statement on `db` unless it is.
    pub(crate) fn prepare(&self, db: *mut ffi::sqlite3) -> SeamResult<()> {
        if !self.prepared.get().is_null() {
            return Ok(());
        }
        let mut statement = ptr::null_mut();
        // SAFETY: `db` is the open connection this statement is kept on; the SQL ends in NUL, so -1 measures it.
        let code = unsafe { ffi::sqlite3_prepare_v2(db, self.sql.as_ptr(), -1, &raw mut statement, ptr::null_mut()) };
        if code != ffi::SQLITE_OK {
            return Err(SeamError::sqlite(db, code));
        }
        if statement.is_null() {
            return Err(SeamError::invalid("the SQL text holds no statement"));
        }
        self.prepared.set(statement);
        Ok(())
    }

    /// Binds parameters from 1 on. The values must stay as they are until `reset`.
    pub(crate) fn bind(&self, db: *mut ffi::sqlite3, parameters: &[Parameter<'_>]) -> SeamResult<()> {
        self.prepare(db)?;
        for (position, parameter) in parameters.iter().enumerate() {
            let code = self.bind_one(position as c_int + 1, parameter);
            if code != ffi::SQLITE_OK {
                return Err(SeamError::sqlite(db, code));
            }
        }
        Ok(())
    }

    fn bind_one(&self, position: c_int, parameter: &Parameter<'_>) -> c_int {
        let statement = self.prepared.get();
        // SAFETY: the statement is prepared (`bind` saw to it). SQLITE_STATIC is right because the values outlive the
        // step: `bind`, `step` and `reset` happen within one call that holds them. An empty slice's dangling pointer is
        // replaced, because SQLite takes a null pointer for NULL and this one for an empty value.
        unsafe {
            match parameter {
                Parameter::Integer(value) => ffi::sqlite3_bind_int64(statement, position, *value),
                Parameter::Real(value) => ffi::sqlite3_bind_double(statement, position, *value),
                Parameter::Text(text) => ffi::sqlite3_bind_text(
                    statement,
                    position,
                    text.as_ptr().cast(),
                    text.len() as c_int,
                    ffi::SQLITE_STATIC(),
                ),
                Parameter::Blob([]) => ffi::sqlite3_bind_zeroblob(statement, position, 0),
                Parameter::Blob(bytes) => ffi::sqlite3_bind_blob(
                    statement,
                    position,
                    bytes.as_ptr().cast(),
                    bytes.len() as c_int,
                    ffi::SQLITE_STATIC(),
                ),
            }
        }
    }

    /// Steps to the next row: true where there is one. On failure the statement is reset.
    pub(crate) fn step(&self, db: *mut ffi::sqlite3) -> SeamResult<bool> {
        self.prepare(db)?;
        // SAFETY: the statement is prepared on `db`.
        match unsafe { ffi::sqlite3_step(self.prepared.get()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => {
                let error = SeamError::sqlite(db, code);
                self.reset();
                Err(error)
            }
        }
    }

    /// A column of the current row as an integer.
    pub(crate) fn integer(&self, column: c_int) -> i64 {
        // SAFETY: `step` has just returned a row of this prepared statement.
        unsafe { ffi::sqlite3_column_int64(self.prepared.get(), column) }
    }

    /// The same, or None where the column is NULL.
    pub(crate) fn optional_integer(&self, column: c_int) -> Option<i64> {
        // SAFETY: as in `integer`.
        let kind = unsafe { ffi::sqlite3_column_type(self.prepared.get(), column) };
        (kind != ffi::SQLITE_NULL).then(|| self.integer(column))
    }

    /// Whether a column of the current row is a BLOB or text.
    pub(crate) fn has_bytes(&self, column: c_int) -> bool {
        matches!(self.column_type(column), ffi::SQLITE_BLOB | ffi::SQLITE_TEXT)
    }

    /// Whether a column of the current row is a BLOB.
    pub(crate) fn is_blob(&self, column: c_int) -> bool {
        self.column_type(column) == ffi::SQLITE_BLOB
    }

    fn column_type(&self, column: c_int) -> c_int {
        // SAFETY: `step` has just returned a row of this prepared statement.
        unsafe { ffi::sqlite3_column_type(self.prepared.get(), column) }
    }

    /// The bytes of a column of the current row, of text as much as of a BLOB; valid until the next step or reset.
    pub(crate) fn bytes(&self, column: c_int) -> &[u8] {
        let statement = self.prepared.get();
        // SAFETY: `step` has just returned a row. The pointer is asked for before the length, as SQLite wants it, and the
        // bytes stay until the statement is stepped, reset or finalized, which no caller does while it holds them.
        unsafe {
            let data = ffi::sqlite3_column_blob(statement, column);
            let length = ffi::sqlite3_column_bytes(statement, column);
            if data.is_null() { &[] } else { std::slice::from_raw_parts(data.cast(), length as usize) }
        }
    }

    /// Ends the current execution, and with it the read transaction it held.
    pub(crate) fn reset(&self) {
        let statement = self.prepared.get();
        if !statement.is_null() {
            // SAFETY: the statement is prepared. The result repeats the error of the last step, which was reported.
            unsafe { ffi::sqlite3_reset(statement) };
        }
    }

    /// Runs to the end, discarding rows.
    pub(crate) fn run(&self, db: *mut ffi::sqlite3) -> SeamResult<()> {
        while self.step(db)? {}
        self.reset();
        Ok(())
    }

    /// Frees the prepared statement; the next use prepares it again.
    pub(crate) fn finalize(&self) {
        let statement = self.prepared.replace(ptr::null_mut());
        if !statement.is_null() {
            // SAFETY: the pointer came from prepare and is forgotten here, so it is finalized once.
            unsafe { ffi::sqlite3_finalize(statement) };
        }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        self.finalize();
    }
}

/// Resets a statement when the work on its rows is done, however it ends.
pub(crate) struct ResetOnDrop<'a>(pub(crate) &'a Statement);

impl Drop for ResetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.reset();
    }
}

/// A name as SQL wants it, whatever characters it holds.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
