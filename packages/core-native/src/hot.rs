//! How a function is registered by hand.
//!
//! A call that `#[napi]` generates costs 100 ns and more, one of these a quarter of it, so whatever is called once per
//! element is registered here. Arguments are decoded by the methods of [`Call`]; the TypeScript face has checked them, so
//! a mismatch here is a defect, but never undefined behaviour.

use std::borrow::Cow;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr;
use std::rc::Rc;

use kohakuvault_core::packer::element::ElementType;
use napi::sys;

use crate::connection::Connection;
use crate::error::{SeamError, SeamResult, guard};
use crate::registry;
use crate::statement::Parameter;

/// Keys are rarely longer, and so many bytes on the stack cost nothing.
const SHORT_KEY: usize = 512;

/// What stands for the kind of an array where Node-API tells none.
const UNKNOWN_KIND: sys::napi_typedarray_type = sys::napi_typedarray_type::MAX;

/// The largest integer up to which every one is a JavaScript number of its own.
const MOST_EXACT: i64 = 9_007_199_254_740_991;

/// One call from JavaScript: the values it gave live as long as this.
pub(crate) struct Call<'call> {
    env: sys::napi_env,
    lifetime: PhantomData<&'call ()>,
}

/// A function of `N` arguments; missing ones are `undefined`.
pub(crate) type HotFunction<const N: usize> =
    for<'call> fn(&Call<'call>, [sys::napi_value; N]) -> SeamResult<sys::napi_value>;

/// Decodes the arguments, runs the function under the panic guard and throws its error.
///
/// # Safety
/// `env` and `info` are what Node-API passed to the callback.
pub(crate) unsafe fn run<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    function: HotFunction<N>,
) -> sys::napi_value {
    let mut arguments = [ptr::null_mut(); N];
    let mut count = N;
    // SAFETY: the caller passes what Node-API gave it; the array has room for `count` values, and Node fills the
    // missing ones with undefined.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut count, arguments.as_mut_ptr(), ptr::null_mut(), ptr::null_mut());
    }
    let call = Call { env, lifetime: PhantomData };
    match guard(|| function(&call, arguments)) {
        Ok(value) => value,
        Err(error) => {
            error.throw(env);
            ptr::null_mut()
        }
    }
}

/// Puts a hand-registered function on the exports: `hot!(env, exports, "name", function)`.
macro_rules! hot {
    ($env:expr, $exports:expr, $name:literal, $function:path) => {{
        unsafe extern "C" fn callback(
            env: napi::sys::napi_env,
            info: napi::sys::napi_callback_info,
        ) -> napi::sys::napi_value {
            // SAFETY: Node-API calls this with its own environment and call info.
            unsafe { $crate::hot::run(env, info, $function) }
        }
        $crate::hot::define($env, $exports, concat!($name, "\0"), callback)
    }};
}
pub(crate) use hot;

pub(crate) fn define(
    env: sys::napi_env,
    exports: sys::napi_value,
    name_with_nul: &'static str,
    callback: unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value,
) -> napi::Result<()> {
    let name = CStr::from_bytes_with_nul(name_with_nul.as_bytes())
        .map_err(|_| napi::Error::from_reason("a function name without its end"))?;
    let mut function = ptr::null_mut();
    // SAFETY: `env` and `exports` belong to the module being loaded; the name is static and ends in NUL.
    let status = unsafe {
        let made = sys::napi_create_function(
            env,
            name.as_ptr(),
            name.count_bytes() as isize,
            Some(callback),
            ptr::null_mut(),
            &raw mut function,
        );
        if made == sys::Status::napi_ok {
            sys::napi_set_named_property(env, exports, name.as_ptr(), function)
        } else {
            made
        }
    };
    if status == sys::Status::napi_ok { Ok(()) } else { Err(napi::Error::from_reason("a function was not registered")) }
}

impl<'call> Call<'call> {
    pub(crate) fn env(&self) -> sys::napi_env {
        self.env
    }

    pub(crate) fn number(&self, value: sys::napi_value, what: &str) -> SeamResult<f64> {
        let mut number = 0.0;
        // SAFETY: `value` is one of this call's arguments.
        let status = unsafe { sys::napi_get_value_double(self.env, value, &raw mut number) };
        if status == sys::Status::napi_ok { Ok(number) } else { Err(mistyped(what, "a number")) }
    }

