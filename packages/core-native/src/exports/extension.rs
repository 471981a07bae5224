//! The entry point that SQLite calls when better-sqlite3 loads this library into a connection.

use std::ffi::{c_char, c_int};
use std::panic::catch_unwind;
use std::ptr::NonNull;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ffi};

use crate::columns;
use crate::js::environment;
use crate::kv::key_source;
use crate::registry;
use crate::sqlite::{host, names};
use crate::text::api as text;
use crate::vector::shadow_tables;
use crate::witness::watch::watch;

/// Takes the connection into this thread's table. SQLite calls it for `loadExtension`.
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
        // SAFETY: `db`, `message` and `api` are what SQLite passed in. `register` only adds functions and modules.
        unsafe { Connection::extension_init2(db, message, api, register) }
    };
    // Unwinding into SQLite's C frames would be undefined, so a panic ends here.
    catch_unwind(load).unwrap_or(ffi::SQLITE_ERROR)
}

/// Gives the connection a slot, and an SQL function whose destruction ends that slot. SQLite destroys a connection's
/// functions in `sqlite3_close`, no matter who calls it.
fn register(connection: Connection) -> rusqlite::Result<bool> {
    // Ok(true) makes SQLite keep the library loaded (OK_LOAD_PERMANENTLY): its function points into it.
    let keep_loaded = true;
    // SAFETY: the pointer is kept in a slot that ends when SQLite closes the connection.
    let raw = NonNull::new(unsafe { connection.handle() }).ok_or(rusqlite::Error::InvalidQuery)?;
    if registry::is_registered(raw) {
        return Ok(keep_loaded);
    }
    let refusal = |message: &str| rusqlite::Error::UserFunctionError(message.into());
    let env = environment::current().ok_or_else(|| {
        refusal("load this extension through @kohakuvault/core-native: Node has not loaded it in this thread")
    })?;
    // SAFETY: SQLite has the connection open in this thread, and drops the slot with the function below when it closes
    // it.
    let slot = unsafe { registry::insert(raw, env) }
        .ok_or_else(|| refusal("65,536 connections are open in this thread: close some"))?;
    connection.create_scalar_function(
        names::of_this_copy("slot").as_str(),
        0,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY,
        move |_| {
            // Nobody calls this: what matters is that the closure owns the slot.
            let _owned = &slot;
            Ok(rusqlite::types::Null)
        },
    )?;
    key_source::register(&connection)?;
    shadow_tables::register(&connection)?;
    let watched = registry::find(registry::last_attached()).and_then(|ours| {
        let db = ours.db()?;
        for register in [text::register, columns::register] {
            let code = register(db);
            if code != ffi::SQLITE_OK {
                return Ok(code);
            }
        }
        Ok(watch(ours.witness(), db, registry::finalize_closing))
    });
    match watched.unwrap_or(ffi::SQLITE_MISUSE) {
        ffi::SQLITE_OK => Ok(keep_loaded),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}
