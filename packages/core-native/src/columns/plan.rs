//! Which conditions of a query a scan takes over, and what they leave of a column.
//!
//! A plan is a number: SQLite hands it from `xBestIndex` to `xFilter`. The arguments of the latter come in the order of
//! the bits.

use std::ffi::{c_int, c_uchar};

use rusqlite::ffi::{self, sqlite3_index_info, sqlite3_value};

/// The name of the column is an argument.
pub(super) const NAME: c_int = 1;
/// The layout is an argument.
pub(super) const LAYOUT: c_int = 1 << 1;
const EQUAL: c_int = 1 << 2;
const ABOVE: c_int = 1 << 3;
const FROM: c_int = 1 << 4;
const BELOW: c_int = 1 << 5;
const TO: c_int = 1 << 6;
const CONDITIONS: [c_int; 5] = [EQUAL, ABOVE, FROM, BELOW, TO];
/// The rows come from the last one to the first.
pub(super) const DESCENDING: c_int = 1 << 7;

/// The number of the column `i`.
const INDEX: c_int = 0;
/// What SQLite calls the rowid, which is the same.
const ROWID: c_int = -1;

/// The rows that a scan is thought to have, if nothing bounds it.
const ROWS: i64 = 1_000_000;

/// What is missing from a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// SQLite may try another order of the tables.
    NotYet,
    /// The query does not name a column.
    Name,
}

/// Makes a plan. `hidden` are the numbers of the columns that hold the name and the layout, if there are any.
///
/// # Safety
/// `info` is what SQLite gave to `xBestIndex`.
pub(super) unsafe fn choose(info: *mut sqlite3_index_info, hidden: Option<[c_int; 2]>) -> Result<(), Missing> {
    // SAFETY: as the caller promises. The arrays have as many entries as the counts say, or are not looked at.
    let (info, constraints, usages, orders) = unsafe {
        let info = &mut *info;
        let length = |count: c_int| usize::try_from(count).unwrap_or_default();
        let (count, orders) = (length(info.nConstraint), length(info.nOrderBy));
        let constraints = if count > 0 { std::slice::from_raw_parts(info.aConstraint, count) } else { &[] };
        let usages = if count > 0 { std::slice::from_raw_parts_mut(info.aConstraintUsage, count) } else { &mut [] };
        let orders = if orders > 0 { std::slice::from_raw_parts(info.aOrderBy, orders) } else { &[] };
        (info, constraints, usages, orders)
    };
    // For each bit, the place of the condition among SQLite's.
    let mut taken: [(c_int, Option<usize>); 7] = [NAME, LAYOUT, EQUAL, ABOVE, FROM, BELOW, TO].map(|bit| (bit, None));
    for (place, constraint) in constraints.iter().enumerate() {
        let Some(bit) = bit_of(constraint.iColumn, constraint.op, hidden) else { continue };
        if constraint.usable == 0 {
            // Without its name or layout, a column cannot be found.
            if bit == NAME || bit == LAYOUT {
                return Err(Missing::NotYet);
            }
            continue;
        }
        if let Some((_, known)) = taken.iter_mut().find(|(other, known)| *other == bit && known.is_none()) {
            *known = Some(place);
        }
    }
    let has = |bit: c_int| taken.iter().any(|(other, place)| *other == bit && place.is_some());
    if hidden.is_some() && !has(NAME) {
        return Err(Missing::Name);
    }
    let is_equal = has(EQUAL);
    let mut plan = 0;
    let mut arguments = 0;
    for (bit, place) in taken {
        // The row is known by its index alone; SQLite checks the other conditions.
        if is_equal && CONDITIONS.contains(&bit) && bit != EQUAL {
            continue;
        }
        let Some(usage) = place.and_then(|place| usages.get_mut(place)) else { continue };
        plan |= bit;
        arguments += 1;
        usage.argvIndex = arguments;
        usage.omit = 1;
    }
    if let Some(order) = orders.first().filter(|order| order.iColumn == INDEX || order.iColumn == ROWID) {
        // No two rows have one index, so what else the order asks for makes no difference.
        info.orderByConsumed = 1;
        if order.desc != 0 {
            plan |= DESCENDING;
        }
    }
    let bounds = CONDITIONS.iter().filter(|bit| plan & **bit != 0).count();
    let rows = if is_equal { 1 } else { ROWS >> (3 * bounds) };
    if is_equal {
        info.idxFlags = ffi::SQLITE_INDEX_SCAN_UNIQUE;
    }
    info.idxNum = plan;
    info.estimatedRows = rows;
    info.estimatedCost = 10.0 + rows as f64;
    Ok(())
}

