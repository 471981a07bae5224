//! A statement that is known to run no JavaScript, so that it may read bytes where JavaScript keeps them.
//!
//! A trigger, a CHECK, a generated column or an index on an expression can call a function of the user's. That function
//! could free or change the bytes that are being written. The program of a statement tells whether it calls one. When
//! the schema has changed, SQLite would prepare the statement again without being asked, and the new program could be
//! another. So this one is prepared by SQLite's first interface, which returns SQLITE_SCHEMA instead.

use std::cell::Cell;
use std::ffi::CString;

use super::db::Db;
use super::statement::{Parameter, Prepared, Stepped};
use crate::js::error::{SeamError, SeamResult};

pub(crate) struct PlainStatement {
    sql: CString,
    /// The SQL that returns its program.
    explanation: CString,
    idle: Cell<Option<Prepared>>,
}

/// If the schema changes more often while the statement is tried, the caller goes another way.
const MOST_TRIES: usize = 3;

impl PlainStatement {
    pub(crate) fn new(sql: &str) -> SeamResult<Self> {
        let text =
            |sql: String| CString::new(sql).map_err(|_| SeamError::invalid("SQL text and names must not contain NUL"));
        Ok(Self { sql: text(sql.to_owned())?, explanation: text(format!("EXPLAIN {sql}"))?, idle: Cell::new(None) })
    }

    /// Runs to the end, discarding rows. Returns false, and has done nothing, if the statement might run JavaScript.
    /// The parameters may be in memory of JavaScript's.
    pub(crate) fn run(&self, db: Db, parameters: &[Parameter<'_>]) -> SeamResult<bool> {
        for _ in 0..MOST_TRIES {
            let prepared = match self.idle.take() {
                Some(prepared) => prepared,
                // Explained after it was prepared, so that no program of an older schema than the explained one runs.
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

    /// Returns whether the program has no function, no sub-program (of a trigger or a foreign key's action) and no
    /// virtual table.
    fn is_plain(&self, db: Db) -> SeamResult<bool> {
        const OPCODE: i32 = 1;
        // Never kept: EXPLAIN does not look at the schema, so a kept one would explain the program of an older schema.
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
