//! A statement that is known to run no JavaScript, so that it may read bytes where JavaScript keeps them.
//!
//! A trigger, a CHECK, a generated column or an index on an expression can call a function of the user's, which could free or change
//! the bytes that are being written. Whether a statement contains such a thing is told by its program. SQLite prepares a
//! statement again behind our back where the schema has changed, and the new program may be another; so this one is prepared as SQLite's first
//! interface does it, which says SQLITE_SCHEMA instead.

use std::cell::Cell;
use std::ffi::CString;

use rusqlite::ffi::sqlite3;

use crate::error::{SeamError, SeamResult};
use crate::statement::{Parameter, Prepared, Stepped};

pub(crate) struct PlainStatement {
    sql: CString,
    /// The SQL that tells its program.
    explanation: CString,
    idle: Cell<Option<Prepared>>,
}

/// A schema that changes more often while a statement is tried is not waited for.
const MOST_TRIES: usize = 3;

impl PlainStatement {
    pub(crate) fn new(sql: &str) -> SeamResult<Self> {
        let text =
            |sql: String| CString::new(sql).map_err(|_| SeamError::invalid("SQL text and names must not contain NUL"));
        Ok(Self { sql: text(sql.to_owned())?, explanation: text(format!("EXPLAIN {sql}"))?, idle: Cell::new(None) })
    }

    /// Runs to the end, discarding rows. False where it might run JavaScript: nothing has been done then. The parameters may be memory
    /// of JavaScript's.
    pub(crate) fn run(&self, db: *mut sqlite3, parameters: &[Parameter<'_>]) -> SeamResult<bool> {
        for _ in 0..MOST_TRIES {
            let prepared = match self.idle.take() {
                Some(prepared) => prepared,
                // Explained behind the preparation: a program of an older schema than the one explained does not run.
                None => match (Prepared::once(db, &self.sql)?, self.is_plain(db)?) {
                    (prepared, true) => prepared,
                    (_, false) => return Ok(false),
                },
            };
            for (position, parameter) in (1..).zip(parameters) {
                prepared.bind(position, parameter)?;
            }
            loop {
                match prepared.step_once() {
                    Ok(Stepped::Row) => {}
                    Ok(Stepped::Done) => {
                        self.idle.set(Some(prepared));
                        return Ok(true);
                    }
                    Ok(Stepped::Outdated) => break,
                    Err(error) => {
                        self.idle.set(Some(prepared));
                        return Err(error);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Whether the program has no function, no sub-program (of a trigger, or of a foreign key's action) and no virtual table.
    fn is_plain(&self, db: *mut sqlite3) -> SeamResult<bool> {
        const OPCODE: i32 = 1;
        // Never kept: to explain a program does not look at the schema, so a kept explanation would be of an older one.
        let program = Prepared::new(db, &self.explanation)?;
        while program.step()? {
            let opcode = program.bytes(OPCODE);
            let calls = [&b"Program"[..], b"Function", b"PureFunc", b"SqlExec", b"ParseSchema"].contains(&opcode)
                || opcode.starts_with(b"Agg")
                || (opcode.starts_with(b"V") && opcode != b"Variable");
            if calls {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) fn finalize(&self) {
        self.idle.take();
    }
}
