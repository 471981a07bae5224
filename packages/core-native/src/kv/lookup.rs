//! Finding the value of a key in the table.

use std::cell::Cell;

use super::key_source;
use super::table::{Found, copy_or_begin};
use crate::connection::Connection;
use crate::error::{SeamError, SeamResult};
use crate::statement::{Prepared, Statement};

/// A statement that gives one row for each key that is offered to it.
pub(super) struct Lookup {
    statement: Statement,
    /// The statement while it stands at a row.
    standing: Cell<Option<Prepared>>,
    /// Whether the value there is still to be taken.
    waits: Cell<bool>,
}

const VALUE: i32 = 0;
/// NULL where there is no such key.
const KEY: i32 = 1;

impl Lookup {
    /// `table` is quoted.
    pub(super) fn new(connection: &Connection, table: &str) -> SeamResult<Self> {
        let statement = Statement::new(&format!(
            "SELECT own.value, own.key FROM {} AS offered LEFT JOIN main.{table} AS own ON own.key = offered.key",
            key_source::table_name()
        ))?;
        statement.prepare(connection.db())?;
        Ok(Self { statement, standing: Cell::new(None), waits: Cell::new(false) })
    }

    /// Copies the value of a key. To be followed by `rest`, or by `take` where the value was too long. The target is asked for when
    /// no JavaScript can run any more that could free it.
    pub(super) fn find<'a>(
        &self,
        connection: &Connection,
        key: &[u8],
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Found> {
        self.waits.set(false);
        let prepared = match self.standing.take() {
            Some(prepared) => prepared,
            None => self.statement.take(connection.db())?,
        };
        // What fails gives the statement back.
        let standing = Standing { lookup: self, prepared: Some(prepared) };
        match key_source::offering(key, || standing.get().step()) {
            Err(error) if error.is_too_big() => return Ok(Found::Apart),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        let found = match standing.get() {
            row if row.has_bytes(VALUE) => copy_or_begin(row.bytes(VALUE), target()?),
            row if row.has_bytes(KEY) => Found::Apart,
            _ => Found::Missing,
        };
        standing.stay();
        self.waits.set(matches!(found, Found::TooLong(_)));
        Ok(found)
    }

    /// Hands over the value that `find` found too long, and is done with its row.
    pub(super) fn take(&self, connection: &Connection, work: impl FnOnce(&[u8])) -> SeamResult<()> {
        let waiting = if self.waits.replace(false) { self.standing.take() } else { None };
        let row = waiting.ok_or_else(|| SeamError::invalid("no value waits to be taken"))?;
        work(row.bytes(VALUE));
        self.standing.set(Some(row));
        self.rest(connection);
        Ok(())
    }

    /// After a look-up: the statement goes on with the next one only where a read snapshot is held anyway.
    pub(super) fn rest(&self, connection: &Connection) {
        if !self.waits.get() && !connection.snapshot().is_held() {
            self.leave();
        }
    }

    /// Ends the statement's execution.
    pub(super) fn leave(&self) {
        self.waits.set(false);
        if let Some(prepared) = self.standing.take() {
            self.statement.give(prepared);
        }
    }

    pub(super) fn finalize(&self) {
        self.leave();
        self.statement.finalize();
    }
}

/// A look-up that is being made: its statement is out of everybody's reach until it stands at a row.
struct Standing<'a> {
    lookup: &'a Lookup,
    prepared: Option<Prepared>,
}

impl Standing<'_> {
    fn get(&self) -> &Prepared {
        self.prepared.as_ref().expect("only staying and dropping take it")
    }

    fn stay(mut self) {
        // One that a function of the user's left at a row while this was made ends here.
        self.lookup.leave();
        self.lookup.standing.set(self.prepared.take());
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            self.lookup.statement.give(prepared);
        }
    }
}

/// Ends a look-up's execution when the work is done, however it ends.
pub(super) struct LeaveOnDrop<'a>(pub(super) &'a Lookup);

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
