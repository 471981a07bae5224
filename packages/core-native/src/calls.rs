//! The functions JavaScript sees.
//!
//! What may be called per element is registered by hand and typed by hand in `ts/binding.ts`; the rest is generated, and
//! its typings with it (`ts/native.d.ts`).

use std::ptr;

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue, sys};
use napi_derive::napi;

use crate::blob::BlobSite;
use crate::error::{SeamError, SeamResult, shell};
use crate::hot::{Call, hot};
use crate::{environment, freshness, host, kv, ordered, packer, query, registry, vector};

#[napi(module_exports)]
pub fn load(exports: Object, env: Env) -> napi::Result<()> {
    // Node unloads an addon with its last worker, while SQLite and the thread's own destructors may still point into it.
    host::pin_library_of(sqlite_entry_address());
    // A panic becomes an error that says the same; nothing is to be printed on the user's terminal.
    std::panic::set_hook(Box::new(|_| {}));
    let (env, exports) = (env.raw(), exports.raw());
    environment::enter(env);
    hot!(env, exports, "setErrorFactory", set_error_factory)?;
    hot!(env, exports, "isOpen", is_open)?;
    hot!(env, exports, "refuseDuringCalls", refuse_during_calls)?;
    hot!(env, exports, "execute", execute)?;
    hot!(env, exports, "holdSnapshot", hold_snapshot)?;
    hot!(env, exports, "releaseSnapshot", release_snapshot)?;
    hot!(env, exports, "dataVersion", data_version)?;
    hot!(env, exports, "totalChanges", total_changes)?;
    hot!(env, exports, "blobSize", blob_size)?;
    hot!(env, exports, "blobRead", blob_read)?;
    hot!(env, exports, "blobWrite", blob_write)?;
    hot!(env, exports, "blobKeepWriter", blob_keep_writer)?;
    query::register(env, exports)?;
    packer::register(env, exports)?;
    kv::register(env, exports)?;
    ordered::register(env, exports)?;
    vector::register(env, exports)?;
    #[cfg(feature = "probe")]
    crate::probe::register(env, exports)?;
    Ok(())
}

fn sqlite_entry_address() -> *const std::ffi::c_void {
    crate::extension::sqlite3_extension_init as *const std::ffi::c_void
}

/// The handle of the connection into which this library was loaded last, in this thread.
#[napi]
pub fn last_attached() -> f64 {
    registry::last_attached() as f64
}

/// How many connections are registered, in all threads of the process.
#[napi]
pub fn open_connections() -> u32 {
    registry::open_connections() as u32
}

/// Finalizes every statement of ours on the connection, so that SQLite can close it. They prepare themselves again when used.
#[napi]
pub fn finalize_statements(env: Env, handle: f64) -> napi::Result<()> {
    shell(env, || {
        let connection = registry::find(handle as u64)?;
        connection.refuse_during_calls()?;
        connection.finalize_all();
        Ok(())
    })
}

/// Makes ready to read and write ranges of `column` in rows of `table` found by the columns of `key`.
#[napi]
pub fn create_blob_site(env: Env, handle: f64, table: String, column: String, key: Vec<String>) -> napi::Result<u32> {
    shell(env, || {
        let connection = registry::find(handle as u64)?;
        let site = BlobSite::new(&connection, &table, &column, &key)?;
        Ok(connection.add_blob_site(site))
    })
}

fn set_error_factory(call: &Call<'_>, [factory]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    call.expect_function(factory, "factory")?;
    let mut reference = ptr::null_mut();
    // SAFETY: the argument is a value of this call; the reference keeps it until the environment ends.
    let status = unsafe { sys::napi_create_reference(call.env(), factory, 1, &raw mut reference) };
    if status != sys::Status::napi_ok {
        return Err(SeamError::pending());
    }
    environment::set_error_factory(call.env(), reference);
    Ok(call.undefined())
}

fn is_open(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.boolean(registry::find(call.number(handle, "handle")? as u64).is_ok()))
}

fn refuse_during_calls(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    call.connection(handle)?.refuse_during_calls()?;
    Ok(call.undefined())
}

fn execute(call: &Call<'_>, [handle, sql]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    call.connection(handle)?.execute(&call.text(sql, "sql")?)?;
    Ok(call.undefined())
}

fn hold_snapshot(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    connection.snapshot().hold(connection.db())?;
    Ok(call.undefined())
}

fn release_snapshot(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    call.connection(handle)?.release_snapshot();
    Ok(call.undefined())
}

fn data_version(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    Ok(call.integer(connection.freshness().data_version(connection.db())? as isize))
}

fn total_changes(call: &Call<'_>, [handle]: [sys::napi_value; 1]) -> SeamResult<sys::napi_value> {
    Ok(call.integer(freshness::total_changes(call.connection(handle)?.db()) as isize))
}

fn blob_size(call: &Call<'_>, [handle, site, key]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let site = connection.blob_site(call.ordinal(site, "site")?)?;
    call.with_key(key, |key| Ok(call.count(site.size(&connection, key)?)))
}

fn blob_read(
    call: &Call<'_>,
    [handle, site, key, offset, target]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let site = connection.blob_site(call.ordinal(site, "site")?)?;
    let offset = call.index(offset, "offset")?;
    call.with_key(key, |key| Ok(call.count(site.read(&connection, key, offset, || call.bytes_mut(target, "target"))?)))
}

fn blob_write(
    call: &Call<'_>,
    [handle, site, key, offset, source]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let site = connection.blob_site(call.ordinal(site, "site")?)?;
    let offset = call.index(offset, "offset")?;
    call.with_key(key, |key| Ok(call.count(site.write(&connection, key, offset, || call.bytes(source, "source"))?)))
}

fn blob_keep_writer(call: &Call<'_>, [handle, site, keep]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let connection = call.connection(handle)?;
    let site = connection.blob_site(call.ordinal(site, "site")?)?;
    site.keep_writer(call.index(keep, "keep")? != 0)?;
    Ok(call.undefined())
}
