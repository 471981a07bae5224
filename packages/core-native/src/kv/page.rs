//! A page of a range: the rows of the table, merged with its pending writes.

use std::cmp::Ordering;

use kohakuvault_core::boundary::mark;

use super::gathered::Gathered;
use super::page_rows::{Page, PageRequest, Rows, as_slice, key_of};
use super::table::KvTable;
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::sqlite::statement::{Parameter, Prepared};

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
