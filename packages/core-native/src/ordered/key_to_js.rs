//! Keys for JavaScript, as they were given.

use std::ptr;

use kohakuvault_core::ordered::key::{EncodedKey, Key};
use kohakuvault_core::ordered::number::Number;
use napi::sys;

use crate::js::call::Call;
use crate::js::error::SeamResult;
use crate::js::make::made;

pub(super) fn key_to_js(call: &Call<'_>, key: &EncodedKey) -> SeamResult<sys::napi_value> {
    match key.text() {
        Some(utf8) => call.string(utf8),
        None => decoded_to_js(call, &key.decode()?),
    }
}

fn decoded_to_js(call: &Call<'_>, key: &Key) -> SeamResult<sys::napi_value> {
    let env = call.env();
    let mut value = ptr::null_mut();
    // SAFETY: `env` is this call's environment. Every pointer passed lives through its call, and Node-API copies.
    let status = unsafe {
        match key {
            Key::Number(Number::Double(number)) => sys::napi_create_double(env, *number, &raw mut value),
            Key::Number(Number::Integer(integer)) => sys::napi_create_bigint_words(
                env,
                i32::from(integer.negative),
                integer.words.len(),
                integer.words.as_ptr(),
                &raw mut value,
            ),
            Key::Bytes(bytes) => {
                sys::napi_create_buffer_copy(env, bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &raw mut value)
            }
            Key::String(string) => return call.string(string.as_bytes()),
            Key::Tuple(elements) => return call.array(elements.iter(), |element| decoded_to_js(call, element)),
        }
    };
    made(status, value)
}
