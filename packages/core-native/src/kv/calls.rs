//! The functions for rows: one at a time, many at once, and ranges by the page.

use std::ops::Bound;
use std::rc::Rc;

use kohakuvault_core::boundary::{kv_get, mark, number_and_bit, page_flag};
use napi::{Env, sys};
use napi_derive::napi;

use super::gathered::Gathered;
use super::lookup::EndOnDrop;
use super::page_rows::PageRequest;
use super::table::KvTable;
use super::value_copy::Found;
use crate::connection::Connection;
use crate::js::call::Call;
use crate::js::error::{SeamResult, shell};
use crate::js::numbers;
use crate::js::register::js_function;
use crate::registry::{self, connection_of};

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "kvGet", get)?;
    js_function!(env, exports, "kvTake", take)?;
    js_function!(env, exports, "kvGetMany", get_many)?;
    js_function!(env, exports, "kvHas", has)?;
    js_function!(env, exports, "kvSet", set)?;
    js_function!(env, exports, "kvWriteMany", write_many)?;
    js_function!(env, exports, "kvDelete", delete)?;
    js_function!(env, exports, "kvPage", page)
}

/// Returns the connection of a handle, and its table of a number.
pub(super) fn table_of(
    call: &Call<'_>,
    handle: sys::napi_value,
    number: sys::napi_value,
) -> SeamResult<(Rc<Connection>, Rc<KvTable>)> {
    let connection = connection_of(call, handle)?;
    let table = connection.kept().get(call.ordinal(number, "table")?)?;
    Ok((connection, table))
}

/// Makes one number of a number and a bit.
pub(super) fn number_and_bit(number: usize, bit: bool) -> isize {
    let bit = if bit { number_and_bit::BIT } else { 0 };
    numbers::signed(number * number_and_bit::UNIT + bit)
}

/// Returns one end of a range: a copy, since it may lie in the very memory that is filled, as the last key of the page
/// before.
pub(super) fn bound(call: &Call<'_>, key: sys::napi_value, is_inclusive: bool) -> SeamResult<Bound<Vec<u8>>> {
    let key = call.optional_bytes(key, "bound")?.map(<[u8]>::to_vec);
    Ok(match key {
        None => Bound::Unbounded,
        Some(key) if is_inclusive => Bound::Included(key),
        Some(key) => Bound::Excluded(key),
    })
}

/// Prepares to work on a table with the columns `key` and `value`. `in_place` says whether the pages of the file may be
/// read without SQLite.
#[napi]
pub fn create_kv_table(env: Env, handle: f64, name: String, in_place: bool) -> napi::Result<u32> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let table = KvTable::new(connection.db()?, &name, in_place)?;
        connection.kept().add(table)
    })
}

/// Copies the value of a key and returns its length, or what `KvGet` says. Of a value that does not fit after `offset`,
/// copies the beginning; `kvTake` copies all of it.
fn get(call: &Call<'_>, [handle, table, key, target, offset]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let offset = call.index(offset, "offset")?;
    let room = || Ok(call.bytes_mut(target, "target")?.get_mut(offset..).unwrap_or_default());
    let found = call.with_key_bytes(key, |key| table.get(&connection, key, room))?;
    table.lookup.pause(&connection);
    Ok(call.integer(match found {
        Found::Copied(length) => numbers::signed(length),
        Found::Missing => kv_get::MISSING,
        Found::Apart => kv_get::APART,
        Found::TooLong(length) => kv_get::TOO_LONG - numbers::signed(length),
    }))
}

/// Copies the value that did not fit in the last `kvGet`.
fn take(call: &Call<'_>, [handle, table, target]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    table.take(&connection, call.bytes_mut(target, "target")?)?;
    Ok(call.undefined())
}

/// Fills the target with `| length u32 | value |` for the keys from `first` on. Returns for how many keys it had room.
fn get_many(
    call: &Call<'_>,
    [handle, table, keys, first, target]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let first = call.index(first, "first")?;
    let _ends = EndOnDrop(&table.lookup);
    let room = call.bytes_mut(target, "target")?.len();
    // Gathered in memory of the table's own: a getter of the array may free the target.
    let mut gathered = Gathered::of(&table.gathered, room);
    let (mut at, mut done) = (0, 0);
    for key in call.elements_from(keys, first, "keys")? {
        let key = key?;
        let free = gathered.memory().get_mut(at..).unwrap_or_default();
        let Some((head, rest)) = free.split_first_chunk_mut::<4>() else { break };
        let (length, copied) = match call.with_key_bytes(key, |key| table.get(&connection, key, || Ok(rest)))? {
            Found::Copied(length) => (numbers::length_in_record(length), length),
            Found::Missing => (mark::NONE, 0),
            Found::Apart => (mark::APART, 0),
            Found::TooLong(length) => {
                // A value that fits an empty target comes first in the next one.
                if done > 0 && length + head.len() <= room {
                    break;
                }
                (mark::APART, 0)
            }
        };
        *head = length.to_le_bytes();
        at += head.len() + copied;
        done += 1;
    }
    gathered.copy_to(at, call.bytes_mut(target, "target")?)?;
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

/// Writes and deletes in the order of the keys, in the open transaction.
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

/// Returns the number of rows, and the bit says that no more rows follow.
fn page(
    call: &Call<'_>,
    [handle, table, lower, upper, flags, limit, target]: [sys::napi_value; 7],
) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let flags = call.index(flags, "flags")?;
    let request = PageRequest {
        lower: bound(call, lower, flags & page_flag::LOWER_INCLUSIVE != 0)?,
        upper: bound(call, upper, flags & page_flag::UPPER_INCLUSIVE != 0)?,
        reverse: flags & page_flag::REVERSE != 0,
        values: flags & page_flag::VALUES != 0,
        limit: call.index(limit, "limit")?,
    };
    let page = table.page(&connection, &request, || call.bytes_mut(target, "target"))?;
    Ok(call.integer(number_and_bit(page.rows, page.is_last)))
}
