//! A table of keys and values, both bytes: what `KVault` stands on.
//!
//! Reads see what waits in the write-back cache. Every call finds its rows by key and copies bytes into the caller's memory or out of
//! it. No statement is left running but a look-up's, for the next one, while a read snapshot is held.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::ops::Bound;
use std::rc::Rc;

use kohakuvault_core::kvault::{Pending, Record, sort_by_key};

use super::lookup::Lookup;
use super::page::ScanKind;
use crate::connection::Connection;
use crate::error::{SeamError, SeamResult};
use crate::plain_statement::PlainStatement;
use crate::statement::{Parameter, Statement, quote};

pub(crate) struct KvTable {
    pub(super) name: String,
    pub(super) lookup: Lookup,
    /// The key of the pending value that was too long and is still to be taken.
    waits: Cell<Option<Box<[u8]>>>,
    has: Statement,
    set: Statement,
    /// The same for long values, which are not copied where no JavaScript can run before they are written.
    set_long: PlainStatement,
    /// Each sets as many rows as `ROWS_AT_ONCE` says.
    set_rows: [Statement; 2],
    delete: Statement,
    /// Range scans by what they ask for, prepared when first asked.
    pub(super) scans: RefCell<Vec<(ScanKind, Rc<Statement>)>>,
    pending: RefCell<Pending>,
    /// Where pages are gathered.
    pub(super) gathered: Cell<Vec<u8>>,
}

/// So much of a value that does not fit tells how to go on with it: whether it has a header.
const BEGINNING: usize = 16;

/// So many rows are set by one statement where there are as many: to begin one and end it costs as much as to write a row.
const ROWS_AT_ONCE: [usize; 2] = [64, 8];

/// To copy less costs nothing beside writing it.
const LONG: usize = 1024;

/// How a value was found.
pub(crate) enum Found {
    Missing,
    /// It was copied, and is this long.
    Copied(usize),
    /// It is this long, and does not fit the memory given, which has its beginning. The row waits for `take` or `leave`.
    TooLong(usize),
    /// It has to be read as a BLOB, by ranges: it is longer than the host takes in one piece, or is no bytes at all.
    Apart,
}

/// What stands for a value's length where there are no bytes of it. No value is that long. `ts/binding.ts` has the same.
pub(crate) mod mark {
    /// There is no such key.
    pub(crate) const NONE: u32 = u32::MAX;
    /// The value does not fit and has to be fetched by itself; also one that is no bytes at all.
    pub(crate) const APART: u32 = u32::MAX - 1;
    /// The key is text or a number, which no vault writes and none finds.
    pub(crate) const FOREIGN_KEY: u32 = u32::MAX - 2;
}

impl KvTable {
    pub(crate) fn new(connection: &Connection, name: &str) -> SeamResult<Self> {
        let table = quote(name);
        let statement = |sql: String| Statement::new(&sql);
        Ok(Self {
            name: table.clone(),
            lookup: Lookup::new(connection, &table)?,
            waits: Cell::new(None),
            has: statement(format!("SELECT 1 FROM main.{table} WHERE key = ?1"))?,
            set: statement(upsert(&table, 1))?,
            set_long: PlainStatement::new(&upsert(&table, 1))?,
            set_rows: [statement(upsert(&table, ROWS_AT_ONCE[0]))?, statement(upsert(&table, ROWS_AT_ONCE[1]))?],
            delete: statement(format!("DELETE FROM main.{table} WHERE key = ?1"))?,
            scans: RefCell::default(),
            pending: RefCell::default(),
            gathered: Cell::default(),
        })
    }

    /// Copies the value of a key; one that was too long is to be taken, or left, before anything else.
    pub(super) fn get<'a>(
        &self,
        connection: &Connection,
        key: &[u8],
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Found> {
        self.waits.take();
        let pending = self.pending();
        let Some(value) = pending.get(key) else {
            drop(pending);
            return self.lookup.find(connection, key, target);
        };
        let Some(value) = value else { return Ok(Found::Missing) };
        let found = copy_or_begin(value, target()?);
        if let Found::TooLong(_) = found {
            self.waits.set(Some(key.into()));
        }
        Ok(found)
    }

    /// Copies the value that `get` found too long, as much as fits, and is done with its row.
    pub(super) fn take(&self, connection: &Connection, target: &mut [u8]) -> SeamResult<()> {
        let mut copy = |value: &[u8]| {
            let length = value.len().min(target.len());
            target[..length].copy_from_slice(&value[..length]);
        };
        match self.waits.take() {
            Some(key) => copy(self.pending().get(&key).flatten().unwrap_or_default()),
            None => self.lookup.take(connection, copy)?,
        }
        Ok(())
    }

    /// Ends the look-up that was going on.
    pub(crate) fn leave(&self) {
        self.lookup.leave();
    }

    pub(crate) fn has(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        match self.pending().get(key) {
            Some(pending) => Ok(pending.is_some()),
            None => self.has_row(connection, key),
        }
    }

    /// Whether the table has the key, whatever is pending.
    fn has_row(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        self.has.execute(connection.db(), &[Parameter::Blob(key)])?.step()
    }