    /// A whole number that indexes memory or a file.
    pub(crate) fn index(&self, value: sys::napi_value, what: &str) -> SeamResult<usize> {
        let number = self.number(value, what)?;
        // Back and forth through i64 costs a fraction of `fract` and of a conversion to an unsigned integer.
        let whole = number as i64;
        if whole as f64 == number && (0..=MOST_EXACT).contains(&whole) {
            Ok(whole as usize)
        } else {
            Err(SeamError::invalid(format!("{what} is {number}; expected a whole number from 0 on")))
        }
    }

    /// A whole number that counts things of ours.
    pub(crate) fn ordinal(&self, value: sys::napi_value, what: &str) -> SeamResult<u32> {
        let number = self.index(value, what)?;
        u32::try_from(number).map_err(|_| SeamError::invalid(format!("{what} is {number}; there are not so many")))
    }

    /// A bigint of 64 bits.
    pub(crate) fn long(&self, value: sys::napi_value, what: &str) -> SeamResult<i64> {
        let (mut integer, mut lossless) = (0, false);
        // SAFETY: `value` is one of this call's arguments.
        let status = unsafe { sys::napi_get_value_bigint_int64(self.env, value, &raw mut integer, &raw mut lossless) };
        if status == sys::Status::napi_ok && lossless { Ok(integer) } else { Err(mistyped(what, "a 64-bit bigint")) }
    }

    /// The connection behind a handle.
    pub(crate) fn connection(&self, value: sys::napi_value) -> SeamResult<Rc<Connection>> {
        registry::find(self.number(value, "handle")? as u64)
    }

    pub(crate) fn expect_function(&self, value: sys::napi_value, what: &str) -> SeamResult<()> {
        let mut kind = 0;
        // SAFETY: `value` is one of this call's arguments.
        unsafe { sys::napi_typeof(self.env, value, &raw mut kind) };
        if kind == sys::ValueType::napi_function { Ok(()) } else { Err(mistyped(what, "a function")) }
    }

    pub(crate) fn text(&self, value: sys::napi_value, what: &str) -> SeamResult<String> {
        let mut length = 0;
        // SAFETY: a null buffer asks for the length; then the buffer has room for it and the NUL that Node-API adds.
        unsafe {
            if sys::napi_get_value_string_utf8(self.env, value, ptr::null_mut(), 0, &raw mut length)
                != sys::Status::napi_ok
            {
                return Err(mistyped(what, "a string"));
            }
            let mut bytes = vec![0_u8; length + 1];
            sys::napi_get_value_string_utf8(self.env, value, bytes.as_mut_ptr().cast(), bytes.len(), &raw mut length);
            bytes.truncate(length);
            String::from_utf8(bytes).map_err(|_| mistyped(what, "a string of whole characters"))
        }
    }

