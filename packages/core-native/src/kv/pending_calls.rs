//! What waits in the write-back cache of a key-value table. Reads of the table see it; these calls change it and write it.

use napi::sys;

use super::table_of;
use crate::error::SeamResult;
use crate::hot::{Call, hot};

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "kvPend", pend)?;
    hot!(env, exports, "kvPendingForget", forget)?;
    hot!(env, exports, "kvPendingClear", clear)?;
    hot!(env, exports, "kvPendingBegin", begin)?;
    hot!(env, exports, "kvPendingCommit", commit)?;
    hot!(env, exports, "kvPendingRollback", rollback)?;
    hot!(env, exports, "kvPendingLength", length)?;
    hot!(env, exports, "kvPendingSurplus", surplus)?;
    hot!(env, exports, "kvPendingWrite", write)?;
    hot!(env, exports, "kvPendingLong", long)
}

/// Twice the bytes that are pending then, and one more where nothing was pending for the key.
fn pend(call: &Call<'_>, [handle, table, key, value]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    let value = call.optional_bytes(value, "value")?;
    let put = call.with_key_bytes(key, |key| Ok(table.pending_mut()?.put(key, value)))?;
    Ok(call.integer((put.bytes * 2 + usize::from(put.is_new)).cast_signed()))
}

/// The bytes that are pending then; -1 where nothing was pending for the key.
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

/// A level of a transaction begins, whose rollback takes back what is changed from here on.
fn begin(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.begin();
    Ok(call.undefined())
}

/// What was changed in the innermost level belongs to the one around it, or stays.
fn commit(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.commit();
    Ok(call.undefined())
}

/// What was changed in the innermost level is taken back.
fn rollback(call: &Call<'_>, [handle, table]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (_, table) = table_of(call, handle, table)?;
    table.pending_mut()?.rollback();
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
