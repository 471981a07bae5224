//! Finding the value of a key in the table.

use std::cell::Cell;

use super::key_source;
use super::table::{Found, copy_or_begin};
use crate::connection::Connection;
use crate::error::{SeamError, SeamResult};
use crate::statement::Statement;

/// A statement that gives one row for each key that is offered to it.
pub(super) struct Lookup {
    statement: Statement,
    /// Whether the statement stands at a row.
    stands: Cell<bool>,
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
        Ok(Self { statement, stands: Cell::new(false), waits: Cell::new(false) })
    }

    /// Copies the value of a key. To be followed by `rest`, or by `take` where the value was too long.
    pub(super) fn find(&self, connection: &Connection, key: &[u8], target: &mut [u8]) -> SeamResult<Found> {
        self.waits.set(false);
        let stepped = key_source::offering(key, || self.statement.step(connection.db()));
        self.stands.set(stepped.is_ok());
        match stepped {
            Err(error) if error.is_too_big() => return Ok(Found::Apart),
            Err(error) => return Err(error),
            Ok(_) if self.statement.has_bytes(VALUE) => {}
            Ok(_) if !self.statement.has_bytes(KEY) => return Ok(Found::Missing),
            Ok(_) => return Ok(Found::Apart),
        }
        let found = copy_or_begin(self.statement.bytes(VALUE), target);
        self.waits.set(matches!(found, Found::TooLong(_)));
        Ok(found)
    }

    /// Hands over the value that `find` found too long, and is done with its row.
    pub(super) fn take(&self, connection: &Connection, work: impl FnOnce(&[u8])) -> SeamResult<()> {
        if !self.waits.replace(false) {
            return Err(SeamError::invalid("no value waits to be taken"));
        }
        work(self.statement.bytes(VALUE));
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
        if self.stands.replace(false) {
            self.statement.reset();
        }
    }

    pub(super) fn finalize(&self) {
        self.leave();
        self.statement.finalize();
    }
}

/// Ends a look-up's execution when the work is done, however it ends.
pub(super) struct LeaveOnDrop<'a>(pub(super) &'a Lookup);

impl Drop for LeaveOnDrop<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
