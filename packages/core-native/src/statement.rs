//! A statement that is kept, and each execution of it.
//!
//! rusqlite's own statement borrows its connection, so it can't be kept beside it, nor be ended when the connection has to
//! close.
//!
//! To step a statement may run JavaScript: a trigger, a view or a generated column can call a function of the user's, and that may call
//! us again, for the same statement too. So what is being executed is taken out of its place: nobody else can step, reset or
//! finalize it, and a call that needs the same SQL meanwhile gets a statement of its own.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_int};
use std::ops::Deref;
use std::ptr::{self, NonNull};

use rusqlite::ffi;

use crate::error::{SeamError, SeamResult};
use crate::host;

/// A value bound to a parameter. Text and bytes must be Rust's own: JavaScript may run before the last time they are read.
pub(crate) enum Parameter<'a> {
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// SQL that is prepared once and used again. It can be finalized at any time, and prepares itself again.
pub(crate) struct Statement {
    sql: CString,
    idle: Cell<Option<Prepared>>,
}

impl Statement {
    pub(crate) fn new(sql: &str) -> SeamResult<Self> {
        let sql = CString::new(sql).map_err(|_| SeamError::invalid("SQL text and names must not contain NUL"))?;
        Ok(Self { sql, idle: Cell::new(None) })
    }

    /// Of SQL that is ours, and so holds no NUL.
    pub(crate) fn of_ours(sql: String) -> Self {
        let sql = CString::new(sql.replace('\0', "")).unwrap_or_default();
        Self { sql, idle: Cell::new(None) }
    }

    /// Of SQL that is ours and always the same.
    pub(crate) fn fixed(sql: &'static CStr) -> Self {
        Self { sql: sql.to_owned(), idle: Cell::new(None) }
    }

    /// Prepares the statement on `db` now, so that wrong SQL is told at once.
    pub(crate) fn prepare(&self, db: *mut ffi::sqlite3) -> SeamResult<()> {
        let prepared = self.take(db)?;
        self.give(prepared);
        Ok(())
    }

    /// Takes the prepared statement, to be executed. Who takes it gives it back.
    pub(crate) fn take(&self, db: *mut ffi::sqlite3) -> SeamResult<Prepared> {
        match self.idle.take() {
            Some(prepared) => Ok(prepared),
            None => Prepared::new(db, &self.sql),
        }
    }

    /// Ends an execution and keeps the statement for the next one.
    pub(crate) fn give(&self, prepared: Prepared) {
        prepared.reset();
        // Of two that were executed at the same time one is finalized here.
        self.idle.set(Some(prepared));
    }

    /// Begins an execution, which ends when it is dropped. The parameters are bound from 1 on.
    pub(crate) fn execute<'a>(
        &'a self,
        db: *mut ffi::sqlite3,
        parameters: &'a [Parameter<'_>],
    ) -> SeamResult<Execution<'a>> {
        let execution = Execution { statement: self, prepared: Some(self.take(db)?) };
        for (position, parameter) in parameters.iter().enumerate() {
            execution.bind(position as c_int + 1, parameter)?;
        }
        Ok(execution)
    }

    /// Runs to the end, discarding rows.
    pub(crate) fn run(&self, db: *mut ffi::sqlite3, parameters: &[Parameter<'_>]) -> SeamResult<()> {
        let execution = self.execute(db, parameters)?;
        while execution.step()? {}
        Ok(())
    }

    /// Frees the prepared statement; the next use prepares it again. One that is being executed stays with the call that executes it.
    pub(crate) fn finalize(&self) {
        self.idle.take();
    }
}

/// What a column of a row holds; text and bytes are valid until the next step or reset.
pub(crate) enum Column<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// One execution of a statement.
pub(crate) struct Execution<'a> {
    statement: &'a Statement,
    /// None when it is over.
    prepared: Option<Prepared>,
}

impl Deref for Execution<'_> {
    type Target = Prepared;

    fn deref(&self) -> &Prepared {
        self.prepared.as_ref().expect("only dropping takes it")
    }
}

