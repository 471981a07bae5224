//! A table of keys and values, both bytes, under a `KVault`.
//!
//! Reads see the pending writes. Every call finds its rows by key and copies bytes into the caller's memory or out of
//! it. No statement stays open after a call, except that of a look-up while a read snapshot is held, for the next
//! look-up.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::ops::Bound;

use kohakuvault_core::kv::{Pending, Record, sort_by_key};

use super::direct::{Direct, Located};
use super::lookup::Lookup;
use super::scans::Scans;
use super::value_copy::{Found, copy_or_begin, copy_prefix};
use crate::connection::Connection;
use crate::js::error::{SeamError, SeamResult};
use crate::kept::Kept;
use crate::sqlite::db::Db;
use crate::sqlite::plain_statement::PlainStatement;
use crate::sqlite::statement::{Parameter, Statement, quote};

pub(super) struct KvTable {
    pub(super) lookup: Lookup,
    /// Finds rows without SQLite.
    pub(super) direct: Direct,
    /// The key of the pending value that was too long and is still to be copied.
    waiting_key: Cell<Option<Box<[u8]>>>,
    has: Statement,
    set: Statement,
    /// Sets long values, which are not copied if no JavaScript can run before they are written.
    set_long: PlainStatement,
    /// Each statement sets as many rows as `ROWS_AT_ONCE` says.
    set_rows: [Statement; ROWS_AT_ONCE.len()],
    delete: Statement,
    pub(super) scans: Scans,
    pending: RefCell<Pending>,
    /// The memory in which pages are gathered.
    pub(super) gathered: Cell<Vec<u8>>,
}

/// So many rows are set by one statement if there are as many: to begin and end a statement costs as much as to write a
/// row.
const ROWS_AT_ONCE: [usize; 2] = [64, 8];

/// To copy a shorter value costs nothing beside writing it.
const LONG: usize = 1024;

impl KvTable {
    /// `in_place`: whether the pages of the file may be read without SQLite.
    pub(super) fn new(db: Db, name: &str, in_place: bool) -> SeamResult<Self> {
        let table = quote(name);
        let statement = |sql: String| Statement::new(&sql);
        Ok(Self {
            lookup: Lookup::new(db, &table)?,
            direct: Direct::new(name, in_place)?,
            waiting_key: Cell::new(None),
            has: statement(format!("SELECT 1 FROM main.{table} WHERE key = ?1"))?,
            set: statement(upsert(&table, 1))?,
            set_long: PlainStatement::new(&upsert(&table, 1))?,
            set_rows: {
                let [many, few] = ROWS_AT_ONCE.map(|rows| statement(upsert(&table, rows)));
                [many?, few?]
            },
            delete: statement(format!("DELETE FROM main.{table} WHERE key = ?1"))?,
            scans: Scans::of(table),
            pending: RefCell::default(),
            gathered: Cell::default(),
        })
    }

    /// Copies the value of a key. If it was too long, the caller calls `take` next, or gives it up.
    pub(super) fn get<'a>(
        &self,
        connection: &Connection,
        key: &[u8],
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Found> {
        self.waiting_key.take();
        let pending = self.pending();
        let Some(value) = pending.get(key) else {
            drop(pending);
            return self.get_stored(connection, key, target);
        };
        let Some(value) = value else { return Ok(Found::Missing) };
        let found = copy_or_begin(value, target()?);
        if let Found::TooLong(_) = found {
            self.waiting_key.set(Some(key.into()));
        }
        Ok(found)
    }

    /// Copies the value that the file has. The pages are read in place if that is possible.
    fn get_stored<'a>(
        &self,
        connection: &Connection,
        key: &[u8],
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Found> {
        let Some(view) = self.direct.view(connection) else { return self.lookup.find(connection, key, target) };
        match self.direct.locate(&view, key) {
            Some(Located::Missing) => Ok(Found::Missing),
            Some(Located::Value(value)) => {
                // A table that is read in place has nothing that could run JavaScript, even if SQLite reads it next.
                let target = target()?;
                let copied = target.get_mut(..value.length).and_then(|place| value.copy_to(&*view, place));
                match copied {
                    Some(()) => Ok(Found::Copied(value.length)),
                    None => self.lookup.find(connection, key, || Ok(target)),
                }
            }
            None => self.lookup.find(connection, key, target),
        }
    }

    /// Copies as much as fits of the value that was too long for `get`, and is done with its row.
    pub(super) fn take(&self, connection: &Connection, target: &mut [u8]) -> SeamResult<()> {
        match self.waiting_key.take() {
            Some(key) => copy_prefix(self.pending().get(&key).flatten().unwrap_or_default(), target),
            None => self.lookup.take(connection, |value| copy_prefix(value, target))?,
        }
        Ok(())
    }

    pub(super) fn has(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        match self.pending().get(key) {
            Some(pending) => Ok(pending.is_some()),
            None => match self.direct.view(connection).and_then(|view| self.direct.has(&view, key)) {
                Some(is_there) => Ok(is_there),
                None => self.has_row(connection, key),
            },
        }
    }

    /// Returns whether the table has a row of the key, whatever is pending.
    fn has_row(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        self.has.execute(connection.db()?, &[Parameter::Blob(key)])?.step()
    }

