//! Keys for JavaScript, as they were given.

use std::ptr;

use kohakuvault_core::ordered::key::{EncodedKey, Key};
use kohakuvault_core::ordered::number::Number;
use napi::sys;

use super::values::{array, made};
use crate::error::SeamResult;
use crate::hot::Call;

pub(crate) fn make(call: &Call<'_>, key: &EncodedKey) -> SeamResult<sys::napi_value> {
    match key.text() {
        Some(utf8) => text(call, utf8),
        None => make_decoded(call, &key.decode()?),
    }
}

fn make_decoded(call: &Call<'_>, key: &Key) -> SeamResult<sys::napi_value> {
    let env = call.env();
    let mut value = ptr::null_mut();
    // SAFETY: `env` is this call's environment; every pointer passed lives through its call, and Node-API copies.
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
            Key::String(string) => return text(call, string.as_bytes()),
            Key::Tuple(elements) => return array(call, elements.iter(), |element| make_decoded(call, element)),
        }
    };
    made(status, value)
}

fn text(call: &Call<'_>, utf8: &[u8]) -> SeamResult<sys::napi_value> {
    let mut value = ptr::null_mut();
    let (data, length) = (utf8.as_ptr().cast(), utf8.len() as isize);
    // ASCII is Latin-1 as well, which is made without decoding.
    // SAFETY: `env` is this call's environment, and the bytes live through the call, which copies them.
    let status = unsafe {
        if utf8.is_ascii() {
            sys::napi_create_string_latin1(call.env(), data, length, &raw mut value)
        } else {
            sys::napi_create_string_utf8(call.env(), data, length, &raw mut value)
        }
    };
    made(status, value)
}