fn bit_of(column: c_int, operator: c_uchar, hidden: Option<[c_int; 2]>) -> Option<c_int> {
    let operator = c_int::from(operator);
    if let Some([name, layout]) = hidden
        && operator == ffi::SQLITE_INDEX_CONSTRAINT_EQ
        && (column == name || column == layout)
    {
        return Some(if column == name { NAME } else { LAYOUT });
    }
    if column != INDEX && column != ROWID {
        return None;
    }
    match operator {
        ffi::SQLITE_INDEX_CONSTRAINT_EQ => Some(EQUAL),
        ffi::SQLITE_INDEX_CONSTRAINT_GT => Some(ABOVE),
        ffi::SQLITE_INDEX_CONSTRAINT_GE => Some(FROM),
        ffi::SQLITE_INDEX_CONSTRAINT_LT => Some(BELOW),
        ffi::SQLITE_INDEX_CONSTRAINT_LE => Some(TO),
        _ => None,
    }
}

/// Returns the indexes that the conditions of a plan leave of `length`: the first, and the one after the last.
///
/// # Safety
/// The values are the arguments of `xFilter`, without those of the hidden columns.
pub(super) unsafe fn range(plan: c_int, values: &[*mut sqlite3_value], length: i64) -> (i64, i64) {
    let (mut first, mut end) = (0, length);
    let conditions = CONDITIONS.into_iter().filter(|bit| plan & bit != 0);
    for (bit, value) in conditions.zip(values) {
        // SAFETY: as the caller promises.
        let (least, beyond) = unsafe { bounds(bit, *value) };
        first = first.max(least);
        end = end.min(beyond);
    }
    if first < end { (first, end) } else { (0, 0) }
}

/// Nothing is in this range.
const NOTHING: (i64, i64) = (i64::MAX, 0);

/// # Safety
/// SQLite has the value for as long as the call lasts.
unsafe fn bounds(bit: c_int, value: *mut sqlite3_value) -> (i64, i64) {
    // SAFETY: as the caller promises. A text that looks like a number counts as one, as in SQLite's own comparisons.
    unsafe {
        match ffi::sqlite3_value_numeric_type(value) {
            ffi::SQLITE_INTEGER => of_integer(bit, ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => of_real(bit, ffi::sqlite3_value_double(value)),
            ffi::SQLITE_NULL => NOTHING,
            // Every number is less than a text and than a BLOB.
            _ if bit == BELOW || bit == TO => (0, i64::MAX),
            _ => NOTHING,
        }
    }
}

fn of_integer(bit: c_int, value: i64) -> (i64, i64) {
    let next = value.saturating_add(1);
    match bit {
        EQUAL => (value, next),
        // The greatest integer has no next, and no index is that great.
        ABOVE => (next, i64::MAX),
        FROM => (value, i64::MAX),
        BELOW => (0, value),
        _ => (0, next),
    }
}

fn of_real(bit: c_int, value: f64) -> (i64, i64) {
    #[expect(clippy::cast_possible_truncation, reason = "casting saturates, and no index is that great")]
    let (floor, ceil) = (value.floor() as i64, value.ceil() as i64);
    match bit {
        EQUAL if floor == ceil => (floor, floor.saturating_add(1)),
        EQUAL => NOTHING,
        ABOVE => (floor.saturating_add(1), i64::MAX),
        FROM => (ceil, i64::MAX),
        BELOW => (0, ceil),
        _ => (0, floor.saturating_add(1)),
    }
}
