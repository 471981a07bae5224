//! A read transaction held open without `BEGIN`: a statement that has returned its row and is not reset.
//!
//! Within it a read costs a third of an autocommit read. It must be given up before any write, checkpoint or transaction
//! of the same connection; `ts/database/read-snapshot.ts` decides when.

use std::cell::Cell;
use std::ffi::CStr;

use rusqlite::ffi::sqlite3;

use crate::error::SeamResult;
use crate::statement::{Prepared, Statement};

/// Opens the schema table, and with it the transaction, and returns one row even from an empty database.
const HOLD: &CStr = c"SELECT EXISTS (SELECT 1 FROM sqlite_schema)";

pub(crate) struct ReadSnapshot {
    statement: Statement,
    standing: Cell<Option<Prepared>>,
    held: Cell<bool>,
}

impl ReadSnapshot {
    pub(crate) fn new() -> Self {
        Self { statement: Statement::fixed(HOLD), standing: Cell::new(None), held: Cell::new(false) }
    }

    pub(crate) fn hold(&self, db: *mut sqlite3) -> SeamResult<()> {
        if self.held.get() {
            return Ok(());
        }
        let prepared = self.statement.take(db)?;
        prepared.step()?;
        self.standing.set(Some(prepared));
        self.held.set(true);
        Ok(())
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held.get()
    }

    pub(crate) fn release(&self) {
        self.held.set(false);
        if let Some(prepared) = self.standing.take() {
            self.statement.give(prepared);
        }
    }

    pub(crate) fn finalize(&self) {
        self.release();
        self.statement.finalize();
    }
}
