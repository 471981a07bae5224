//! Reading the arguments of a call.

use std::borrow::Cow;
use std::ptr;

use kohakuvault_core::packer::element::ElementType;
use napi::sys;

use super::call::Call;
use super::error::{SeamError, SeamResult};
use super::make::made;
use super::numbers;

/// Keys are rarely longer, and so many bytes on the stack cost nothing.
const SHORT_KEY: usize = 512;

/// Stands for the kind of a typed array if Node-API does not report one.
const UNKNOWN_KIND: sys::napi_typedarray_type = sys::napi_typedarray_type::MAX;

impl<'call> Call<'call> {
    pub(crate) fn number(&self, value: sys::napi_value, what: &str) -> SeamResult<f64> {
        let mut number = 0.0;
        // SAFETY: `value` is one of this call's arguments.
        let status = unsafe { sys::napi_get_value_double(self.env(), value, &raw mut number) };
        if status == sys::Status::napi_ok { Ok(number) } else { Err(mistyped(what, "a number")) }
    }

    /// Reads a whole number from 0 on: a length, an offset, a count.
    pub(crate) fn index(&self, value: sys::napi_value, what: &str) -> SeamResult<usize> {
        let number = self.number(value, what)?;
        numbers::index(number)
            .ok_or_else(|| SeamError::invalid(format!("{what} is {number}; expected a whole number from 0 on")))
    }

    /// Reads the number of something that we counted.
    pub(crate) fn ordinal(&self, value: sys::napi_value, what: &str) -> SeamResult<u32> {
        let number = self.index(value, what)?;
        u32::try_from(number).map_err(|_| SeamError::invalid(format!("{what} is {number}; expected one below 2^32")))
    }

    /// Reads the handle of a connection.
    #[inline]
    pub(crate) fn handle(&self, value: sys::napi_value) -> SeamResult<u64> {
        Ok(numbers::handle(self.number(value, "handle")?))
    }

    /// Reads a bigint of 64 bits.
    pub(crate) fn long(&self, value: sys::napi_value, what: &str) -> SeamResult<i64> {
        let (mut integer, mut lossless) = (0, false);
        // SAFETY: `value` is one of this call's arguments.
        let status =
            unsafe { sys::napi_get_value_bigint_int64(self.env(), value, &raw mut integer, &raw mut lossless) };
        if status == sys::Status::napi_ok && lossless { Ok(integer) } else { Err(mistyped(what, "a 64-bit bigint")) }
    }

    pub(crate) fn expect_function(&self, value: sys::napi_value, what: &str) -> SeamResult<()> {
        if self.type_of(value) == sys::ValueType::napi_function { Ok(()) } else { Err(mistyped(what, "a function")) }
    }

    /// Returns the type of a value, as `typeof` does.
    pub(crate) fn type_of(&self, value: sys::napi_value) -> sys::napi_valuetype {
        let mut kind = 0;
        // SAFETY: `value` is a value of this call. Node-API refuses a null one.
        unsafe { sys::napi_typeof(self.env(), value, &raw mut kind) };
        kind
    }

    pub(crate) fn text(&self, value: sys::napi_value, what: &str) -> SeamResult<String> {
        let mut length = 0;
        // SAFETY: a null buffer asks for the length. Then the buffer has room for it and for the NUL that Node-API
        // adds.
        unsafe {
            if sys::napi_get_value_string_utf8(self.env(), value, ptr::null_mut(), 0, &raw mut length)
                != sys::Status::napi_ok
            {
                return Err(mistyped(what, "a string"));
            }
            let mut bytes = vec![0_u8; length + 1];
            sys::napi_get_value_string_utf8(self.env(), value, bytes.as_mut_ptr().cast(), bytes.len(), &raw mut length);
            bytes.truncate(length);
            String::from_utf8(bytes).map_err(|_| mistyped(what, "a string of whole characters"))
        }
    }

