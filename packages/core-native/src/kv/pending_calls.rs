//! The functions for the pending writes of a key-value table. Reads of the table see them; these functions change and
//! flush them.

use kohakuvault_core::boundary::{page_flag, pending_length};
use napi::sys;

use super::calls::{bound, number_and_bit, table_of};
use super::value_copy::copy_prefix;
use crate::js::call::Call;
use crate::js::error::SeamResult;
use crate::js::numbers;
use crate::js::register::js_function;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "kvPend", pend)?;
    js_function!(env, exports, "kvPendingForget", forget)?;
    js_function!(env, exports, "kvPendingClear", clear)?;
    js_function!(env, exports, "kvPendingBegin", begin)?;
    js_function!(env, exports, "kvPendingCommit", commit)?;
    js_function!(env, exports, "kvPendingRollback", rollback)?;
    js_function!(env, exports, "kvPendingLength", length)?;
    js_function!(env, exports, "kvPendingSurplus", surplus)?;
    js_function!(env, exports, "kvPendingWrite", write)?;
    js_function!(env, exports, "kvPendingLong", long)
}

/// Returns the pending bytes, and the bit says that nothing was pending for the key.
fn pend(call: &Call<'_>, [handle, table, key, value]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let value = call.optional_bytes(value, "value")?;
    let put = call.with_key_bytes(key, |key| Ok(table.pending_mut()?.put(key, value)))?;
    Ok(call.integer(number_and_bit(put.bytes, put.is_new)))
}

/// Returns the bytes that are still pending, or -1 if nothing was pending for the key.
fn forget(call: &Call<'_>, [handle, table, key]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let left = call.with_key_bytes(key, |key| Ok(table.pending_mut()?.forget(key)))?;
    Ok(call.count(left))
}

fn clear(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.clear();
    Ok(call.undefined())
}

/// Begins a level of a transaction. Its rollback takes back what changes from here on.
fn begin(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.begin();
    Ok(call.undefined())
}

/// Ends the innermost level. Its changes belong to the level around it, or stay.
fn commit(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.commit();
    Ok(call.undefined())
}

/// Takes back the changes of the innermost level and ends it.
fn rollback(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.rollback();
    Ok(call.undefined())
}

/// Returns the length of the value that is pending for a key, or what `PendingLength` says.
fn length(call: &Call<'_>, [handle, table, key]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let length = call.with_key_bytes(key, |key| {
        Ok(match table.pending().get(key) {
            None => pending_length::NONE,
            Some(None) => pending_length::DELETED,
            Some(Some(value)) => numbers::signed(value.len()),
        })
    })?;
    Ok(call.integer(length))
}

/// Returns how many more keys of a range the table has with its pending writes. The number is negative for fewer keys.
fn surplus(call: &Call<'_>, [handle, table, lower, upper, flags]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let flags = call.index(flags, "flags")?;
    let lower = bound(call, lower, flags & page_flag::LOWER_INCLUSIVE != 0)?;
    let upper = bound(call, upper, flags & page_flag::UPPER_INCLUSIVE != 0)?;
    let (lower, upper) = (lower.as_ref().map(Vec::as_slice), upper.as_ref().map(Vec::as_slice));
    Ok(call.integer(table.surplus(&connection, lower, upper)?))
}

/// Flushes the pending writes in the open transaction, except values longer than `longest`. Returns how many those are.
fn write(call: &Call<'_>, [handle, table, longest]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let left = table.write_pending(&connection, call.index(longest, "longest")?)?;
    Ok(call.count(Some(left)))
}

/// Copies as much as fits of the key of one of the values longer than `longest`. Returns its length, or -1 if there is
/// none.
fn long(
    call: &Call<'_>,
    [handle, table, longest, number, target]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let (longest, number) = (call.index(longest, "longest")?, call.index(number, "number")?);
    let target = call.bytes_mut(target, "target")?;
    let pending = table.pending();
    let mut keys = pending.records().filter_map(|(key, value)| (value?.len() > longest).then_some(key));
    Ok(call.count(keys.nth(number).map(|key| {
        copy_prefix(key, target);
        key.len()
    })))
}
