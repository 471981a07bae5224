//! Finding the value of a key in a table.

use std::cell::Cell;

use super::key_source;
use super::value_copy::{Found, copy_or_begin};
use crate::connection::Connection;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Prepared, Statement};

/// A statement that returns one row for each key that is offered to it.
pub(super) struct Lookup {
    statement: Statement,
    /// The statement while it is at a row.
    at_row: Cell<Option<Prepared>>,
    /// Whether the value of that row is still to be copied.
    is_waiting: Cell<bool>,
}

const VALUE: i32 = 0;
/// NULL if no row has the key.
const KEY: i32 = 1;

impl Lookup {
    /// Prepares the look-up. The name of the table is quoted.
    pub(super) fn new(db: Db, table: &str) -> SeamResult<Self> {
        let statement = Statement::new(&format!(
            "SELECT own.value, own.key FROM {} AS offered LEFT JOIN main.{table} AS own ON own.key = offered.key",
            key_source::table_name()
        ))?;
        statement.prepare(db)?;
        Ok(Self { statement, at_row: Cell::new(None), is_waiting: Cell::new(false) })
    }

    /// Copies the value of a key. The caller calls `pause` next, or `take` if the value was too long. The target is
    /// asked for when no JavaScript can run any more that could free it.
    pub(super) fn find<'a>(
        &self,
        connection: &Connection,
        key: &[u8],
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Found> {
        self.is_waiting.set(false);
        let prepared = match self.at_row.take() {
            Some(prepared) => prepared,
            None => self.statement.check_out(connection.db()?)?,
        };
        // A failure gives the statement back.
        let step = Step { lookup: self, prepared: Some(prepared) };
        match key_source::offering(key, || step.get().step()) {
            Err(error) if error.is_too_big() => return Ok(Found::Apart),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        let found = match step.get() {
            row if row.has_bytes(VALUE) => copy_or_begin(row.bytes(VALUE), target()?),
            row if row.has_bytes(KEY) => Found::Apart,
            _ => Found::Missing,
        };
        step.stay_at_row();
        self.is_waiting.set(matches!(found, Found::TooLong(_)));
        Ok(found)
    }

    /// Hands `work` the value that was too long for `find`, and is done with its row.
    pub(super) fn take(&self, connection: &Connection, work: impl FnOnce(&[u8])) -> SeamResult<()> {
        let waiting = if self.is_waiting.replace(false) { self.at_row.take() } else { None };
        let row = waiting.ok_or_else(|| {
            SeamError::invalid("kvTake has no value: call kvGet first, whose result says if one waits")
        })?;
        work(row.bytes(VALUE));
        self.at_row.set(Some(row));
        self.pause(connection);
        Ok(())
    }

    /// Ends a look-up. The statement stays at its row for the next one only if a read snapshot is held anyway.
    pub(super) fn pause(&self, connection: &Connection) {
        if !self.is_waiting.get() && !connection.snapshot().is_held() {
            self.end();
        }
    }

    /// Ends the statement's execution.
    pub(super) fn end(&self) {
        self.is_waiting.set(false);
        if let Some(prepared) = self.at_row.take() {
            self.statement.give_back(prepared);
        }
    }

    pub(super) fn finalize(&self) {
        self.end();
        self.statement.finalize();
    }
}

/// A step of a look-up. Its statement is out of reach of every other call until it is at a row.
struct Step<'a> {
    lookup: &'a Lookup,
    prepared: Option<Prepared>,
}

impl Step<'_> {
    fn get(&self) -> &Prepared {
        // Only `stay_at_row` and dropping take it.
        self.prepared.as_ref().expect("a step that is not over")
    }

    fn stay_at_row(mut self) {
        // A function of the user's may have left a statement at a row while this step was made. It ends here.
        self.lookup.end();
        self.lookup.at_row.set(self.prepared.take());
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            self.lookup.statement.give_back(prepared);
        }
    }
}

/// Ends a look-up's execution when it is dropped.
pub(super) struct EndOnDrop<'a>(pub(super) &'a Lookup);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