    /// Sets a value in memory of JavaScript's.
    pub(super) fn set_foreign<'a>(
        &self,
        connection: &Connection,
        key: &[u8],
        value: impl FnOnce() -> SeamResult<&'a [u8]>,
    ) -> SeamResult<()> {
        let _writing = connection.begin_write()?;
        let copy = {
            let value = value()?;
            if value.len() >= LONG
                && self.set_long.run(connection.db()?, &[Parameter::Blob(key), Parameter::Blob(value)])?
            {
                return Ok(());
            }
            // A function that a trigger calls may free or change the bytes that are being written.
            value.to_vec()
        };
        self.set_row(connection, key, &copy)
    }

    /// Sets a value in memory of Rust's own.
    fn set_row(&self, connection: &Connection, key: &[u8], value: &[u8]) -> SeamResult<()> {
        self.set.run(connection.db()?, &[Parameter::Blob(key), Parameter::Blob(value)])
    }

    pub(super) fn delete(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        let _writing = connection.begin_write()?;
        self.delete_row(connection, key)
    }

    fn delete_row(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        self.delete.run(connection.db()?, &[Parameter::Blob(key)])?;
        Ok(connection.db()?.changes() > 0)
    }

    /// Sets records of `| key length u32 LE | value length u32 LE | key | value |` in the order of their keys, which
    /// costs less than any other order. The last record of a key counts.
    pub(super) fn write_many(&self, connection: &Connection, records: &[u8]) -> SeamResult<()> {
        let rows = read_records(records)
            .ok_or_else(|| SeamError::invalid("records is cut off in the middle of a record; give whole records"))?;
        self.write_sorted(connection, rows)
    }

    /// Returns the pending writes.
    pub(super) fn pending(&self) -> Ref<'_, Pending> {
        self.pending.borrow()
    }

    /// Returns the pending writes, to change them.
    pub(super) fn pending_mut(&self) -> SeamResult<RefMut<'_, Pending>> {
        self.pending.try_borrow_mut().map_err(|_| {
            SeamError::invalid(
                "the write cache is being flushed: a trigger's function may not write to the vault it runs for",
            )
        })
    }

    /// Returns the pending writes, ready to be read in the order of their keys.
    pub(super) fn sorted_pending(&self) -> SeamResult<Ref<'_, Pending>> {
        // During a flush they are sorted already: a trigger's function that reads must not change them.
        if !self.pending().is_sorted() {
            self.pending_mut()?.sort();
        }
        Ok(self.pending())
    }

    /// Returns how many more keys of a range the table has with its pending writes. The number is negative for fewer
    /// keys.
    pub(super) fn surplus(
        &self,
        connection: &Connection,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
    ) -> SeamResult<isize> {
        let mut surplus = 0;
        for (key, value) in self.sorted_pending()?.range(lower, upper) {
            match (self.has_row(connection, key)?, value) {
                (false, Some(_)) => surplus += 1,
                (true, None) => surplus -= 1,
                _ => {}
            }
        }
        Ok(surplus)
    }

    /// Writes the pending writes in the order of their keys, and keeps them. Values longer than `longest` are left to
    /// the caller. Returns how many those are.
    pub(super) fn write_pending(&self, connection: &Connection, longest: usize) -> SeamResult<usize> {
        let pending = self.sorted_pending()?;
        let mut records: Vec<_> = pending.range(Bound::Unbounded, Bound::Unbounded).collect();
        let all = records.len();
        records.retain(|(_, value)| value.is_none_or(|value| value.len() <= longest));
        let left = all - records.len();
        self.write_in_order(connection, &records)?;
        Ok(left)
    }

    fn write_sorted(&self, connection: &Connection, mut records: Vec<Record<'_>>) -> SeamResult<()> {
        let _writing = connection.begin_write()?;
        sort_by_key(&mut records, |&(key, _)| key);
        self.write_in_order(connection, &records)
    }

    fn write_in_order<'a>(&self, connection: &Connection, mut rest: &'a [Record<'a>]) -> SeamResult<()> {
        while let [(key, value), others @ ..] = rest {
            rest = match self.set_rows(connection, rest)? {
                Some(others) => others,
                None => {
                    match value {
                        Some(value) => self.set_row(connection, key, value)?,
                        None => _ = self.delete_row(connection, key)?,
                    }
                    others
                }
            };
        }
        Ok(())
    }

    /// Sets the first records by one statement. Returns the others, or None if too few are to be set.
    fn set_rows<'a>(&self, connection: &Connection, records: &'a [Record<'a>]) -> SeamResult<Option<&'a [Record<'a>]>> {
        for (count, statement) in ROWS_AT_ONCE.into_iter().zip(&self.set_rows) {
            let Some((rows, others)) = records.split_at_checked(count) else { continue };
            let parameters = rows.iter().flat_map(|&(key, value)| [Some(key), value]);
            // A record without a value deletes.
            let Some(parameters) = parameters.map(|bytes| bytes.map(Parameter::Blob)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            statement.run(connection.db()?, &parameters)?;
            return Ok(Some(others));
        }
        Ok(None)
    }
}

impl Kept for KvTable {
    fn what() -> &'static str {
        "key-value table"
    }

    fn release_snapshot(&self) {
        self.lookup.end();
    }

    fn finalize(&self) {
        self.lookup.finalize();
        self.direct.finalize();
        self.set_long.finalize();
        for statement in [&self.has, &self.set, &self.delete].into_iter().chain(&self.set_rows) {
            statement.finalize();
        }
        self.scans.finalize();
    }
}

/// Returns the SQL that sets rows. A row that is overwritten keeps its rowid, by which others may know it.
fn upsert(table: &str, rows: usize) -> String {
    let values = vec!["(?, ?)"; rows].join(", ");
    format!(
        "INSERT INTO main.{table} (key, value) VALUES {values} ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
}

/// Reads records. Returns None if they are cut off.
fn read_records(mut records: &[u8]) -> Option<Vec<Record<'_>>> {
    let mut rows = Vec::new();
    while !records.is_empty() {
        let (key_length, rest) = records.split_first_chunk()?;
        let (value_length, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(u32::from_le_bytes(*key_length) as usize)?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*value_length) as usize)?;
        rows.push((key, Some(value)));
        records = rest;
    }
    Some(rows)
}
