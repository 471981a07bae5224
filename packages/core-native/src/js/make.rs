//! Making the result of a call.

use std::ptr;

use napi::sys;

use super::call::Call;
use super::error::{SeamError, SeamResult};

/// Returns the value that a call of Node-API made. If the call failed, JavaScript has thrown.
pub(crate) fn made(status: sys::napi_status, value: sys::napi_value) -> SeamResult<sys::napi_value> {
    if status == sys::Status::napi_ok { Ok(value) } else { Err(SeamError::pending()) }
}

impl Call<'_> {
    pub(crate) fn undefined(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        unsafe { sys::napi_get_undefined(self.env(), &raw mut value) };
        value
    }

    pub(crate) fn boolean(&self, truth: bool) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        unsafe { sys::napi_get_boolean(self.env(), truth, &raw mut value) };
        value
    }

    /// Makes a number of an integer, which must be exact as one.
    pub(crate) fn integer(&self, integer: isize) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        unsafe { sys::napi_create_double(self.env(), integer as f64, &raw mut value) };
        value
    }

    /// Makes a number of a size or count. None becomes -1, which costs less than a value of another type.
    pub(crate) fn count(&self, count: Option<usize>) -> sys::napi_value {
        self.integer(count.map_or(-1, usize::cast_signed))
    }

    /// Makes a number of an integer of 31 bits, which JavaScript keeps without an object on the heap.
    #[inline]
    pub(crate) fn small_integer(&self, integer: i32) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        unsafe { sys::napi_create_int32(self.env(), integer, &raw mut value) };
        value
    }

    /// Makes a string of UTF-8.
    pub(crate) fn string(&self, utf8: &[u8]) -> SeamResult<sys::napi_value> {
        let mut value = ptr::null_mut();
        let (data, length) = (utf8.as_ptr().cast(), utf8.len().cast_signed());
        // ASCII is also Latin-1, which Node-API makes without decoding.
        // SAFETY: `env` is this call's environment, and the bytes live through the call, which copies them.
        let status = unsafe {
            if utf8.is_ascii() {
                sys::napi_create_string_latin1(self.env(), data, length, &raw mut value)
            } else {
                sys::napi_create_string_utf8(self.env(), data, length, &raw mut value)
            }
        };
        made(status, value)
    }

    /// Makes a Buffer that holds a copy of the bytes.
    pub(crate) fn buffer(&self, bytes: &[u8]) -> SeamResult<sys::napi_value> {
        let mut value = ptr::null_mut();
        let data = bytes.as_ptr().cast();
        // SAFETY: `env` is this call's environment, and the bytes live through the call, which copies them.
        let status =
            unsafe { sys::napi_create_buffer_copy(self.env(), bytes.len(), data, ptr::null_mut(), &raw mut value) };
        made(status, value)
    }

    /// Makes an array whose elements `element` makes of the items.
    pub(crate) fn array<T>(
        &self,
        items: impl ExactSizeIterator<Item = T>,
        mut element: impl FnMut(T) -> SeamResult<sys::napi_value>,
    ) -> SeamResult<sys::napi_value> {
        let env = self.env();
        let mut array = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        let status = unsafe { sys::napi_create_array_with_length(env, items.len(), &raw mut array) };
        made(status, array)?;
        for (position, item) in (0..).zip(items) {
            let mut scope = ptr::null_mut();
            // SAFETY: the scope is closed below, whatever happens between. The array outlives it and keeps the element.
            unsafe { sys::napi_open_handle_scope(env, &raw mut scope) };
            let result = element(item).and_then(|value| {
                // SAFETY: both are values of this call.
                made(unsafe { sys::napi_set_element(env, array, position, value) }, value)
            });
            // SAFETY: it was opened above.
            unsafe { sys::napi_close_handle_scope(env, scope) };
            result?;
        }
        Ok(array)
    }

    /// Makes a Float64Array with memory of its own.
    pub(crate) fn doubles(&self, numbers: &[f64]) -> SeamResult<sys::napi_value> {
        let (mut data, mut buffer, mut array) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        let bytes = size_of_val(numbers);
        // SAFETY: Node-API makes `bytes` bytes and says where they are, and the copy fills exactly those. A buffer of
        // no bytes may have no address, and nothing is written to it.
        unsafe {
            made(sys::napi_create_arraybuffer(self.env(), bytes, &raw mut data, &raw mut buffer), buffer)?;
            if !numbers.is_empty() {
                ptr::copy_nonoverlapping(numbers.as_ptr(), data.cast::<f64>(), numbers.len());
            }
            let kind = sys::TypedarrayType::float64_array;
            let status = sys::napi_create_typedarray(self.env(), kind, numbers.len(), buffer, 0, &raw mut array);
            made(status, array)
        }
    }
}
