//! A statement that is kept, and each execution of it.
//!
//! rusqlite's own statement borrows its connection, so it cannot be kept beside it, nor be finalized when the
//! connection has to close.
//!
//! To step a statement may run JavaScript: a trigger, a view or a generated column can call a function of the user's.
//! That function may call us again, also for the same statement. So an execution takes the prepared statement out of
//! its place. Nothing else can step, reset or finalize it, and a call that needs the same SQL meanwhile gets a
//! statement of its own.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_int, c_void};
use std::ops::Deref;
use std::ptr::{self, NonNull};

use rusqlite::ffi;

use super::db::Db;
use super::host;
use crate::js::error::{SeamError, SeamResult};
use crate::js::numbers;

/// A value bound to a parameter. Text and bytes must be in memory of Rust's own, because JavaScript may run before
/// SQLite has read them for the last time.
pub(crate) enum Parameter<'a> {
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// SQL that is prepared once and used again. It can be finalized at any time, and its next use prepares it again.
pub(crate) struct Statement {
    sql: CString,
    idle: Cell<Option<Prepared>>,
}

impl Statement {
    pub(crate) fn new(sql: &str) -> SeamResult<Self> {
        let sql = CString::new(sql).map_err(|_| SeamError::invalid("SQL text and names must not contain NUL"))?;
        Ok(Self { sql, idle: Cell::new(None) })
    }

    /// Makes a statement of SQL that is ours, and so holds no NUL.
    pub(crate) fn of_ours(sql: String) -> Self {
        let sql = CString::new(sql.replace('\0', "")).unwrap_or_default();
        Self { sql, idle: Cell::new(None) }
    }

    /// Makes a statement of SQL that is ours and always the same.
    pub(crate) fn fixed(sql: &'static CStr) -> Self {
        Self { sql: sql.to_owned(), idle: Cell::new(None) }
    }

    /// Prepares the statement now, so that wrong SQL fails at once.
    pub(crate) fn prepare(&self, db: Db) -> SeamResult<()> {
        let prepared = self.check_out(db)?;
        self.give_back(prepared);
        Ok(())
    }

    /// Takes the prepared statement out, to be executed. The caller gives it back.
    pub(crate) fn check_out(&self, db: Db) -> SeamResult<Prepared> {
        match self.idle.take() {
            Some(prepared) => Ok(prepared),
            None => Prepared::new(db, &self.sql),
        }
    }

    /// Ends an execution and keeps the statement for the next one.
    pub(crate) fn give_back(&self, prepared: Prepared) {
        prepared.reset();
        // If two were executed at the same time, this finalizes one of them.
        self.idle.set(Some(prepared));
    }

    /// Begins an execution, which ends when it is dropped. The parameters are bound from 1 on.
    pub(crate) fn execute<'a>(&'a self, db: Db, parameters: &'a [Parameter<'_>]) -> SeamResult<Execution<'a>> {
        let execution = Execution { statement: self, prepared: Some(self.check_out(db)?) };
        for (position, parameter) in (1..).zip(parameters) {
            execution.bind(position, parameter)?;
        }
        Ok(execution)
    }

    /// Runs to the end, discarding rows.
    pub(crate) fn run(&self, db: Db, parameters: &[Parameter<'_>]) -> SeamResult<()> {
        let execution = self.execute(db, parameters)?;
        while execution.step()? {}
        Ok(())
    }

    /// Frees the prepared statement. The next use prepares it again. A statement that is being executed stays with its
    /// call.
    pub(crate) fn finalize(&self) {
        self.idle.take();
    }
}

/// What a column of a row holds. Text and bytes are valid until the next step or reset.
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
        // Only dropping takes it.
        self.prepared.as_ref().expect("an execution that is not dropped")
    }
}

impl Drop for Execution<'_> {
    fn drop(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            self.statement.give_back(prepared);
        }
    }
}

