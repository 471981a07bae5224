//! A read transaction held open without `BEGIN`: a statement that has returned its row and is not reset.
//!
//! Within it a read costs a third of an autocommit read. It must end before any write, checkpoint or transaction of the
//! same connection; `ts/database/read-snapshot.ts` decides when.

use std::cell::Cell;
use std::ffi::CStr;

use super::db::Db;
use super::statement::{Prepared, Statement};
use crate::js::error::SeamResult;

/// Opens the schema table, and with it the transaction, and returns one row even from an empty database.
const HOLD: &CStr = c"SELECT EXISTS (SELECT 1 FROM sqlite_schema)";

pub(crate) struct ReadSnapshot {
    statement: Statement,
    /// The statement while it is at its row.
    at_row: Cell<Option<Prepared>>,
    held: Cell<bool>,
}

impl ReadSnapshot {
    pub(crate) fn new() -> Self {
        Self { statement: Statement::fixed(HOLD), at_row: Cell::new(None), held: Cell::new(false) }
    }

    pub(crate) fn hold(&self, db: Db) -> SeamResult<()> {
        if self.held.get() {
            return Ok(());
        }
        let prepared = self.statement.check_out(db)?;
        prepared.step()?;
        self.at_row.set(Some(prepared));
        self.held.set(true);
        Ok(())
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held.get()
    }

    pub(crate) fn release(&self) {
        self.held.set(false);
        if let Some(prepared) = self.at_row.take() {
            self.statement.give_back(prepared);
        }
    }

    pub(crate) fn finalize(&self) {
        self.release();
        self.statement.finalize();
    }
}
