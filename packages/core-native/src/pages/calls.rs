//! The functions that JavaScript sees.

use std::rc::Rc;

use kohakuvault_core::boundary::value_read;
use kohakuvault_core::pages::page_watch::ValueRead;
use kohakuvault_core::pages::wal_head::WalHead;
use napi::sys;

use super::watch::Watch;
use crate::connection::Connection;
use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};
use crate::js::numbers;
use crate::js::register::js_function;
use crate::registry::connection_of;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "createWatch", create)?;
    js_function!(env, exports, "watchBegin", begin)?;
    js_function!(env, exports, "watchEnd", end)?;
    js_function!(env, exports, "watchTable", watch_table)?;
    js_function!(env, exports, "watchRow", watch_row)?;
    js_function!(env, exports, "watchRead", read)?;
    js_function!(env, exports, "watchForget", forget)?;
    js_function!(env, exports, "watchPages", pages)?;
    js_function!(env, exports, "watchChanges", changes)?;
    js_function!(env, exports, "watchNoteOwn", note_own)
}

fn watch_of(
    call: &Call<'_>,
    handle: sys::napi_value,
    number: sys::napi_value,
) -> SeamResult<(Rc<Connection>, Rc<Watch>)> {
    let connection = connection_of(call, handle)?;
    let watch = connection.kept().get(call.ordinal(number, "watch")?)?;
    Ok((connection, watch))
}

/// Reads a head of the WAL's index that JavaScript has copied. Returns None if there is none, or if it was copied while
/// it was written.
fn head(call: &Call<'_>, bytes: sys::napi_value) -> SeamResult<Option<WalHead>> {
    Ok(call.optional_bytes(bytes, "read")?.and_then(WalHead::read))
}

fn whole(call: &Call<'_>, value: sys::napi_value, what: &str) -> SeamResult<i64> {
    let number = call.number(value, what)?;
    numbers::exact(number).ok_or_else(|| SeamError::invalid(format!("{what} is {number}; expected a whole number")))
}

fn create(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let number = connection_of(call, handle)?.kept().add(Watch::new()?)?;
    Ok(call.count(Some(number as usize)))
}

fn begin(call: &Call<'_>, [handle, watch, read]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, watch) = watch_of(call, handle, watch)?;
    Ok(call.boolean(watch.begin(&connection, head(call, read)?)?))
}

fn end(call: &Call<'_>, [handle, watch]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    watch_of(call, handle, watch)?.1.end();
    Ok(call.undefined())
}

fn watch_table(call: &Call<'_>, [handle, watch, table]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, watch) = watch_of(call, handle, watch)?;
    Ok(call.boolean(watch.watch_table(&connection, &call.text(table, "table")?)?))
}

fn watch_row(
    call: &Call<'_>,
    [handle, watch, table, rowid, owner]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (connection, watch) = watch_of(call, handle, watch)?;
    let table = call.text(table, "table")?;
    Ok(call.boolean(watch.watch_row(
        &connection,
        &table,
        whole(call, rowid, "rowid")?,
        whole(call, owner, "owner")?,
    )?))
}

/// Returns how many bytes were read, or a negative number: see `value_read`.
fn read(
    call: &Call<'_>,
    [handle, watch, table, rowid, column, offset, target]: [sys::napi_value; 7],
) -> SeamResult<sys::napi_value> {
    let (connection, watch) = watch_of(call, handle, watch)?;
    let row = (&*call.text(table, "table")?, whole(call, rowid, "rowid")?);
    let (column, offset) = (call.index(column, "column")?, call.index(offset, "offset")?);
    let target = call.bytes_mut(target, "target")?;
    Ok(match watch.read_value(&connection, row, column, offset, target)? {
        Some(ValueRead::Bytes(count)) => call.count(Some(count)),
        Some(ValueRead::Untested) => call.small_integer(value_read::UNTESTED),
        None => call.small_integer(value_read::UNKNOWN),
    })
}

fn forget(call: &Call<'_>, [handle, watch, owner]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, watch) = watch_of(call, handle, watch)?;
    watch.forget_owner(whole(call, owner, "owner")?);
    Ok(call.undefined())
}

fn pages(call: &Call<'_>, [handle, watch, owner]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, watch) = watch_of(call, handle, watch)?;
    let pages = watch.pages_of(whole(call, owner, "owner")?);
    call.doubles(&pages.into_iter().map(f64::from).collect::<Vec<_>>())
}

/// Returns the owners whose rows may have changed, or undefined if nothing is known any more.
fn changes(call: &Call<'_>, [handle, watch, read]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, watch) = watch_of(call, handle, watch)?;
    match watch.changes(&connection, head(call, read)?)? {
        Some(owners) => call.doubles(&owners.iter().map(|owner| *owner as f64).collect::<Vec<_>>()),
        None => Ok(call.undefined()),
    }
}

fn note_own(call: &Call<'_>, [handle, watch]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (connection, watch) = watch_of(call, handle, watch)?;
    Ok(call.boolean(watch.note_own(&connection)?))
}
