//! From the columns of a row to JavaScript's values.

use std::ptr;

use napi::sys;

use super::statement::Column;
use crate::js::call::Call;
use crate::js::error::{SeamError, SeamResult};

/// Makes a JavaScript value of a column. Integers become bigints or numbers.
pub(crate) fn value_of(call: &Call<'_>, column: &Column<'_>, bigints: bool) -> SeamResult<sys::napi_value> {
    let env = call.env();
    let mut value = ptr::null_mut();
    // SAFETY: `env` is this call's environment, and Node-API copies what the statement lends.
    let status = unsafe {
        match *column {
            Column::Integer(integer) if bigints => sys::napi_create_bigint_int64(env, integer, &raw mut value),
            Column::Integer(integer) => sys::napi_create_double(env, integer as f64, &raw mut value),
            Column::Real(number) => sys::napi_create_double(env, number, &raw mut value),
            Column::Text(text) => {
                let (data, length) = (text.as_ptr().cast(), text.len().cast_signed());
                // ASCII is also Latin-1, which Node-API makes without decoding.
                if text.is_ascii() {
                    sys::napi_create_string_latin1(env, data, length, &raw mut value)
                } else {
                    sys::napi_create_string_utf8(env, data, length, &raw mut value)
                }
            }
            Column::Blob(bytes) => {
                let data = bytes.as_ptr().cast();
                sys::napi_create_buffer_copy(env, bytes.len(), data, ptr::null_mut(), &raw mut value)
            }
            Column::Null => sys::napi_get_null(env, &raw mut value),
        }
    };
    check(status).map(|()| value)
}

/// Turns a failure of Node-API into an error: JavaScript has no room for a value, or has thrown.
pub(crate) fn check(status: sys::napi_status) -> SeamResult<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        sys::Status::napi_pending_exception => Err(SeamError::pending()),
        _ => Err(SeamError::invalid("a stored value is longer than JavaScript's strings and Buffers can be")),
    }
}