    /// The bytes of a typed array, in place. Take it when no JavaScript can run any more before the bytes are used: a getter, or a
    /// function that a statement calls, may free them. Where a statement reads them, take `bytes_copy`.
    pub(crate) fn bytes(&self, value: sys::napi_value, what: &str) -> SeamResult<&'call [u8]> {
        let (data, length) = self.memory(value, what)?;
        // SAFETY: `memory` checked that these bytes belong to the argument, which lives through the call; no JavaScript
        // runs while the caller uses them, so nothing moves or changes them.
        Ok(unsafe { std::slice::from_raw_parts(data, length) })
    }

    /// The same in memory of Rust's own.
    pub(crate) fn bytes_copy(&self, value: sys::napi_value, what: &str) -> SeamResult<Vec<u8>> {
        Ok(self.bytes(value, what)?.to_vec())
    }

    /// The type of a typed array's elements.
    pub(crate) fn element_type(&self, value: sys::napi_value, what: &str) -> SeamResult<ElementType> {
        let mut kind = UNKNOWN_KIND;
        // SAFETY: `value` is one of this call's arguments; what is not asked for may be null.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env,
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

    /// Hands over a key of bytes: a string's UTF-8, or a typed array's bytes. Short strings need no allocation.
    pub(crate) fn with_key_bytes<T>(
        &self,
        value: sys::napi_value,
        work: impl FnOnce(&[u8]) -> SeamResult<T>,
    ) -> SeamResult<T> {
        let mut short = [0_u8; SHORT_KEY];
        let mut length = 0;
        // SAFETY: the buffer has room for `SHORT_KEY` bytes, the NUL that Node-API adds among them.
        let status = unsafe {
            sys::napi_get_value_string_utf8(self.env, value, short.as_mut_ptr().cast(), SHORT_KEY, &raw mut length)
        };
        if status != sys::Status::napi_ok {
            // A copy, as of a string: the caller's array may be the very one that is filled.
            let copy = self.bytes(value, "key")?.to_vec();
            return work(&copy);
        }
        // Whole characters are copied as long as they fit: with room left for one more, nothing was cut off.
        if length + 4 < SHORT_KEY {
            return work(&short[..length]);
        }
        work(self.text(value, "key")?.as_bytes())
    }

    /// The element type of a code.
    pub(crate) fn code(&self, value: sys::napi_value, what: &str) -> SeamResult<ElementType> {
        u8::try_from(self.index(value, what)?)
            .ok()
            .and_then(ElementType::from_code)
            .ok_or_else(|| mistyped(what, "the code of an element type"))
    }

    /// The bytes of a typed array, to be filled in place. Take it when no JavaScript can run any more before they are, and only one:
    /// two mutable slices of one array would alias.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn bytes_mut(&self, value: sys::napi_value, what: &str) -> SeamResult<&'call mut [u8]> {
        let (data, length) = self.memory(value, what)?;
        // SAFETY: as in `bytes`; the caller takes one such slice a call, and keys are copies.
        Ok(unsafe { std::slice::from_raw_parts_mut(data, length) })
    }

    /// The bytes of one array to read and of another to fill. Where both are views of the same memory the first is copied.
    pub(crate) fn bytes_pair(
        &self,
        source: sys::napi_value,
        target: sys::napi_value,
    ) -> SeamResult<(Cow<'call, [u8]>, &'call mut [u8])> {
        let (data, length) = self.memory(source, "source")?;
        let (other, other_length) = self.memory(target, "target")?;
        let apart = data as usize + length <= other as usize || other as usize + other_length <= data as usize;
        // SAFETY: as in `bytes`; the copy is made before the mutable slice exists.
        let bytes = unsafe { std::slice::from_raw_parts(data, length) };
        let source = if apart { Cow::Borrowed(bytes) } else { Cow::Owned(bytes.to_vec()) };
        Ok((source, self.bytes_mut(target, "target")?))
    }

    fn memory(&self, value: sys::napi_value, what: &str) -> SeamResult<(*mut u8, usize)> {
        let mut kind = UNKNOWN_KIND;
        let mut elements = 0;
        let mut data = ptr::null_mut();
        // SAFETY: `value` is one of this call's arguments; what is not asked for may be null.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env,
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

    /// The elements of an array from a place on.
    pub(crate) fn elements_from(
        &self,
        array: sys::napi_value,
        first: usize,
        what: &'static str,
    ) -> SeamResult<impl Iterator<Item = SeamResult<sys::napi_value>> + use<'_, 'call>> {
        let mut length = 0;
        // SAFETY: `array` is one of this call's arguments; anything else than an array is refused.
        let status = unsafe { sys::napi_get_array_length(self.env, array, &raw mut length) };
        if status != sys::Status::napi_ok {
            return Err(mistyped(what, "an array"));
        }
        Ok((first..length as usize).map(move |position| {
            let mut element = ptr::null_mut();
            // SAFETY: the array belongs to this call, and so does each of its elements.
            let status = unsafe { sys::napi_get_element(self.env, array, position as u32, &raw mut element) };
            if status == sys::Status::napi_ok { Ok(element) } else { Err(SeamError::pending()) }
        }))
    }

    /// Hands over a key: a string, a number, a bigint, bytes, or an array of those for a key of several columns.
    pub(crate) fn with_key<T>(
        &self,
        value: sys::napi_value,
        work: impl FnOnce(&[Parameter<'_>]) -> SeamResult<T>,
    ) -> SeamResult<T> {
        let mut is_array = false;
        // SAFETY: `value` is one of this call's arguments.
        unsafe { sys::napi_is_array(self.env, value, &raw mut is_array) };
        if !is_array {
            return work(&[self.key_part(value)?.as_parameter()]);
        }
        let mut length = 0;
        // SAFETY: the value is an array.
        unsafe { sys::napi_get_array_length(self.env, value, &raw mut length) };
        let parts = (0..length)
            .map(|position| {
                let mut part = ptr::null_mut();
                // SAFETY: as above. A getter of the user's may run, and throw.
                let status = unsafe { sys::napi_get_element(self.env, value, position, &raw mut part) };
                if status == sys::Status::napi_ok { self.key_part(part) } else { Err(SeamError::pending()) }
            })
            .collect::<SeamResult<Vec<_>>>()?;
        work(&parts.iter().map(KeyPart::as_parameter).collect::<Vec<_>>())
    }

    fn key_part(&self, value: sys::napi_value) -> SeamResult<KeyPart> {
        let mut kind = 0;
        // SAFETY: `value` is one of this call's values; a null one is refused by Node-API.
        unsafe { sys::napi_typeof(self.env, value, &raw mut kind) };
        match kind {
            sys::ValueType::napi_string => self.text(value, "key").map(KeyPart::Text),
            sys::ValueType::napi_number => {
                let number = self.number(value, "key")?;
                let whole = (number as i64) as f64 == number && number.abs() <= MOST_EXACT as f64;
                Ok(if whole { KeyPart::Integer(number as i64) } else { KeyPart::Real(number) })
            }
            sys::ValueType::napi_bigint => {
                let mut integer = 0;
                let mut lossless = false;
                // SAFETY: the value is a bigint.
                unsafe { sys::napi_get_value_bigint_int64(self.env, value, &raw mut integer, &raw mut lossless) };
                if lossless { Ok(KeyPart::Integer(integer)) } else { Err(mistyped("key", "a 64-bit integer")) }
            }
            _ => Ok(KeyPart::Blob(self.bytes(value, "key")?.to_vec())),
        }
    }

    pub(crate) fn undefined(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        unsafe { sys::napi_get_undefined(self.env, &raw mut value) };
        value
    }

    pub(crate) fn boolean(&self, truth: bool) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        unsafe { sys::napi_get_boolean(self.env, truth, &raw mut value) };
        value
    }

    /// A whole number that is exact as a JavaScript number.
    pub(crate) fn integer(&self, integer: isize) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: `env` is this call's environment.
        unsafe { sys::napi_create_double(self.env, integer as f64, &raw mut value) };
        value
    }

    /// The bytes of a typed array, or None for undefined.
    pub(crate) fn optional_bytes(&self, value: sys::napi_value, what: &str) -> SeamResult<Option<&'call [u8]>> {
        let mut kind = 0;
        // SAFETY: `value` is one of this call's arguments.
        unsafe { sys::napi_typeof(self.env, value, &raw mut kind) };
        if kind == sys::ValueType::napi_undefined { Ok(None) } else { self.bytes(value, what).map(Some) }
    }

    /// A size or count; absence is -1, which costs less than another type.
    pub(crate) fn count(&self, count: Option<usize>) -> sys::napi_value {
        self.integer(count.map_or(-1, usize::cast_signed))
    }
}

/// A key column's value. Bytes are copied: the caller's array may be the very one that is filled.
enum KeyPart {
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl KeyPart {
    fn as_parameter(&self) -> Parameter<'_> {
        match self {
            Self::Integer(value) => Parameter::Integer(*value),
            Self::Real(value) => Parameter::Real(*value),
            Self::Text(text) => Parameter::Text(text),
            Self::Blob(bytes) => Parameter::Blob(bytes),
        }
    }
}

#[cold]
fn mistyped(what: &str, expected: &str) -> SeamError {
    SeamError::invalid(format!("{what} is not {expected}"))
}

/// The element type of Node-API's kind of array, None for a kind this build does not know (Float16Array).
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