    /// Returns the bytes of a typed array, in place. Call it when no JavaScript can run any more before the bytes are
    /// used: a getter, or a function that a statement calls, may free them. For bytes that a statement reads, use
    /// `bytes_copy`.
    pub(crate) fn bytes(&self, value: sys::napi_value, what: &str) -> SeamResult<&'call [u8]> {
        let (data, length) = self.memory(value, what)?;
        // SAFETY: `memory` checked that these bytes belong to the argument, which lives through the call. No JavaScript
        // runs while the caller uses them, so nothing moves or changes them.
        Ok(unsafe { std::slice::from_raw_parts(data, length) })
    }

    /// Returns a copy of the bytes of a typed array.
    pub(crate) fn bytes_copy(&self, value: sys::napi_value, what: &str) -> SeamResult<Vec<u8>> {
        Ok(self.bytes(value, what)?.to_vec())
    }

    /// Returns the bytes of a typed array, in place, or None for undefined.
    pub(crate) fn optional_bytes(&self, value: sys::napi_value, what: &str) -> SeamResult<Option<&'call [u8]>> {
        if self.type_of(value) == sys::ValueType::napi_undefined { Ok(None) } else { self.bytes(value, what).map(Some) }
    }

    /// Returns the bytes of a typed array, a DataView or an ArrayBuffer, in place, or None for any other value.
    pub(crate) fn bytes_of_any(&self, value: sys::napi_value, what: &str) -> SeamResult<Option<&'call [u8]>> {
        let env = self.env();
        let (mut is_array, mut is_view, mut is_buffer) = (false, false, false);
        let (mut data, mut length) = (ptr::null_mut(), 0);
        // SAFETY: `value` is a value of this call. What is not asked for may be null.
        let status = unsafe {
            sys::napi_is_typedarray(env, value, &raw mut is_array);
            if is_array {
                return self.bytes(value, what).map(Some);
            }
            sys::napi_is_dataview(env, value, &raw mut is_view);
            sys::napi_is_arraybuffer(env, value, &raw mut is_buffer);
            if is_view {
                let (mut buffer, mut offset) = (ptr::null_mut(), 0);
                let (buffer, offset) = (&raw mut buffer, &raw mut offset);
                sys::napi_get_dataview_info(env, value, &raw mut length, &raw mut data, buffer, offset)
            } else if is_buffer {
                sys::napi_get_arraybuffer_info(env, value, &raw mut data, &raw mut length)
            } else {
                return Ok(None);
            }
        };
        made(status, value)?;
        // SAFETY: Node-API says where the bytes are. They live as long as the value, and no JavaScript runs before the
        // call returns. An empty or detached buffer has no address, and a slice must have one.
        Ok(Some(if length == 0 { &[] } else { unsafe { std::slice::from_raw_parts(data.cast(), length) } }))
    }

    /// Returns the bytes of a typed array, to be filled in place. Call it when no JavaScript can run any more before
    /// they are filled, and once per array: two mutable slices of one array would alias.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn bytes_mut(&self, value: sys::napi_value, what: &str) -> SeamResult<&'call mut [u8]> {
        let (data, length) = self.memory(value, what)?;
        // SAFETY: as in `bytes`. The caller takes one such slice a call, and keys are copies.
        Ok(unsafe { std::slice::from_raw_parts_mut(data, length) })
    }

    /// Returns the numbers of an Int32Array, to be filled in place, as `bytes_mut` does.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn integers_mut(&self, value: sys::napi_value, what: &str) -> SeamResult<&'call mut [i32]> {
        if self.element_type(value, what)? != ElementType::I32 {
            return Err(mistyped(what, "an Int32Array"));
        }
        let bytes = self.bytes_mut(value, what)?;
        // SAFETY: an Int32Array lies at a multiple of four, and its bytes are whole numbers of four.
        let (before, integers, _) = unsafe { bytes.align_to_mut::<i32>() };
        if before.is_empty() { Ok(integers) } else { Err(mistyped(what, "an Int32Array")) }
    }

    /// Returns the numbers of a Float64Array, to be filled in place, as `bytes_mut` does.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn doubles_mut(&self, value: sys::napi_value, what: &str) -> SeamResult<&'call mut [f64]> {
        self.expect_doubles(value, what)?;
        as_doubles(self.bytes_mut(value, what)?, what)
    }

    /// Returns a copy of the numbers of a Float64Array.
    pub(crate) fn doubles_copy(&self, value: sys::napi_value, what: &str) -> SeamResult<Vec<f64>> {
        self.expect_doubles(value, what)?;
        Ok(self.bytes(value, what)?.as_chunks::<8>().0.iter().map(|bytes| f64::from_ne_bytes(*bytes)).collect())
    }

    /// Returns the bytes of one array to read and the numbers of a Float64Array to fill, as `bytes_pair` does.
    pub(crate) fn bytes_and_doubles(
        &self,
        source: sys::napi_value,
        target: sys::napi_value,
    ) -> SeamResult<(Cow<'call, [u8]>, &'call mut [f64])> {
        self.expect_doubles(target, "target")?;
        let (source, target) = self.bytes_pair(source, target)?;
        Ok((source, as_doubles(target, "target")?))
    }

    fn expect_doubles(&self, value: sys::napi_value, what: &str) -> SeamResult<()> {
        if self.element_type(value, what)? == ElementType::F64 { Ok(()) } else { Err(mistyped(what, "a Float64Array")) }
    }

    /// Returns the bytes of one array to read and of another to fill. Copies the first if both are views of one memory.
    pub(crate) fn bytes_pair(
        &self,
        source: sys::napi_value,
        target: sys::napi_value,
    ) -> SeamResult<(Cow<'call, [u8]>, &'call mut [u8])> {
        let (data, length) = self.memory(source, "source")?;
        let (other, other_length) = self.memory(target, "target")?;
        let apart = data.addr() + length <= other.addr() || other.addr() + other_length <= data.addr();
        // SAFETY: as in `bytes`. The copy is made before the mutable slice exists.
        let bytes = unsafe { std::slice::from_raw_parts(data, length) };
        let source = if apart { Cow::Borrowed(bytes) } else { Cow::Owned(bytes.to_vec()) };
        Ok((source, self.bytes_mut(target, "target")?))
    }

    /// Returns the address and the length of a typed array's bytes.
    fn memory(&self, value: sys::napi_value, what: &str) -> SeamResult<(*mut u8, usize)> {
        let mut kind = UNKNOWN_KIND;
        let mut elements = 0;
        let mut data = ptr::null_mut();
        // SAFETY: `value` is one of this call's arguments. What is not asked for may be null.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env(),
                value,
                &raw mut kind,
                &raw mut elements,
                &raw mut data,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if status != sys::Status::napi_ok {
            return Err(mistyped(what, "a typed array"));
        }
        let element = element_of(kind)
            .ok_or_else(|| mistyped(what, "a typed array of a known kind; give a Uint8Array of its bytes"))?;
        let length = elements * element.size();
        // An empty or detached array has no address, and a slice must have one.
        if length == 0 { Ok((ptr::NonNull::dangling().as_ptr(), 0)) } else { Ok((data.cast(), length)) }
    }

    /// Returns the type of a typed array's elements.
    pub(crate) fn element_type(&self, value: sys::napi_value, what: &str) -> SeamResult<ElementType> {
        let mut kind = UNKNOWN_KIND;
        // SAFETY: `value` is one of this call's arguments. What is not asked for may be null.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env(),
                value,
                &raw mut kind,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        element_of(kind)
            .filter(|_| status == sys::Status::napi_ok)
            .ok_or_else(|| mistyped(what, "a typed array of numbers"))
    }

    /// Reads the code of an element type.
    pub(crate) fn element_code(&self, value: sys::napi_value, what: &str) -> SeamResult<ElementType> {
        u8::try_from(self.index(value, what)?)
            .ok()
            .and_then(ElementType::from_code)
            .ok_or_else(|| mistyped(what, "the code of an element type"))
    }

    /// Hands `work` a key of bytes: the UTF-8 of a string, or the bytes of a typed array. Short strings need no
    /// allocation.
    pub(crate) fn with_key_bytes<T>(
        &self,
        value: sys::napi_value,
        work: impl FnOnce(&[u8]) -> SeamResult<T>,
    ) -> SeamResult<T> {
        let mut short = [0_u8; SHORT_KEY];
        let mut length = 0;
        // SAFETY: the buffer has room for `SHORT_KEY` bytes, including the NUL that Node-API adds.
        let status = unsafe {
            sys::napi_get_value_string_utf8(self.env(), value, short.as_mut_ptr().cast(), SHORT_KEY, &raw mut length)
        };
        if status != sys::Status::napi_ok {
            // A copy, as of a string: the caller may fill the very array that holds the key.
            return work(&self.bytes_copy(value, "key")?);
        }
        // Node-API copies whole characters as long as they fit. With room left for one more, nothing was cut off.
        match short.get(..length) {
            Some(key) if length + 4 < SHORT_KEY => work(key),
            _ => work(self.text(value, "key")?.as_bytes()),
        }
    }

    /// Returns the elements of an array from a position on.
    pub(crate) fn elements_from(
        &self,
        array: sys::napi_value,
        first: usize,
        what: &'static str,
    ) -> SeamResult<impl Iterator<Item = SeamResult<sys::napi_value>> + use<'_, 'call>> {
        let mut length = 0;
        // SAFETY: `array` is one of this call's arguments. Node-API refuses anything but an array.
        let status = unsafe { sys::napi_get_array_length(self.env(), array, &raw mut length) };
        if status != sys::Status::napi_ok {
            return Err(mistyped(what, "an array"));
        }
        // From a position that no array has, there are no elements.
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        Ok((first..length).map(move |position| self.element(array, position)))
    }

    /// Returns an element of an array.
    pub(crate) fn element(&self, array: sys::napi_value, position: u32) -> SeamResult<sys::napi_value> {
        let mut element = ptr::null_mut();
        // SAFETY: the array belongs to this call, and so does each of its elements. A getter may throw, and then there
        // is none.
        let status = unsafe { sys::napi_get_element(self.env(), array, position, &raw mut element) };
        made(status, element)
    }
}

