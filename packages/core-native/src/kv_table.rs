//! A table of keys and values, both bytes: what `KVault` stands on.
//!
//! Every call finds its rows by key, copies bytes into the caller's memory or out of it, and leaves no statement running.

use std::cell::RefCell;
use std::rc::Rc;

use crate::connection::Connection;
use crate::error::SeamResult;
use crate::statement::{Parameter, Statement, quote};

pub(crate) struct KvTable {
    name: String,
    get: Statement,
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

/// How a value was found.
pub(crate) enum Found {
    Missing,
    /// It was copied, and is this long.
    Copied(usize),
    /// It is this long, and does not fit the memory given; nothing was copied.
    TooLong(usize),
}

/// What a page of a scan gave.
pub(crate) struct Page {
    pub(crate) rows: usize,
    /// There is nothing behind it.
    pub(crate) last: bool,
}

/// Stands for the length of a value that does not fit a page and has to be fetched by itself.
const APART: u32 = u32::MAX;

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
            delete: statement(format!("DELETE FROM main.{table} WHERE key = ?1 RETURNING 1"))?,
            scans: RefCell::default(),
        };
        kept.get.prepare(connection.db())?;
        Ok(kept)
    }

    pub(crate) fn get(&self, connection: &Connection, key: &[u8], target: &mut [u8]) -> SeamResult<Found> {
        let db = connection.db();
        self.get.bind(db, &[Parameter::Blob(key)])?;
        if !self.get.step(db)? {
            self.get.reset();
            return Ok(Found::Missing);
        }
        let value = self.get.bytes(0);
        let found = match target.get_mut(..value.len()) {
            Some(place) => {
                place.copy_from_slice(value);
                Found::Copied(value.len())
            }
            None => Found::TooLong(value.len()),
        };
        self.get.reset();
        Ok(found)
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
        let present = self.delete.step(db)?;
        self.delete.run(db)?;
        Ok(present)
    }

    /// Fills `target` with rows of the range: `| key length u32 LE | value length u32 LE | key | value |`, again and again,
    /// as many as fit. A value that would not fit an empty page is left out and its length is all ones.
    pub(crate) fn page(&self, connection: &Connection, range: &Range, target: &mut [u8]) -> SeamResult<Page> {
        let db = connection.db();
        let scan = self.scan(ScanKind {
            lower: range.lower.as_ref().map(|bound| bound.inclusive),
            upper: range.upper.as_ref().map(|bound| bound.inclusive),
            reverse: range.reverse,
            values: range.values,
        })?;
        let bounds = [&range.lower, &range.upper];
        let parameters: Vec<_> = bounds.into_iter().flatten().map(|bound| Parameter::Blob(&bound.key)).collect();
        scan.bind(db, &parameters)?;
        let mut page = Page { rows: 0, last: false };
        let mut at = 0;
        while page.rows < range.limit {
            if !scan.step(db)? {
                page.last = true;
                break;
            }
            let key = scan.bytes(0);
            let value = if range.values { scan.bytes(1) } else { &[] };
            match write_row(&mut target[at..], key, value) {
                Some(length) => at += length,
                // It comes first on the next page; on an empty one the value has to stay behind.
                None if page.rows > 0 => break,
                None => match write_key_alone(target, key) {
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
            if kind.values { ", value" } else { "" },
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
        for statement in [&self.get, &self.has, &self.set, &self.delete] {
            statement.finalize();
        }
        for (_, scan) in self.scans.borrow().iter() {
            scan.finalize();
        }
    }
}

fn write_row(target: &mut [u8], key: &[u8], value: &[u8]) -> Option<usize> {
    let length = 8 + key.len() + value.len();
    let row = target.get_mut(..length)?;
    let (head, rest) = row.split_at_mut(8);
    head[..4].copy_from_slice(&(key.len() as u32).to_le_bytes());
    head[4..].copy_from_slice(&(value.len() as u32).to_le_bytes());
    let (key_place, value_place) = rest.split_at_mut(key.len());
    key_place.copy_from_slice(key);
    value_place.copy_from_slice(value);
    Some(length)
}

fn write_key_alone(target: &mut [u8], key: &[u8]) -> Option<usize> {
    let length = write_row(target, key, &[])?;
    target[4..8].copy_from_slice(&APART.to_le_bytes());
    Some(length)
}
