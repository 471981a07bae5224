//! Ranges of values, read and written in place.

use std::rc::Rc;

use napi::{Env, sys};
use napi_derive::napi;

use crate::connection::Connection;
use crate::js::call::Call;
use crate::js::error::{SeamResult, shell};
use crate::js::numbers;
use crate::js::register::js_function;
use crate::kept::Kept;
use crate::registry::{self, connection_of};
use crate::sqlite::blob_site::BlobSite;
use crate::sqlite::parameters::with_parameters;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "blobSize", size)?;
    js_function!(env, exports, "blobRead", read)?;
    js_function!(env, exports, "blobReadInPlace", read_in_place)?;
    js_function!(env, exports, "blobWrite", write)?;
    js_function!(env, exports, "blobKeepWriter", keep_writer)
}

impl Kept for BlobSite {
    fn what() -> &'static str {
        "BLOB site"
    }

    fn release_snapshot(&self) {
        self.close_reader();
    }

    fn finalize(&self) {
        Self::finalize(self);
    }
}

/// Prepares to read and write ranges of `column` in rows of `table` that are found by the columns of `key`.
#[napi]
pub fn create_blob_site(env: Env, handle: f64, table: String, column: String, key: Vec<String>) -> napi::Result<u32> {
    shell(env, || {
        let connection = registry::find(numbers::handle(handle))?;
        let site = BlobSite::new(connection.db()?, &table, &column, &key)?;
        connection.kept().add(site)
    })
}

fn site_of(
    call: &Call<'_>,
    handle: sys::napi_value,
    number: sys::napi_value,
) -> SeamResult<(Rc<Connection>, Rc<BlobSite>)> {
    let connection = connection_of(call, handle)?;
    let site = connection.kept().get(call.ordinal(number, "site")?)?;
    Ok((connection, site))
}

fn size(call: &Call<'_>, [handle, site, key]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (connection, site) = site_of(call, handle, site)?;
    with_parameters(call, key, |key| Ok(call.count(site.size(connection.db()?, connection.snapshot(), key)?)))
}

fn read(call: &Call<'_>, [handle, site, key, offset, target]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let (connection, site) = site_of(call, handle, site)?;
    let offset = call.index(offset, "offset")?;
    with_parameters(call, key, |key| {
        let target = || call.bytes_mut(target, "target");
        Ok(call.count(site.read(connection.db()?, connection.snapshot(), key, offset, target)?))
    })
}

/// Fills the target without SQLite's help where possible. Returns whether it did.
fn read_in_place(
    call: &Call<'_>,
    [handle, site, key, offset, target]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (connection, site) = site_of(call, handle, site)?;
    let offset = call.index(offset, "offset")?;
    with_parameters(call, key, |key| {
        let target = || call.bytes_mut(target, "target");
        Ok(call.boolean(site.read_in_place(connection.db()?, key, offset, target, || connection.view())?))
    })
}

fn write(call: &Call<'_>, [handle, site, key, offset, source]: [sys::napi_value; 5]) -> SeamResult<sys::napi_value> {
    let (connection, site) = site_of(call, handle, site)?;
    let offset = call.index(offset, "offset")?;
    with_parameters(call, key, |key| {
        let _writing = connection.begin_write()?;
        Ok(call.count(site.write(connection.db()?, key, offset, || call.bytes(source, "source"))?))
    })
}

fn keep_writer(call: &Call<'_>, [handle, site, keep]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let (_, site) = site_of(call, handle, site)?;
    site.keep_writer(call.index(keep, "keep")? != 0)?;
    Ok(call.undefined())
}
