//! Bulk work on numbers: copying, casting, and type bytes in and out. JavaScript allocates, and these functions fill.
//!
//! Every function fills its target as a whole or refuses its sizes: the memory may be fresh, and nobody may see what
//! was in it before. A detached array has no bytes, and so the wrong size.

use kohakuvault_core::packer::{cast, rows};
use napi::sys;

use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};
use crate::js::memory::about_to_fill;
use crate::js::register::js_function;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "copyBytes", copy_bytes)?;
    js_function!(env, exports, "castElements", cast_elements)?;
    js_function!(env, exports, "frameRows", frame_rows)?;
    js_function!(env, exports, "unframeRows", unframe_rows)
}

fn cast_elements(call: &Call<'_>, [from, source, to, target]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (from, to) = (call.element_code(from, "from")?, call.element_code(to, "to")?);
    let (source, target) = call.bytes_pair(source, target)?;
    expect_same("elements", source.len() / from.size(), target.len() / to.size())?;
    if source.len() % from.size() + target.len() % to.size() > 0 {
        return Err(SeamError::invalid("the source or the target ends in the middle of an element"));
    }
    about_to_fill(target);
    Ok(call.count(cast::cast(&source, from, target, to)))
}

fn copy_bytes(call: &Call<'_>, [source, target]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (source, target) = call.bytes_pair(source, target)?;
    expect_same("bytes", source.len(), target.len())?;
    about_to_fill(target);
    target.copy_from_slice(&source);
    Ok(call.undefined())
}

fn frame_rows(call: &Call<'_>, [code, data, row_bytes, target]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (code, row_bytes) = (call.element_code(code, "code")?, call.index(row_bytes, "rowBytes")?);
    let (data, target) = call.bytes_pair(data, target)?;
    expect_rows(data.len(), row_bytes, target.len())?;
    about_to_fill(target);
    rows::frame(code as u8, &data, row_bytes, target);
    Ok(call.undefined())
}

fn unframe_rows(
    call: &Call<'_>,
    [code, framed, row_bytes, target]: [sys::napi_value; 4],
) -> SeamResult<sys::napi_value> {
    let (code, row_bytes) = (call.element_code(code, "code")?, call.index(row_bytes, "rowBytes")?);
    let (framed, target) = call.bytes_pair(framed, target)?;
    expect_rows(target.len(), row_bytes, framed.len())?;
    about_to_fill(target);
    Ok(call.count(rows::unframe(code as u8, &framed, row_bytes, target)))
}

fn expect_same(what: &str, source: usize, target: usize) -> SeamResult<()> {
    if source == target {
        return Ok(());
    }
    Err(SeamError::invalid(format!(
        "the source has {source} {what}, but the target has room for {target}; give them one size"
    )))
}

/// Refuses bytes that are not whole rows, and framed rows that are not as many, each a byte longer.
fn expect_rows(bytes: usize, row_bytes: usize, framed: usize) -> SeamResult<()> {
    let rows = bytes.checked_div(row_bytes).unwrap_or(0);
    if row_bytes > 0 && rows * row_bytes == bytes && framed.checked_sub(bytes) == Some(rows) {
        return Ok(());
    }
    Err(SeamError::invalid(format!(
        "{bytes} bytes in rows of {row_bytes} do not fit {framed} bytes of framed rows, which take one byte more each"
    )))
}
