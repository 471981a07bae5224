//! Sealed blocks of compressed columns.

use kohakuvault_core::columns::packing::{Compression, open, seal};
use kohakuvault_core::packer::element::ElementType;
use napi::sys;

use crate::js::args::mistyped;
use crate::js::call::Call;
use crate::js::error::SeamResult;
use crate::js::numbers;
use crate::js::register::js_function;

pub(super) fn register(env: sys::napi_env, exports: sys::napi_value) -> napi::Result<()> {
    js_function!(env, exports, "sealBlock", seal_block)?;
    js_function!(env, exports, "openBlock", open_block)
}

/// Reads the code of a compression: 0 for that of bytes, or the type of numbers.
fn compression(call: &Call<'_>, code: sys::napi_value) -> SeamResult<Compression> {
    let code = call.index(code, "code")?;
    if code == 0 {
        return Ok(Compression::Zstd);
    }
    let kind = u8::try_from(code).ok().and_then(ElementType::from_code);
    kind.map(Compression::Delta).ok_or_else(|| mistyped("code", "that of a compression"))
}

fn seal_block(call: &Call<'_>, [code, data, bounds]: [sys::napi_value; 3]) -> SeamResult<sys::napi_value> {
    let compression = compression(call, code)?;
    let bounds = if call.type_of(bounds) == sys::ValueType::napi_undefined {
        Vec::new()
    } else {
        let bounds = call.doubles_copy(bounds, "bounds")?;
        bounds.into_iter().map(|bound| numbers::limit(bound) as u64).collect()
    };
    call.buffer(&seal(compression, call.bytes(data, "data")?, &bounds))
}

fn open_block(
    call: &Call<'_>,
    [code, sealed, count, data, bounds]: [sys::napi_value; 5],
) -> SeamResult<sys::napi_value> {
    let (compression, count) = (compression(call, code)?, call.index(count, "count")?);
    let varies = call.type_of(bounds) != sys::ValueType::napi_undefined;
    let used = call.bytes(data, "data")?.len();
    if varies && call.doubles_mut(bounds, "bounds")?.len() != count + 1 {
        return Err(mistyped("bounds", "a Float64Array with a place for each bound"));
    }
    let opened = open(compression, call.bytes(sealed, "sealed")?, count, used, varies)?;
    call.bytes_mut(data, "data")?.copy_from_slice(&opened.data);
    if varies {
        for (place, bound) in call.doubles_mut(bounds, "bounds")?.iter_mut().zip(opened.bounds) {
            *place = bound as f64;
        }
    }
    Ok(call.undefined())
}
