//! A page of a range scan: rows of the table and what is pending, merged.

use std::cmp::Ordering;
use std::ops::Bound;
use std::rc::Rc;

use super::gathered::Gathered;
use super::table::{KvTable, mark};
use crate::connection::Connection;
use crate::error::SeamResult;
use crate::statement::{Parameter, Prepared, Statement};

/// What a page of a scan asks for.
pub(crate) struct Range {
    pub(crate) lower: Bound<Vec<u8>>,
    pub(crate) upper: Bound<Vec<u8>>,
    pub(crate) reverse: bool,
    pub(crate) values: bool,
    pub(crate) limit: usize,
}

/// What a page of a scan gave.
pub(crate) struct Page {
    pub(crate) rows: usize,
    /// There is nothing behind it.
    pub(crate) last: bool,
}

/// Which scan a statement is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ScanKind {
    /// The signs by which the ends are compared.
    lower: Option<&'static str>,
    upper: Option<&'static str>,
    reverse: bool,
    values: bool,
}

impl KvTable {
    /// Fills `target` with rows of the range: `| key length u32 LE | value length u32 LE | key | value |`, again and again,
    /// as many as fit. Where the value is left out, a `mark` stands for its length.
    ///
    /// The rows are gathered in memory of the table's own: a view or a generated column may call a function of the user's that frees
    /// the target while the scan goes on.
    pub(crate) fn page<'a>(
        &self,
        connection: &Connection,
        range: &Range,
        target: impl Fn() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Page> {
        let room = target()?.len();
        let mut gathered = Gathered::of(self, room);
        let (page, length) = self.gather(connection, range, &mut gathered.memory()[..room])?;
        gathered.hand_over(length, target()?)?;
        Ok(page)
    }

    fn gather(&self, connection: &Connection, range: &Range, target: &mut [u8]) -> SeamResult<(Page, usize)> {
        let scan = self.scan(kind_of(range))?;
        let longest = range.values.then_some(Parameter::Integer(target.len() as i64));
        let ends = [key_of(&range.lower), key_of(&range.upper)].into_iter().flatten().map(Parameter::Blob);
        let parameters: Vec<_> = longest.into_iter().chain(ends).collect();
        let scan = scan.execute(connection.db(), &parameters)?;
        let pending = self.sorted_pending()?;
        let mut waiting = pending.range(as_slice(&range.lower), as_slice(&range.upper));
        let mut next_waiting = || if range.reverse { waiting.next_back() } else { waiting.next() };
        let mut waits = next_waiting();
        // Whether the scan stands at a row; None where it has to be asked for the next one.
        let mut stands = None;
        let mut rows = Rows { target, at: 0, count: 0 };
        let mut last = false;
        while rows.count < range.limit {
            let is_row = match stands {
                Some(is_row) => is_row,
                None => *stands.insert(scan.step()?),
            };
            let order = match waits {
                Some((key, _)) if is_row => order_of(&scan, key, range.reverse),
                Some(_) => Ordering::Greater,
                None if is_row => Ordering::Less,
                None => {
                    last = true;
                    break;
                }
            };
            // What is pending for a key hides its row.
            let added = match waits {
                Some((key, value)) if order.is_ge() => {
                    waits = next_waiting();
                    value.is_none_or(|value| rows.add(key, if range.values { value } else { &[] }, None))
                }
                _ => add_stored(&mut rows, &scan, range.values),
            };
            if order.is_le() {
                stands = None;
            }
            if !added {
                break;
            }
        }
        Ok((Page { rows: rows.count, last }, rows.at))
    }

    fn scan(&self, kind: ScanKind) -> SeamResult<Rc<Statement>> {
        if let Some((_, scan)) = self.scans.borrow().iter().find(|(known, _)| *known == kind) {
            return Ok(Rc::clone(scan));
        }
        let ends = [kind.lower, kind.upper].into_iter().flatten();
        let conditions: Vec<_> = ends.map(|sign| format!("key {sign} ?")).collect();
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
}

fn kind_of(range: &Range) -> ScanKind {
    ScanKind {
        lower: sign_of(&range.lower, [">", ">="]),
        upper: sign_of(&range.upper, ["<", "<="]),
        reverse: range.reverse,
        values: range.values,
    }
}

fn sign_of(bound: &Bound<Vec<u8>>, [excluded, included]: [&'static str; 2]) -> Option<&'static str> {
    match bound {
        Bound::Excluded(_) => Some(excluded),
        Bound::Included(_) => Some(included),
        Bound::Unbounded => None,
    }
}

fn key_of(bound: &Bound<Vec<u8>>) -> Option<&[u8]> {
    match bound {
        Bound::Excluded(key) | Bound::Included(key) => Some(key),
        Bound::Unbounded => None,
    }
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// Whether the row that the scan stands at comes before a pending key, is its own, or comes behind it.
fn order_of(scan: &Prepared, key: &[u8], reverse: bool) -> Ordering {
    // Keys that are no BLOBs come before all that are.
    let order = if scan.is_blob(0) { scan.bytes(0).cmp(key) } else { Ordering::Less };
    if reverse { order.reverse() } else { order }
}

/// Adds the row that the scan stands at; false where the page is full.
fn add_stored(rows: &mut Rows<'_>, scan: &Prepared, values: bool) -> bool {
    let (value, marked) = match () {
        () if !scan.is_blob(0) => (&[][..], Some(mark::FOREIGN_KEY)),
        () if !values => (&[][..], None),
        () if !scan.has_bytes(1) => (&[][..], Some(mark::APART)),
        () => (scan.bytes(1), None),
    };
    rows.add(scan.bytes(0), value, marked)
}

/// Rows written one behind another.
struct Rows<'a> {
    target: &'a mut [u8],
    at: usize,
    count: usize,
}

impl Rows<'_> {
    /// Adds a row, a mark instead of a value too long for the whole page. False where there is no room: it comes first on the next page, and
    /// an empty page that is not the last one asks for more room.
    fn add(&mut self, key: &[u8], value: &[u8], marked: Option<u32>) -> bool {
        let place = self.target.get_mut(self.at..).unwrap_or_default();
        let written = write_row(place, key, value, marked);
        let written = match written {
            None if self.count == 0 => write_row(self.target, key, &[], Some(mark::APART)),
            _ => written,
        };
        let Some(length) = written else { return false };
        self.at += length;
        self.count += 1;
        true
    }
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
