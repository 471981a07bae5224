//! A read transaction held open without `BEGIN`: a statement that has returned its row and is not reset.
//!
//! Within it a read costs a third of an autocommit read. It must be given up before any write, checkpoint or transaction
//! of the same connection; `ts/database/read-snapshot.ts` decides when.

use std::cell::Cell;

use rusqlite::ffi::sqlite3;

use crate::error::SeamResult;
use crate::statement::Statement;

/// Opens the schema table, and with it the transaction, and returns one row even from an empty database.
const HOLD: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema)";

pub(crate) struct ReadSnapshot {
    statement: std::cell::OnceCell<Statement>,
    held: Cell<bool>,
}

impl ReadSnapshot {
    pub(crate) const fn new() -> Self {
        Self { statement: std::cell::OnceCell::new(), held: Cell::new(false) }
    }

    pub(crate) fn hold(&self, db: *mut sqlite3) -> SeamResult<()> {
        if self.held.get() {
            return Ok(());
        }
        let statement = match self.statement.get() {
            Some(statement) => statement,
            None => {
                let made = Statement::new(HOLD)?;
                self.statement.get_or_init(|| made)
            }
        };
        statement.step(db)?;
        self.held.set(true);
        Ok(())
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held.get()
    }

    pub(crate) fn release(&self) {
        if self.held.replace(false)
            && let Some(statement) = self.statement.get()
        {
            statement.reset();
        }
    }

    pub(crate) fn finalize(&self) {
        self.held.set(false);
        if let Some(statement) = self.statement.get() {
            statement.finalize();
        }
    }
}
