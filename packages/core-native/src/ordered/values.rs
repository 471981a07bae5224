//! Small values for JavaScript.

use std::ptr;

use napi::sys;

use crate::error::{SeamError, SeamResult};
use crate::hot::Call;

/// What a call of Node-API left, if it worked; otherwise JavaScript has thrown, or will.
pub(crate) fn made(status: sys::napi_status, value: sys::napi_value) -> SeamResult<sys::napi_value> {
    if status == sys::Status::napi_ok { Ok(value) } else { Err(SeamError::pending()) }
}

/// A 31-bit integer, which JavaScript keeps without an object on the heap.
#[inline]
pub(crate) fn integer(call: &Call<'_>, number: i32) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is this call's environment.
    unsafe { sys::napi_create_int32(call.env(), number, &raw mut value) };
    value
}

pub(crate) fn boolean(call: &Call<'_>, truth: bool) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: `env` is this call's environment.
    unsafe { sys::napi_get_boolean(call.env(), truth, &raw mut value) };
    value
}

/// The bytes of a typed array, a DataView or an ArrayBuffer, in place; None for anything else.
pub(crate) fn bytes_of<'call>(call: &Call<'call>, value: sys::napi_value) -> SeamResult<Option<&'call [u8]>> {
    let env = call.env();
    let (mut is_array, mut is_view, mut is_buffer) = (false, false, false);
    let (mut data, mut length) = (ptr::null_mut(), 0);
    // SAFETY: `value` is a value of this call; what is not asked for may be null.
    let status = unsafe {
        sys::napi_is_typedarray(env, value, &raw mut is_array);
        if is_array {
            return call.bytes(value, "key").map(Some);
        }
        sys::napi_is_dataview(env, value, &raw mut is_view);
        sys::napi_is_arraybuffer(env, value, &raw mut is_buffer);
        if is_view {
            let (mut buffer, mut offset) = (ptr::null_mut(), 0);
            sys::napi_get_dataview_info(env, value, &raw mut length, &raw mut data, &raw mut buffer, &raw mut offset)
        } else if is_buffer {
            sys::napi_get_arraybuffer_info(env, value, &raw mut data, &raw mut length)
        } else {
            return Ok(None);
        }
    };
    made(status, value)?;
    // SAFETY: Node-API told where the bytes are; they live as long as the value, and no JavaScript runs before the call
    // returns. An empty or detached buffer has no address, and a slice must have one.
    Ok(Some(if length == 0 { &[] } else { unsafe { std::slice::from_raw_parts(data.cast(), length) } }))
}

/// An array of `length` elements, made by `element`.
pub(crate) fn array<T>(
    call: &Call<'_>,
    items: impl ExactSizeIterator<Item = T>,
    mut element: impl FnMut(T) -> SeamResult<sys::napi_value>,
) -> SeamResult<sys::napi_value> {
    let env = call.env();
    let mut array = ptr::null_mut();
    // SAFETY: `env` is this call's environment.
    let status = unsafe { sys::napi_create_array_with_length(env, items.len(), &raw mut array) };
    made(status, array)?;
    for (position, item) in items.enumerate() {
        let mut scope = ptr::null_mut();
        // SAFETY: the scope is closed below, whatever happens between; the array outlives it, and keeps the element.
        unsafe { sys::napi_open_handle_scope(env, &raw mut scope) };
        let result = element(item).and_then(|value| {
            // SAFETY: both are values of this call.
            made(unsafe { sys::napi_set_element(env, array, position as u32, value) }, value)
        });
        // SAFETY: opened above.
        unsafe { sys::napi_close_handle_scope(env, scope) };
        result?;
    }
    Ok(array)
}

/// A Float64Array of its own memory.
pub(crate) fn doubles(call: &Call<'_>, numbers: &[f64]) -> SeamResult<sys::napi_value> {
    let (mut data, mut buffer, mut array) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: Node-API makes `size_of_val(numbers)` bytes and tells where, which the copy fills exactly; a buffer of no
    // bytes may have no address, and none is written.
    unsafe {
        made(sys::napi_create_arraybuffer(call.env(), size_of_val(numbers), &raw mut data, &raw mut buffer), buffer)?;
        if !numbers.is_empty() {
            ptr::copy_nonoverlapping(numbers.as_ptr(), data.cast::<f64>(), numbers.len());
        }
        let status = sys::napi_create_typedarray(
            call.env(),
            sys::TypedarrayType::float64_array,
            numbers.len(),
            buffer,
            0,
            &raw mut array,
        );
        made(status, array)
    }
}