/// The result of a step.
pub(crate) enum Stepped {
    Row,
    Done,
    /// The schema has changed since the statement was prepared.
    Outdated,
}

/// A prepared statement, finalized when dropped.
pub(crate) struct Prepared {
    statement: NonNull<ffi::sqlite3_stmt>,
    db: Db,
}

impl Prepared {
    /// Prepares a statement that SQLite prepares again when the schema has changed.
    #[cold]
    pub(crate) fn new(db: Db, sql: &CStr) -> SeamResult<Self> {
        let mut statement = ptr::null_mut();
        // SAFETY: the connection is open. The SQL ends in NUL, so -1 measures it.
        let code = unsafe { ffi::sqlite3_prepare_v2(db.raw(), sql.as_ptr(), -1, &raw mut statement, ptr::null_mut()) };
        Self::of(db, code, statement)
    }

    /// Prepares a statement that runs as it is prepared now, or not at all. Step it by `step_once`.
    #[cold]
    pub(crate) fn once(db: Db, sql: &CStr) -> SeamResult<Self> {
        let prepare = host::prepare_once()?;
        let mut statement = ptr::null_mut();
        // SAFETY: as above, and the function belongs to the host's SQLite.
        let code = unsafe { prepare(db.raw(), sql.as_ptr(), -1, &raw mut statement, ptr::null_mut()) };
        Self::of(db, code, statement)
    }

    fn of(db: Db, code: c_int, statement: *mut ffi::sqlite3_stmt) -> SeamResult<Self> {
        if code != ffi::SQLITE_OK {
            return Err(db.failure(code));
        }
        let statement =
            NonNull::new(statement).ok_or_else(|| SeamError::invalid("the SQL text has no statement in it"))?;
        Ok(Self { statement, db })
    }

    fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.statement.as_ptr()
    }

    /// Binds a parameter. Text and bytes must stay as they are until the execution is over.
    pub(crate) fn bind(&self, position: c_int, parameter: &Parameter<'_>) -> SeamResult<()> {
        #[expect(clippy::cast_possible_truncation, reason = "SQLITE_UTF8 is 1")]
        const UTF8: u8 = ffi::SQLITE_UTF8 as u8;
        let statement = self.raw();
        // SAFETY: the statement is prepared. SQLITE_STATIC is right because the values outlive the execution, which
        // borrows them, and are bound again before the next. They are Rust's, so no JavaScript that runs meanwhile can
        // change them. An empty value is bound without a pointer, because SQLite takes a null pointer for NULL.
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
                    UTF8,
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
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.db.failure(code)) }
    }

    /// Binds a pointer, which SQL sees as NULL.
    ///
    /// # Safety
    /// The pointer is what the function that takes pointers of this kind expects, and lives as long as the statement.
    pub(crate) unsafe fn bind_pointer(
        &self,
        position: c_int,
        pointer: *mut c_void,
        kind: &'static CStr,
    ) -> SeamResult<()> {
        // SAFETY: the statement is prepared. Nothing is to be done when SQLite drops the pointer.
        let code = unsafe { ffi::sqlite3_bind_pointer(self.raw(), position, pointer, kind.as_ptr(), None) };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(self.db.failure(code)) }
    }

    /// Steps to the next row and returns whether there is one. A failure resets the statement. JavaScript may run in
    /// here.
    pub(crate) fn step(&self) -> SeamResult<bool> {
        // SAFETY: the statement is prepared, and nobody else has it.
        match unsafe { ffi::sqlite3_step(self.raw()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => {
                let error = self.db.failure(code);
                self.reset();
                Err(error)
            }
        }
    }

    /// Steps a statement that was prepared by `once`. Whatever ends its execution resets it.
    pub(crate) fn step_once(&self) -> SeamResult<Stepped> {
        // SAFETY: as in `step`.
        let stepped = unsafe { ffi::sqlite3_step(self.raw()) };
        if stepped == ffi::SQLITE_ROW {
            return Ok(Stepped::Row);
        }
        // SAFETY: the statement is prepared. The reset returns what failed.
        match unsafe { ffi::sqlite3_reset(self.raw()) } {
            ffi::SQLITE_OK if stepped == ffi::SQLITE_DONE => Ok(Stepped::Done),
            ffi::SQLITE_OK => Err(self.db.failure(stepped)),
            ffi::SQLITE_SCHEMA => Ok(Stepped::Outdated),
            code => Err(self.db.failure(code)),
        }
    }

    /// Returns a column of the current row as an integer.
    pub(crate) fn integer(&self, column: c_int) -> i64 {
        // SAFETY: the statement is prepared. If it is not at a row, or has no such column, SQLite returns NULL.
        unsafe { ffi::sqlite3_column_int64(self.raw(), column) }
    }

    /// Returns a column of the current row as a real number.
    pub(crate) fn real(&self, column: c_int) -> f64 {
        // SAFETY: as in `integer`.
        unsafe { ffi::sqlite3_column_double(self.raw(), column) }
    }

    /// Returns a column of the current row as an integer, or None for NULL.
    pub(crate) fn optional_integer(&self, column: c_int) -> Option<i64> {
        (self.column_type(column) != ffi::SQLITE_NULL).then(|| self.integer(column))
    }

    /// Returns whether a column of the current row is a BLOB or text.
    pub(crate) fn has_bytes(&self, column: c_int) -> bool {
        matches!(self.column_type(column), ffi::SQLITE_BLOB | ffi::SQLITE_TEXT)
    }

    /// Returns whether a column of the current row is a BLOB.
    pub(crate) fn is_blob(&self, column: c_int) -> bool {
        self.column_type(column) == ffi::SQLITE_BLOB
    }

    fn column_type(&self, column: c_int) -> c_int {
        // SAFETY: as in `integer`.
        unsafe { ffi::sqlite3_column_type(self.raw(), column) }
    }

    /// Returns the bytes of a BLOB or text of the current row. They are valid until the next step or reset.
    pub(crate) fn bytes(&self, column: c_int) -> &[u8] {
        // SAFETY: as in `integer`. SQLite requires that the pointer is asked for before the length. The bytes stay
        // until the statement is stepped, reset or finalized, which no caller does while it holds them.
        unsafe {
            let data = ffi::sqlite3_column_blob(self.raw(), column);
            let length = numbers::unsigned(ffi::sqlite3_column_bytes(self.raw(), column));
            if data.is_null() { &[] } else { std::slice::from_raw_parts(data.cast(), length) }
        }
    }

    /// Returns how many columns a row has.
    pub(crate) fn columns(&self) -> c_int {
        // SAFETY: the statement is prepared.
        unsafe { ffi::sqlite3_column_count(self.raw()) }
    }

    /// Returns the name of a column.
    pub(crate) fn name(&self, column: c_int) -> SeamResult<&CStr> {
        // SAFETY: the statement is prepared. The name is null if there is no such column or no memory. It stays until
        // the statement is prepared again, which only a step does.
        let name = unsafe { ffi::sqlite3_column_name(self.raw(), column) };
        if name.is_null() {
            return Err(SeamError::invalid(format!("there is no memory for the name of column {column}")));
        }
        // SAFETY: SQLite ends it in NUL.
        Ok(unsafe { CStr::from_ptr(name) })
    }

    /// Returns a column of the current row, whatever it holds.
    pub(crate) fn column(&self, column: c_int) -> Column<'_> {
        match self.column_type(column) {
            ffi::SQLITE_INTEGER => Column::Integer(self.integer(column)),
            ffi::SQLITE_FLOAT => Column::Real(self.real(column)),
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
        // SAFETY: the pointer came from SQLite, and only this has it. It is not being executed: an execution owns it.
        unsafe { ffi::sqlite3_finalize(self.raw()) };
    }
}

/// Returns a name quoted for SQL, whatever characters it holds.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
