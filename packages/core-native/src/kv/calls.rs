//! Key-value tables: one row at a time, and ranges by the page.

use std::ops::Bound;

use napi::{Env, sys};
use napi_derive::napi;

use super::gathered::Gathered;
use super::lookup::LeaveOnDrop;
use super::page::Range;
use super::table::{Found, KvTable, mark};
use super::table_of;
use crate::error::{SeamResult, shell};
use crate::hot::{Call, hot};
use crate::registry;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "kvGet", get)?;
    hot!(env, exports, "kvTake", take)?;
    hot!(env, exports, "kvGetMany", get_many)?;
    hot!(env, exports, "kvHas", has)?;
    hot!(env, exports, "kvSet", set)?;
    hot!(env, exports, "kvWriteMany", write_many)?;
    hot!(env, exports, "kvDelete", delete)?;
    hot!(env, exports, "kvPage", page)
}

/// Makes ready to work on a table with the columns `key` and `value`.
#[napi]
pub fn create_kv_table(env: Env, handle: f64, name: String) -> napi::Result<u32> {
    shell(env, || {
        let connection = registry::find(handle as u64)?;
        let table = KvTable::new(&connection, &name)?;
        Ok(connection.add_kv_table(table))
    })
}

/// The value's length; -1 where there is no such key, -2 where the value has to be read as a BLOB, and below that minus the length minus
/// 3 where it does not fit behind `offset`: then its beginning is copied, and `kvTake` gives all of it.
fn get(call: &Call<'_>, [handle, table, key, target, offset]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let offset = call.index(offset, "offset")?;
    let room = || Ok(call.bytes_mut(target, "target")?.get_mut(offset..).unwrap_or_default());
    let found = call.with_key_bytes(key, |key| table.get(&connection, key, room))?;
    table.lookup.rest(&connection);
    Ok(call.integer(match found {
        Found::Copied(length) => length.cast_signed(),
        Found::Missing => -1,
        Found::Apart => -2,
        Found::TooLong(length) => -3 - length.cast_signed(),
    }))
}

/// Copies the value that did not fit just before.
fn take(call: &Call<'_>, [handle, table, target]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    table.take(&connection, call.bytes_mut(target, "target")?)?;
    Ok(call.undefined())
}

/// Fills the target with `| length u32 | value |` for the keys from `first` on; how many keys there was room for.
fn get_many(
    call: &Call<'_>,
    [handle, table, keys, first, target]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let first = call.index(first, "first")?;
    let _ends = LeaveOnDrop(&table.lookup);
    let room = call.bytes_mut(target, "target")?.len();
    // Gathered in memory of the table's own: a getter of the array's may free the target.
    let mut gathered = Gathered::of(&table, room);
    let (mut at, mut done) = (0, 0);
    for key in call.elements_from(keys, first, "keys")? {
        let key = key?;
        let Some((head, rest)) = gathered.memory()[at..room].split_at_mut_checked(4) else { break };
        let (length, copied) = match call.with_key_bytes(key, |key| table.get(&connection, key, || Ok(rest)))? {
            Found::Copied(length) => (length as u32, length),
            Found::Missing => (mark::NONE, 0),
            Found::Apart => (mark::APART, 0),
            Found::TooLong(length) => {
                // What fits an empty target comes first in the next one.
                if done > 0 && length + 4 <= room {
                    break;
                }
                (mark::APART, 0)
            }
        };
        head.copy_from_slice(&length.to_le_bytes());
        at += 4 + copied;
        done += 1;
    }
    gathered.hand_over(at, call.bytes_mut(target, "target")?)?;
    Ok(call.integer(done))
}

fn has(call: &Call<'_>, [handle, table, key]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let present = call.with_key_bytes(key, |key| table.has(&connection, key))?;
    Ok(call.boolean(present))
}

fn set(call: &Call<'_>, [handle, table, key, value]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    call.with_key_bytes(key, |key| table.set_foreign(&connection, key, || call.bytes(value, "value")))?;
    Ok(call.undefined())
}

/// Writes and deletes in the order of the keys, in the transaction that is open.
fn write_many(call: &Call<'_>, [handle, table, records]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    table.write_many(&connection, &call.bytes_copy(records, "records")?)?;
    Ok(call.undefined())
}

fn delete(call: &Call<'_>, [handle, table, key]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let present = call.with_key_bytes(key, |key| table.delete(&connection, key))?;
    Ok(call.boolean(present))
}

/// What a scan's flags mean; `ts/binding.ts` has the same.
const LOWER_INCLUSIVE: usize = 1;
const UPPER_INCLUSIVE: usize = 2;
const REVERSE: usize = 4;
const VALUES: usize = 8;

/// Twice the number of rows, and one more where nothing is behind them.
fn page(
    call: &Call<'_>,
    [handle, table, lower, upper, flags, limit, target]: [sys::napi_value; 7],
) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let flags = call.index(flags, "flags")?;
    // Copies: a bound may lie in the very memory that is filled, as the last key of the page before.
    let bound = |value, inclusive| -> SeamResult<Bound<Vec<u8>>> {
        let key = call.optional_bytes(value, "bound")?.map(<[u8]>::to_vec);
        Ok(match key {
            None => Bound::Unbounded,
            Some(key) if flags & inclusive != 0 => Bound::Included(key),
            Some(key) => Bound::Excluded(key),
        })
    };
    let range = Range {
        lower: bound(lower, LOWER_INCLUSIVE)?,
        upper: bound(upper, UPPER_INCLUSIVE)?,
        reverse: flags & REVERSE != 0,
        values: flags & VALUES != 0,
        limit: call.index(limit, "limit")?,
    };
    let page = table.page(&connection, &range, || call.bytes_mut(target, "target"))?;
    Ok(call.integer((page.rows * 2 + usize::from(page.last)).cast_signed()))
}
