//! A table of keys and values, both bytes: what `KVault` stands on.
//!
//! Every call finds its rows by key, copies bytes into the caller's memory or out of it, and leaves no statement running.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::connection::Connection;
use crate::error::{SeamError, SeamResult};
use crate::statement::{Parameter, Statement, quote};

pub(crate) struct KvTable {
    name: String,
    get: Statement,
    /// Whether `get` stands at a row whose value is still to be taken.
    waits: Cell<bool>,
    has: Statement,
    set: Statement,
    delete: Statement,
    /// Range scans by what they ask for, prepared when first asked.
    scans: RefCell<Vec<(ScanKind, Rc<Statement>)>>,
}

/// Which scan a statement is for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ScanKind {
    lower: Option<bool>,
    upper: Option<bool>,
    reverse: bool,
    values: bool,
}

/// One end of a range: its key, and whether the key itself belongs to it.
pub(crate) struct Bound {
    pub(crate) key: Vec<u8>,
    pub(crate) inclusive: bool,
}

/// What a page of a scan asks for.
pub(crate) struct Range {
    pub(crate) lower: Option<Bound>,
    pub(crate) upper: Option<Bound>,
    pub(crate) reverse: bool,
    pub(crate) values: bool,
    pub(crate) limit: usize,
}

/// So much of a value that does not fit tells how to go on with it: whether it has a header.
const BEGINNING: usize = 16;

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

/// What a page of a scan gave.
pub(crate) struct Page {
    pub(crate) rows: usize,
    /// There is nothing behind it.
    pub(crate) last: bool,
}