impl Drop for Execution<'_> {
    fn drop(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            self.statement.give(prepared);
        }
    }
}

/// What a step gave.
pub(crate) enum Stepped {
    Row,
    Done,
    /// The schema has changed since the statement was prepared.
    Outdated,
}

/// A prepared statement, finalized when dropped.
pub(crate) struct Prepared {
    statement: NonNull<ffi::sqlite3_stmt>,
    db: *mut ffi::sqlite3,
}

impl Prepared {
    /// SQLite prepares it again where the schema has changed.
    #[cold]
    pub(crate) fn new(db: *mut ffi::sqlite3, sql: &CStr) -> SeamResult<Self> {
        // SAFETY: as `by` promises.
        Self::by(db, |statement| unsafe { ffi::sqlite3_prepare_v2(db, sql.as_ptr(), -1, statement, ptr::null_mut()) })
    }

    /// It runs as it is prepared now, or not at all. To be stepped by `step_once`.
    #[cold]
    pub(crate) fn once(db: *mut ffi::sqlite3, sql: &CStr) -> SeamResult<Self> {
        let prepare = host::prepare_once()?;
        // SAFETY: as `by` promises; the function is of the host's SQLite.
        Self::by(db, |statement| unsafe { prepare(db, sql.as_ptr(), -1, statement, ptr::null_mut()) })
    }

    /// Calls `prepare` where `db` is open. SQL ends in NUL, so -1 measures it.
    fn by(db: *mut ffi::sqlite3, prepare: impl FnOnce(*mut *mut ffi::sqlite3_stmt) -> c_int) -> SeamResult<Self> {
        // A getter of the user's may have closed the connection under the call.
        if db.is_null() {
            return Err(SeamError::closed());
        }
        let mut statement = ptr::null_mut();
        let code = prepare(&raw mut statement);
        if code != ffi::SQLITE_OK {
            return Err(SeamError::sqlite(db, code));
        }
        let statement = NonNull::new(statement).ok_or_else(|| SeamError::invalid("the SQL text holds no statement"))?;
        Ok(Self { statement, db })
    }

    fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.statement.as_ptr()
    }

    /// Binds a parameter. Text and bytes must stay as they are until the execution is over.
    pub(crate) fn bind(&self, position: c_int, parameter: &Parameter<'_>) -> SeamResult<()> {
        let statement = self.raw();
        // SAFETY: the statement is prepared. SQLITE_STATIC is right because the values outlive the execution, which borrows
        // them, and are rebound before the next; they are Rust's, so no JavaScript that runs meanwhile can change them. An
        // empty value is no pointer, because SQLite takes a null pointer for NULL.
        let code = unsafe {
            match parameter {
                Parameter::Integer(value) => ffi::sqlite3_bind_int64(statement, position, *value),
                Parameter::Real(value) => ffi::sqlite3_bind_double(statement, position, *value),
                Parameter::Text(text) => ffi::sqlite3_bind_text64(
                    statement,
                    position,
                    text.as_ptr().cast(),
                    text.len() as u64,
                    ffi::SQLITE_STATIC(),
                    ffi::SQLITE_UTF8 as u8,
                ),
                Parameter::Blob([]) => ffi::sqlite3_bind_zeroblob(statement, position, 0),
                Parameter::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    statement,
                    position,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_STATIC(),
                ),
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(SeamError::sqlite(self.db, code)) }
    }

    /// Steps to the next row: true where there is one. On failure the statement is reset. This is where JavaScript may run.
    pub(crate) fn step(&self) -> SeamResult<bool> {
        // SAFETY: the statement is prepared, and nobody else has it.
        match unsafe { ffi::sqlite3_step(self.raw()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => {
                let error = SeamError::sqlite(self.db, code);
                self.reset();
                Err(error)
            }
        }
    }

    /// The same for a statement that was prepared by `once`. Whatever ends its execution resets it.
    pub(crate) fn step_once(&self) -> SeamResult<Stepped> {
        // SAFETY: as in `step`.
        let stepped = unsafe { ffi::sqlite3_step(self.raw()) };
        if stepped == ffi::SQLITE_ROW {
            return Ok(Stepped::Row);
        }
        // SAFETY: the statement is prepared. What failed is told by the reset.
        match unsafe { ffi::sqlite3_reset(self.raw()) } {
            ffi::SQLITE_OK if stepped == ffi::SQLITE_DONE => Ok(Stepped::Done),
            ffi::SQLITE_OK => Err(SeamError::sqlite(self.db, stepped)),
            ffi::SQLITE_SCHEMA => Ok(Stepped::Outdated),
            code => Err(SeamError::sqlite(self.db, code)),
        }
    }

    /// A column of the current row as an integer.
    pub(crate) fn integer(&self, column: c_int) -> i64 {
        // SAFETY: the statement is prepared; where it stands at no row SQLite gives NULL, as for a column it does not have.
        unsafe { ffi::sqlite3_column_int64(self.raw(), column) }
    }

    /// The same, or None where the column is NULL.
    pub(crate) fn optional_integer(&self, column: c_int) -> Option<i64> {
        (self.column_type(column) != ffi::SQLITE_NULL).then(|| self.integer(column))
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
        // SAFETY: as in `integer`.
        unsafe { ffi::sqlite3_column_type(self.raw(), column) }
    }

    /// The bytes of a column of the current row, of text as much as of a BLOB; valid until the next step or reset.
    pub(crate) fn bytes(&self, column: c_int) -> &[u8] {
        // SAFETY: as in `integer`. The pointer is asked for before the length, as SQLite wants it, and the bytes stay until
        // the statement is stepped, reset or finalized, which no caller does while it holds them.
        unsafe {
            let data = ffi::sqlite3_column_blob(self.raw(), column);
            let length = ffi::sqlite3_column_bytes(self.raw(), column);
            if data.is_null() { &[] } else { std::slice::from_raw_parts(data.cast(), length as usize) }
        }
    }

    /// How many columns a row has.
    pub(crate) fn columns(&self) -> c_int {
        // SAFETY: the statement is prepared.
        unsafe { ffi::sqlite3_column_count(self.raw()) }
    }

    /// A column's name.
    pub(crate) fn name(&self, column: c_int) -> SeamResult<&CStr> {
        // SAFETY: the statement is prepared. The name is null where there is no such column or no memory, and stays until the
        // statement is prepared again, which only a step does.
        let name = unsafe { ffi::sqlite3_column_name(self.raw(), column) };
        if name.is_null() {
            return Err(SeamError::invalid("there is no memory for the name of a column"));
        }
        // SAFETY: SQLite ends it in NUL.
        Ok(unsafe { CStr::from_ptr(name) })
    }

    /// A column of the current row, whatever it holds.
    pub(crate) fn column(&self, column: c_int) -> Column<'_> {
        match self.column_type(column) {
            ffi::SQLITE_INTEGER => Column::Integer(self.integer(column)),
            // SAFETY: as in `integer`.
            ffi::SQLITE_FLOAT => Column::Real(unsafe { ffi::sqlite3_column_double(self.raw(), column) }),
            ffi::SQLITE_TEXT => Column::Text(self.bytes(column)),
            ffi::SQLITE_BLOB => Column::Blob(self.bytes(column)),
            _ => Column::Null,
        }
    }

    /// Ends the current execution, and with it the read transaction it held.
    fn reset(&self) {
        // SAFETY: the statement is prepared. The result repeats the error of the last step, which was reported.
        unsafe { ffi::sqlite3_reset(self.raw()) };
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the pointer came from prepare, and only this has it. Nothing is executing: an execution owns it.
        unsafe { ffi::sqlite3_finalize(self.raw()) };
    }
}

/// A name as SQL wants it, whatever characters it holds.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
