//! Bulk work on numbers: copying, casting, and type bytes in and out. JavaScript allocates, this fills.

use kohakuvault_core::packer::{cast, rows};
use napi::sys;

use crate::error::SeamResult;
use crate::hot::{Call, hot};
use crate::memory::about_to_fill;

pub(crate) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    hot!(env, exports, "copyBytes", copy_bytes)?;
    hot!(env, exports, "castElements", cast_elements)?;
    hot!(env, exports, "frameRows", frame_rows)?;
    hot!(env, exports, "unframeRows", unframe_rows)
}

fn cast_elements(call: &Call<'_>, [source, target]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (from, to) = (call.element_type(source, "source")?, call.element_type(target, "target")?);
    let (source, target) = call.bytes_pair(source, target)?;
    about_to_fill(target);
    Ok(call.count(cast::cast(&source, from, target, to)))
}

fn copy_bytes(call: &Call<'_>, [source, target]: [sys::napi_value; 2]) -> SeamResult<sys::napi_value> {
    let (source, target) = call.bytes_pair(source, target)?;
    about_to_fill(target);
    let count = source.len().min(target.len());
    target[..count].copy_from_slice(&source[..count]);
    Ok(call.undefined())
}

fn frame_rows(call: &Call<'_>, [code, data, row_bytes, target]: [sys::napi_value; 4]) -> SeamResult<sys::napi_value> {
    let (code, row_bytes) = (call.code(code, "code")?, call.index(row_bytes, "rowBytes")?);
    let (data, target) = call.bytes_pair(data, target)?;
    about_to_fill(target);
    rows::frame(code as u8, &data, row_bytes, target);
    Ok(call.undefined())
}

fn unframe_rows(
    call: &Call<'_>,
    [code, framed, row_bytes, target]: [sys::napi_value; 4],
) -> SeamResult<sys::napi_value> {
    let (code, row_bytes) = (call.code(code, "code")?, call.index(row_bytes, "rowBytes")?);
    let (framed, target) = call.bytes_pair(framed, target)?;
    about_to_fill(target);
    Ok(call.count(rows::unframe(code as u8, &framed, row_bytes, target)))
}
