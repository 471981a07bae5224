//! What JavaScript does with a connection as a whole.

use std::ptr;

use napi::{Env, sys};
use napi_derive::napi;

use crate::js::call::Call;
use crate::js::environment;
use crate::js::error::{SeamError, SeamResult, shell};
use crate::js::numbers;
use crate::js::register::js_function;
use crate::registry::{self, connection_of};
use crate::sqlite::{file_users, time_limit};

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "setErrorFactory", set_error_factory)?;
    js_function!(env, exports, "isOpen", is_open)?;
    js_function!(env, exports, "isReadonly", is_readonly)?;
    js_function!(env, exports, "refuseDuringCalls", refuse_during_calls)?;
    js_function!(env, exports, "execute", execute)?;
    js_function!(env, exports, "holdSnapshot", hold_snapshot)?;
    js_function!(env, exports, "releaseSnapshot", release_snapshot)?;
    js_function!(env, exports, "dataVersion", data_version)?;
    js_function!(env, exports, "limitTime", limit_time)?;
    js_function!(env, exports, "ringAlarm", ring_alarm)?;
    js_function!(env, exports, "forgetTables", forget_tables)
}

/// Returns the handle of the connection that loaded this library last in this thread.
#[napi]
pub fn last_attached() -> f64 {
    registry::last_attached() as f64
}

/// Returns how many connections are registered, in all threads of the process.
#[napi]
pub fn open_connections() -> f64 {
    registry::open_connections() as f64
}

/// Finalizes every statement of ours on the connection, so that SQLite can close it. The next use prepares them again.
#[napi]
pub fn finalize_statements(env: Env, handle: f64) -> napi::Result<()> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        connection.refuse_during_calls()?;
        connection.finalize_all();
        Ok(())
    })
}

/// Begins to move the WAL into the file in another thread, unless that is going on. `unlocking` is the SQL that another
/// connection begins with. Returns false if no other thread can do it.
#[napi]
pub fn begin_moving_wal(env: Env, handle: f64, unlocking: Vec<String>) -> napi::Result<bool> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        Ok(connection.wal_mover().begin(connection.db()?, unlocking))
    })
}

/// Returns whether the WAL is being moved in another thread.
#[napi]
pub fn is_moving_wal(env: Env, handle: f64) -> napi::Result<bool> {
    shell(env, || Ok(registry::find(numbers::handle(handle))?.wal_mover().is_moving()))
}

/// Returns whether no other process has the file open in WAL mode. False also if the system does not tell.
#[napi]
pub fn has_file_alone(env: Env, handle: f64) -> napi::Result<bool> {
    shell(env, || Ok(file_users::has_file_alone(registry::find(numbers::handle(handle))?.db()?)))
}

/// Waits until the WAL is not being moved in another thread.
#[napi]
pub fn finish_moving_wal(env: Env, handle: f64) -> napi::Result<()> {
    shell(env, || {
        registry::find(numbers::handle(handle))?.wal_mover().finish();
        Ok(())
    })
}

/// Leaves the WAL as it is when the connection closes, for another program that moves it.
#[napi]
pub fn keep_wal_on_close(env: Env, handle: f64) -> napi::Result<()> {
    shell(env, || {
        registry::find(numbers::handle(handle))?.db()?.keep_wal_on_close();
        Ok(())
    })
}

fn set_error_factory(call: &Call<'_>, [factory]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    call.expect_function(factory, "factory")?;
    let mut reference = ptr::null_mut();
    // SAFETY: the argument is a value of this call. The reference keeps it until the environment ends.
    let status = unsafe { sys::napi_create_reference(call.env(), factory, 1, &raw mut reference) };
    if status != sys::Status::napi_ok {
        return Err(SeamError::pending());
    }
    environment::set_error_factory(call.env(), reference);
    Ok(call.undefined())
}

fn is_open(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.boolean(registry::find(call.handle(handle)?).is_ok()))
}

fn is_readonly(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.boolean(connection_of(call, handle)?.db()?.is_readonly()))
}

fn refuse_during_calls(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    connection_of(call, handle)?.refuse_during_calls()?;
    Ok(call.undefined())
}

fn execute(call: &Call<'_>, [handle, sql]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    connection_of(call, handle)?.execute(&call.text(sql, "sql")?)?;
    Ok(call.undefined())
}

fn hold_snapshot(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    connection_of(call, handle)?.hold_snapshot()?;
    Ok(call.undefined())
}

fn release_snapshot(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    connection_of(call, handle)?.release_snapshot();
    Ok(call.undefined())
}

fn data_version(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let version = connection_of(call, handle)?.data_version()?;
    Ok(call.integer(isize::try_from(version).unwrap_or_default()))
}

/// Ends statements after so many milliseconds from now on. A negative number ends the limit. Returns the number of the
/// alarm that ends them, or 0.
fn limit_time(call: &Call<'_>, [handle, milliseconds]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let connection = connection_of(call, handle)?;
    let (db, milliseconds) = (connection.db()?, call.number(milliseconds, "milliseconds")?);
    let alarm = match numbers::index(milliseconds.ceil()) {
        Some(milliseconds) => connection.time_limit().begin(db, milliseconds as u64),
        None => {
            connection.time_limit().end();
            None
        }
    };
    Ok(call.integer(alarm.and_then(|alarm| isize::try_from(alarm).ok()).unwrap_or_default()))
}

/// Ends the statements of a limit now. The connection may be of another thread.
fn ring_alarm(call: &Call<'_>, [alarm]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    if let Some(alarm) = numbers::index(call.number(alarm, "alarm")?) {
        time_limit::ring(alarm as u64);
    }
    Ok(call.undefined())
}

/// Forgets every BLOB site, table and query: the caller uses none of them any more.
fn forget_tables(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let connection = connection_of(call, handle)?;
    connection.refuse_during_calls()?;
    connection.forget_tables();
    Ok(call.undefined())
}
