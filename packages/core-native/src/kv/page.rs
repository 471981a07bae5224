//! A page of a range: the rows of the table, merged with its pending writes.

use std::cmp::Ordering;
use std::ops::Bound;

use kohakuvault_core::boundary::{mark, record_head};

use super::gathered::Gathered;
use super::table::KvTable;
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::js::numbers::length_in_record;
use crate::sqlite::statement::{Parameter, Prepared};

/// What a page is asked for.
pub(super) struct PageRequest {
    pub(super) lower: Bound<Vec<u8>>,
    pub(super) upper: Bound<Vec<u8>>,
    pub(super) reverse: bool,
    pub(super) values: bool,
    pub(super) limit: usize,
}

/// What a page holds.
pub(super) struct Page {
    pub(super) rows: usize,
    /// Whether no more rows follow.
    pub(super) is_last: bool,
}

impl KvTable {
    /// Fills `target` with rows of the range, as many as fit: records as `record_head` says, each with a `mark` for the
    /// length of a value that is left out.
    ///
    /// The rows are gathered in memory of the table's own: a view or a generated column may call a function of the
    /// user's that frees the target while the scan goes on.
    pub(super) fn page<'a>(
        &self,
        connection: &Connection,
        range: &PageRequest,
        target: impl Fn() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Page> {
        let mut gathered = Gathered::of(&self.gathered, target()?.len());
        let in_place = self.direct.view(connection).filter(|_| {
            self.sorted_pending()
                .is_ok_and(|pending| pending.range(as_slice(&range.lower), as_slice(&range.upper)).next().is_none())
        });
        if let Some(view) = in_place
            && let Some((page, length)) = self.direct.page(&view, range, gathered.memory())
        {
            gathered.copy_to(length, target()?)?;
            return Ok(page);
        }
        let (page, length) = self.gather(connection, range, gathered.memory())?;
        gathered.copy_to(length, target()?)?;
        Ok(page)
    }

    fn gather(&self, connection: &Connection, range: &PageRequest, target: &mut [u8]) -> SeamResult<(Page, usize)> {
        let scan = self.scans.find(&range.lower, &range.upper, range.reverse, range.values)?;
        let longest = range.values.then(|| Parameter::Integer(i64::try_from(target.len()).unwrap_or(i64::MAX)));
        let ends = [key_of(&range.lower), key_of(&range.upper)].into_iter().flatten().map(Parameter::Blob);
        let parameters: Vec<_> = longest.into_iter().chain(ends).collect();
        let scan = scan.execute(connection.db()?, &parameters)?;
        let pending = self.sorted_pending()?;
        let mut records = pending.range(as_slice(&range.lower), as_slice(&range.upper));
        let mut next_record = || if range.reverse { records.next_back() } else { records.next() };
        let mut record = next_record();
        // Whether the scan is at a row, or None if it must be stepped to the next one.
        let mut at_row = None;
        let mut rows = Rows { target, at: 0, count: 0 };
        let mut is_last = false;
        while rows.count < range.limit {
            let is_row = match at_row {
                Some(is_row) => is_row,
                None => *at_row.insert(scan.step()?),
            };
            let order = match record {
                Some((key, _)) if is_row => order_of(&scan, key, range.reverse),
                Some(_) => Ordering::Greater,
                None if is_row => Ordering::Less,
                None => {
                    is_last = true;
                    break;
                }
            };
            // A pending write hides the row of its key.
            let added = match record {
                Some((key, value)) if order.is_ge() => {
                    record = next_record();
                    value.is_none_or(|value| rows.add(key, if range.values { value } else { &[] }, None))
                }
                _ => add_stored(&mut rows, &scan, range.values),
            };
            if order.is_le() {
                at_row = None;
            }
            if !added {
                break;
            }
        }
        Ok((Page { rows: rows.count, is_last }, rows.at))
    }
}

pub(super) fn key_of(bound: &Bound<Vec<u8>>) -> Option<&[u8]> {
    match bound {
        Bound::Excluded(key) | Bound::Included(key) => Some(key),
        Bound::Unbounded => None,
    }
}

pub(super) fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// Returns whether the row that the scan is at comes before a pending key, is its own, or comes after it.
fn order_of(scan: &Prepared, key: &[u8], reverse: bool) -> Ordering {
    // Keys that are not BLOBs come before all that are.
    let order = if scan.is_blob(0) { scan.bytes(0).cmp(key) } else { Ordering::Less };
    if reverse { order.reverse() } else { order }
}

/// Adds the row that the scan is at. Returns false if the page is full.
fn add_stored(rows: &mut Rows<'_>, scan: &Prepared, values: bool) -> bool {
    let (value, marked) = match () {
        () if !scan.is_blob(0) => (&[][..], Some(mark::FOREIGN_KEY)),
        () if !values => (&[][..], None),
        () if !scan.has_bytes(1) => (&[][..], Some(mark::APART)),
        () => (scan.bytes(1), None),
    };
    rows.add(scan.bytes(0), value, marked)
}

/// Rows written one after another.
pub(super) struct Rows<'a> {
    pub(super) target: &'a mut [u8],
    pub(super) at: usize,
    pub(super) count: usize,
}

impl Rows<'_> {
    /// Adds a row, with a mark instead of a value that is too long even for an empty page. Returns false if there is no
    /// room. The row comes first on the next page then. An empty page that is not the last one asks for more room.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8], marked: Option<u32>) -> bool {
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

    /// Adds a row whose value `fill` copies. Returns None if that fails, and otherwise what `add` returns.
    pub(super) fn add_filled(
        &mut self,
        key: &[u8],
        value: usize,
        fill: impl FnOnce(&mut [u8]) -> Option<()>,
    ) -> Option<bool> {
        let place = self.target.get_mut(self.at..).unwrap_or_default();
        let Some(place) = begin_row(place, key, value, None) else {
            // As an empty page does it: with a mark, or it asks for more room.
            return Some(self.count == 0 && self.add(key, &[], Some(mark::APART)));
        };
        fill(place)?;
        self.at += record_head::BYTES + key.len() + value;
        self.count += 1;
        Some(true)
    }
}

fn write_row(target: &mut [u8], key: &[u8], value: &[u8], marked: Option<u32>) -> Option<usize> {
    let place = begin_row(target, key, value.len(), marked)?;
    place.copy_from_slice(value);
    Some(record_head::BYTES + key.len() + value.len())
}

/// Writes the head and the key of a row. Returns where its value goes.
fn begin_row<'a>(target: &'a mut [u8], key: &[u8], value: usize, marked: Option<u32>) -> Option<&'a mut [u8]> {
    let length = (record_head::BYTES + key.len()).checked_add(value)?;
    let (head, rest) = target.get_mut(..length)?.split_first_chunk_mut::<{ record_head::BYTES }>()?;
    let (key_length, value_length) = head.split_first_chunk_mut::<{ record_head::VALUE_LENGTH }>()?;
    *key_length = length_in_record(key.len()).to_le_bytes();
    value_length.copy_from_slice(&marked.unwrap_or(length_in_record(value)).to_le_bytes());
    let (key_place, value_place) = rest.split_at_mut_checked(key.len())?;
    key_place.copy_from_slice(key);
    Some(value_place)
}
