//! The entry point SQLite calls when better-sqlite3 loads this library into a connection.

use std::ffi::{c_char, c_int};
use std::panic::catch_unwind;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ffi};

use crate::kv::key_source;
use crate::{environment, host, registry};

/// Called by SQLite for `loadExtension`. Takes the connection into this thread's table.
///
/// # Safety
/// Only SQLite calls this, with an open connection, an error slot and its own routine table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_extension_init(
    db: *mut ffi::sqlite3,
    message: *mut *mut c_char,
    api: *mut ffi::sqlite3_api_routines,
) -> c_int {
    let load = || {
        if host::claim(api).is_err() {
            // SAFETY: `api` and `message` are what SQLite passed in.
            unsafe { host::refuse(api, message) };
            return ffi::SQLITE_ERROR;
        }
        // SAFETY: `db`, `message` and `api` are what SQLite passed in; `register` only adds a function.
        unsafe { Connection::extension_init2(db, message, api, register) }
    };
    // Unwinding into SQLite's C frames would be undefined, so a panic ends here.
    catch_unwind(load).unwrap_or(ffi::SQLITE_ERROR)
}

/// Gives the connection a slot, and a SQL function whose destruction ends that slot: SQLite destroys a connection's
/// functions in `sqlite3_close`, whoever calls it.
fn register(connection: Connection) -> rusqlite::Result<bool> {
    // Ok(true) makes SQLite keep the library loaded (OK_LOAD_PERMANENTLY): its function points into it.
    let keep_loaded = true;
    // SAFETY: the pointer is kept in a slot that ends when SQLite closes the connection.
    let db = unsafe { connection.handle() };
    if registry::is_registered(db) {
        return Ok(keep_loaded);
    }
    let Some(env) = environment::current() else {
        return Err(rusqlite::Error::UserFunctionError(
            "load this extension through @kohakuvault/core-native: Node has not loaded it in this thread".into(),
        ));
    };
    let Some(slot) = registry::insert(db, env) else {
        return Err(rusqlite::Error::UserFunctionError(
            "65,536 connections are open in this thread: close some".into(),
        ));
    };
    connection.create_scalar_function(
        registry::owner_function().as_str(),
        0,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY,
        move |_| {
            // Never called; what matters is that the closure owns the slot.
            let _owned = &slot;
            Ok(rusqlite::types::Null)
        },
    )?;
    key_source::register(&connection)?;
    Ok(keep_loaded)
}