/// What stands for a value's length where there are no bytes of it. No value is that long. `ts/binding.ts` has the same.
pub(crate) mod mark {
    /// There is no such key; in what is written, that there is to be none.
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
        let kept = Self {
            name: table.clone(),
            get: statement(format!("SELECT value FROM main.{table} WHERE key = ?1"))?,
            has: statement(format!("SELECT 1 FROM main.{table} WHERE key = ?1"))?,
            // The rowid stays on overwrite, and with it whatever knows the row.
            set: statement(format!(
                "INSERT INTO main.{table} (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            ))?,
            delete: statement(format!("DELETE FROM main.{table} WHERE key = ?1"))?,
            waits: Cell::new(false),
            scans: RefCell::default(),
        };
        kept.get.prepare(connection.db())?;
        Ok(kept)
    }

    pub(crate) fn get(&self, connection: &Connection, key: &[u8], target: &mut [u8]) -> SeamResult<Found> {
        let db = connection.db();
        self.leave();
        self.get.bind(db, &[Parameter::Blob(key)])?;
        match self.get.step(db) {
            Ok(true) => {}
            Ok(false) => {
                self.get.reset();
                return Ok(Found::Missing);
            }
            Err(error) if error.is_too_big() => return Ok(Found::Apart),
            Err(error) => return Err(error),
        }
        if !self.get.has_bytes(0) {
            self.get.reset();
            return Ok(Found::Apart);
        }
        let value = self.get.bytes(0);
        let length = value.len();
        if length > target.len() {
            let beginning = target.len().min(BEGINNING);
            target[..beginning].copy_from_slice(&value[..beginning]);
            self.waits.set(true);
            return Ok(Found::TooLong(length));
        }
        target[..length].copy_from_slice(value);
        self.get.reset();
        Ok(Found::Copied(length))
    }

    /// Copies the value that `get` found too long, as much as fits, and is done with its row.
    pub(crate) fn take(&self, target: &mut [u8]) -> SeamResult<()> {
        if !self.waits.get() {
            return Err(SeamError::invalid("no value waits to be taken"));
        }
        let value = self.get.bytes(0);
        let length = value.len().min(target.len());
        target[..length].copy_from_slice(&value[..length]);
        self.leave();
        Ok(())
    }

    /// Is done with the row that waits, if one does.
    pub(crate) fn leave(&self) {
        if self.waits.replace(false) {
            self.get.reset();
        }
    }

    pub(crate) fn has(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        let db = connection.db();
        self.has.bind(db, &[Parameter::Blob(key)])?;
        let present = self.has.step(db)?;
        self.has.reset();
        Ok(present)
    }

    pub(crate) fn set(&self, connection: &Connection, key: &[u8], value: &[u8]) -> SeamResult<()> {
        let db = connection.db();
        self.set.bind(db, &[Parameter::Blob(key), Parameter::Blob(value)])?;
        self.set.run(db)
    }

    pub(crate) fn delete(&self, connection: &Connection, key: &[u8]) -> SeamResult<bool> {
        let db = connection.db();
        self.delete.bind(db, &[Parameter::Blob(key)])?;
        self.delete.run(db)?;
        Ok(connection.changes() > 0)
    }

    /// Writes records of `| key length u32 LE | value length u32 LE | key | value |` in the order of their keys, which costs less
    /// than any other; a record whose value length is all ones deletes. Of one key the last record counts.
    pub(crate) fn write_many(&self, connection: &Connection, records: &[u8]) -> SeamResult<()> {
        let mut rows = read_records(records).ok_or_else(|| SeamError::invalid("the records are cut off"))?;
        if !rows.is_sorted_by_key(|&(key, _)| key) {
            // Stable, so that those of one key stay in their order.
            rows.sort_by_key(|&(key, _)| key);
        }
        for (key, value) in rows {
            match value {
                Some(value) => self.set(connection, key, value)?,
                None => _ = self.delete(connection, key)?,
            }
        }
        Ok(())
    }

    /// Fills `target` with rows of the range: `| key length u32 LE | value length u32 LE | key | value |`, again and again,
    /// as many as fit. Where the value is left out, a `mark` stands for its length.
    pub(crate) fn page(&self, connection: &Connection, range: &Range, target: &mut [u8]) -> SeamResult<Page> {
        let db = connection.db();
        let scan = self.scan(ScanKind {
            lower: range.lower.as_ref().map(|bound| bound.inclusive),
            upper: range.upper.as_ref().map(|bound| bound.inclusive),
            reverse: range.reverse,
            values: range.values,
        })?;
        let bounds = [&range.lower, &range.upper];
        let longest = range.values.then_some(Parameter::Integer(target.len() as i64));
        let ends = bounds.into_iter().flatten().map(|bound| Parameter::Blob(&bound.key));
        let parameters: Vec<_> = longest.into_iter().chain(ends).collect();
        scan.bind(db, &parameters)?;
        let mut page = Page { rows: 0, last: false };
        let mut at = 0;
        while page.rows < range.limit {
            if !scan.step(db)? {
                page.last = true;
                break;
            }
            let (value, marked) = match () {
                () if !scan.is_blob(0) => (&[][..], Some(mark::FOREIGN_KEY)),
                () if !range.values => (&[][..], None),
                () if !scan.has_bytes(1) => (&[][..], Some(mark::APART)),
                () => (scan.bytes(1), None),
            };
            let key = scan.bytes(0);
            match write_row(&mut target[at..], key, value, marked) {
                Some(length) => at += length,
                // It comes first on the next page; on an empty one the value has to stay behind.
                None if page.rows > 0 => break,
                None => match write_row(target, key, &[], Some(mark::APART)) {
                    Some(length) => at += length,
                    // Not even the key fits: an empty page that is not the last asks for more room.
                    None => break,
                },
            }
            page.rows += 1;
        }
        scan.reset();
        Ok(page)
    }

    fn scan(&self, kind: ScanKind) -> SeamResult<Rc<Statement>> {
        if let Some((_, scan)) = self.scans.borrow().iter().find(|(known, _)| *known == kind) {
            return Ok(Rc::clone(scan));
        }
        let ends = [(kind.lower, ">"), (kind.upper, "<")];
        let conditions: Vec<_> = ends
            .into_iter()
            .filter_map(|(end, sign)| end.map(|inclusive| format!("key {sign}{} ?", if inclusive { "=" } else { "" })))
            .collect();
        let sql = format!(
            "SELECT key{} FROM main.{}{}{} ORDER BY key{}",
            // A longer value is not even looked at: it does not fit the page, or is more than the host takes in one piece.
            if kind.values { ", iif(octet_length(value) <= ?1, value, NULL)" } else { "" },
            self.name,
            if conditions.is_empty() { "" } else { " WHERE " },
            conditions.join(" AND "),
            if kind.reverse { " DESC" } else { "" },
        );
        let scan = Rc::new(Statement::new(&sql)?);
        self.scans.borrow_mut().push((kind, Rc::clone(&scan)));
        Ok(scan)
    }

    pub(crate) fn finalize(&self) {
        self.leave();
        for statement in [&self.get, &self.has, &self.set, &self.delete] {
            statement.finalize();
        }
        for (_, scan) in self.scans.borrow().iter() {
            scan.finalize();
        }
    }
}

/// A key and its value; without one, the key is to be deleted.
type Record<'a> = (&'a [u8], Option<&'a [u8]>);

/// None where the records are cut off.
fn read_records(mut records: &[u8]) -> Option<Vec<Record<'_>>> {
    let mut rows = Vec::new();
    while !records.is_empty() {
        let (lengths, rest) = records.split_at_checked(8)?;
        let length = |at: usize| u32::from_le_bytes([lengths[at], lengths[at + 1], lengths[at + 2], lengths[at + 3]]);
        let (key, rest) = rest.split_at_checked(length(0) as usize)?;
        let deletes = length(4) == mark::NONE;
        let (value, rest) = rest.split_at_checked(if deletes { 0 } else { length(4) as usize })?;
        rows.push((key, (!deletes).then_some(value)));
        records = rest;
    }
    Some(rows)
}

fn write_row(target: &mut [u8], key: &[u8], value: &[u8], marked: Option<u32>) -> Option<usize> {
    let length = 8 + key.len() + value.len();
    let row = target.get_mut(..length)?;
    let (head, rest) = row.split_at_mut(8);
    head[..4].copy_from_slice(&(key.len() as u32).to_le_bytes());
    head[4..].copy_from_slice(&marked.unwrap_or(value.len() as u32).to_le_bytes());
    let (key_place, value_place) = rest.split_at_mut(key.len());
    key_place.copy_from_slice(key);
    value_place.copy_from_slice(value);
    Some(length)
}