    /// Sets a value that JavaScript keeps.
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
                && self.set_long.run(connection.db(), &[Parameter::Blob(key), Parameter::Blob(value)])?
            {
                return Ok(());
            }
            // A function that a trigger calls may free, or change, what is being written.
            value.to_vec()
        };
        self.set_row(connection, key, &copy)
    }

    /// Sets a value of Rust's own.
    fn set_row(&self, connection: &Connection, key: &[u8], value: &[u8]) -> SeamResult<()> {
        self.set.run(connection.db(), &[Parameter::Blob(key), Parameter::Blob(value)])
    }

    pub(super) fn delete(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        let _writing = connection.begin_write()?;
        self.delete_row(connection, key)
    }

    fn delete_row(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        self.delete.run(connection.db(), &[Parameter::Blob(key)])?;
        Ok(connection.changes() > 0)
    }

    /// Sets records of `| key length u32 LE | value length u32 LE | key | value |` in the order of their keys, which costs less
    /// than any other. Of one key the last record counts.
    pub(crate) fn write_many(&self, connection: &Connection, records: &[u8]) -> SeamResult<()> {
        let rows = read_records(records).ok_or_else(|| SeamError::invalid("the records are cut off"))?;
        self.write_sorted(connection, rows)
    }

    /// What waits in the write-back cache.
    pub(crate) fn pending(&self) -> Ref<'_, Pending> {
        self.pending.borrow()
    }

    /// The same, to change it.
    pub(crate) fn pending_mut(&self) -> SeamResult<RefMut<'_, Pending>> {
        self.pending.try_borrow_mut().map_err(|_| {
            SeamError::invalid(
                "the write cache is being flushed: a trigger's function may not write to the vault it runs for",
            )
        })
    }

    /// The same, with its order ready.
    pub(super) fn sorted_pending(&self) -> SeamResult<Ref<'_, Pending>> {
        // A flush has its order ready: what a trigger of it reads must not want to change it.
        if !self.pending().is_sorted() {
            self.pending_mut()?.sort();
        }
        Ok(self.pending())
    }

    /// How many more keys the table has with what is pending, and below zero how many fewer.
    pub(crate) fn surplus(&self, connection: &Connection) -> SeamResult<isize> {
        let mut surplus = 0;
        for (key, value) in self.pending().records() {
            match (self.has_row(connection, key)?, value) {
                (false, Some(_)) => surplus += 1,
                (true, None) => surplus -= 1,
                _ => {}
            }
        }
        Ok(surplus)
    }

    /// Writes what is pending in the order of the keys, and keeps it. Values longer than `longest` are left to the caller,
    /// who is told how many they are.
    pub(crate) fn write_pending(&self, connection: &Connection, longest: usize) -> SeamResult<usize> {
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

    /// Sets the first records by one statement; the others, or None where too few are to be set.
    fn set_rows<'a>(&self, connection: &Connection, records: &'a [Record<'a>]) -> SeamResult<Option<&'a [Record<'a>]>> {
        for (count, statement) in ROWS_AT_ONCE.into_iter().zip(&self.set_rows) {
            let Some((rows, others)) = records.split_at_checked(count) else { continue };
            let parameters = rows.iter().flat_map(|&(key, value)| [Some(key), value]);
            // A record without a value deletes.
            let Some(parameters) = parameters.map(|bytes| bytes.map(Parameter::Blob)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            statement.run(connection.db(), &parameters)?;
            return Ok(Some(others));
        }
        Ok(None)
    }

    pub(crate) fn finalize(&self) {
        self.lookup.finalize();
        self.set_long.finalize();
        for statement in [&self.has, &self.set, &self.delete].into_iter().chain(&self.set_rows) {
            statement.finalize();
        }
        for (_, scan) in self.scans.borrow().iter() {
            scan.finalize();
        }
    }
}

/// The rowid stays on overwrite, and with it whatever knows the row.
fn upsert(table: &str, rows: usize) -> String {
    let values = vec!["(?, ?)"; rows].join(", ");
    format!(
        "INSERT INTO main.{table} (key, value) VALUES {values} ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
}

/// None where the records are cut off.
fn read_records(mut records: &[u8]) -> Option<Vec<Record<'_>>> {
    let mut rows = Vec::new();
    while !records.is_empty() {
        let (lengths, rest) = records.split_at_checked(8)?;
        let length = |at: usize| u32::from_le_bytes([lengths[at], lengths[at + 1], lengths[at + 2], lengths[at + 3]]);
        let (key, rest) = rest.split_at_checked(length(0) as usize)?;
        let (value, rest) = rest.split_at_checked(length(4) as usize)?;
        rows.push((key, Some(value)));
        records = rest;
    }
    Some(rows)
}

/// Copies a value, or its beginning where the target is too short for all of it.
pub(super) fn copy_or_begin(value: &[u8], target: &mut [u8]) -> Found {
    if let Some(place) = target.get_mut(..value.len()) {
        place.copy_from_slice(value);
        return Found::Copied(value.len());
    }
    let beginning = target.len().min(BEGINNING);
    target[..beginning].copy_from_slice(&value[..beginning]);
    Found::TooLong(value.len())
}