/// Returns the bytes of a Float64Array as its numbers.
fn as_doubles<'call>(bytes: &'call mut [u8], what: &str) -> SeamResult<&'call mut [f64]> {
    // SAFETY: a Float64Array lies at a multiple of eight, its bytes are whole numbers of eight, and all bits are doubles.
    let (before, doubles, _) = unsafe { bytes.align_to_mut::<f64>() };
    if before.is_empty() { Ok(doubles) } else { Err(mistyped(what, "a Float64Array")) }
}

#[cold]
pub(crate) fn mistyped(what: &str, expected: &str) -> SeamError {
    SeamError::invalid(format!("{what} is not {expected}"))
}

/// Returns the element type of Node-API's kind of array, or None for a kind that this build does not know
/// (Float16Array).
const fn element_of(kind: sys::napi_typedarray_type) -> Option<ElementType> {
    Some(match kind {
        sys::TypedarrayType::int8_array => ElementType::I8,
        sys::TypedarrayType::uint8_array | sys::TypedarrayType::uint8_clamped_array => ElementType::U8,
        sys::TypedarrayType::int16_array => ElementType::I16,
        sys::TypedarrayType::uint16_array => ElementType::U16,
        sys::TypedarrayType::int32_array => ElementType::I32,
        sys::TypedarrayType::uint32_array => ElementType::U32,
        sys::TypedarrayType::float32_array => ElementType::F32,
        sys::TypedarrayType::float64_array => ElementType::F64,
        sys::TypedarrayType::bigint64_array => ElementType::I64,
        sys::TypedarrayType::biguint64_array => ElementType::U64,
        _ => return None,
    })
}
