//! What waits in the write-back cache of a key-value table. Reads of the table see it; these calls change it and write it.

use napi::sys;

use super::table_of;
use crate::error::SeamResult;
use crate::hot::{Call, hot};

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "kvPend", pend)?;
    hot!(env, exports, "kvPendingForget", forget)?;
    hot!(env, exports, "kvPendingClear", clear)?;
    hot!(env, exports, "kvPendingUndo", undo)?;
    hot!(env, exports, "kvPendingSettle", settle)?;
    hot!(env, exports, "kvPendingLength", length)?;
    hot!(env, exports, "kvPendingSurplus", surplus)?;
    hot!(env, exports, "kvPendingWrite", write)?;
    hot!(env, exports, "kvPendingLong", long)
}

/// Twice the bytes that are pending then, and one more where nothing was pending for the key.
fn pend(call: &Call<'_>, [handle, table, key, value, remember]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let value = call.optional_bytes(value, "value")?;
    let remember = call.index(remember, "remember")? != 0;
    let put = call.with_key_bytes(key, |key| Ok(table.pending_mut()?.put(key, value, remember)))?;
    Ok(call.integer((put.bytes * 2 + usize::from(put.is_new)).cast_signed()))
}

/// The bytes that are pending then; -1 where nothing was pending for the key.
fn forget(call: &Call<'_>, [handle, table, key, remember]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let remember = call.index(remember, "remember")? != 0;
    let left = call.with_key_bytes(key, |key| Ok(table.pending_mut()?.forget(key, remember)))?;
    Ok(call.count(left))
}

fn clear(call: &Call<'_>, [handle, table, remember]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.clear(call.index(remember, "remember")? != 0);
    Ok(call.undefined())
}

/// Takes back the changes remembered until so many are left.
fn undo(call: &Call<'_>, [handle, table, left]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.undo_to(call.index(left, "left")?);
    Ok(call.undefined())
}

/// The changes made so far can no longer be taken back.
fn settle(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.settle();
    Ok(call.undefined())
}

/// The length of the value that is pending for a key; -1 where nothing is, -2 where the key is to be deleted.
fn length(call: &Call<'_>, [handle, table, key]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let length = call.with_key_bytes(key, |key| {
        Ok(match table.pending().get(key) {
            None => -1,
            Some(None) => -2,
            Some(Some(value)) => value.len().cast_signed(),
        })
    })?;
    Ok(call.integer(length))
}

/// How many more keys the table has with what is pending, and below zero how many fewer.
fn surplus(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    Ok(call.integer(table.surplus(&connection)?))
}

/// Writes what is pending in the transaction that is open, except values longer than `longest`: how many those are.
fn write(call: &Call<'_>, [handle, table, longest]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, table) = table_of(call, handle, table)?;
    let left = table.write_pending(&connection, call.index(longest, "longest")?)?;
    Ok(call.integer(left.cast_signed()))
}

/// Copies the key of one of the values longer than `longest`, as far as it fits: how long it is, -1 where there is none.
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
        let fits = key.len().min(target.len());
        target[..fits].copy_from_slice(&key[..fits]);
        key.len()
    })))
}
