//! From JavaScript's values to the parameters of a statement.

use napi::sys;

use super::statement::Parameter;
use crate::js::args::mistyped;
use crate::js::call::Call;
use crate::js::error::SeamResult;
use crate::js::numbers;

/// Hands `work` the parameters that a value stands for: a string, a number, a bigint, bytes, or an array of those.
pub(crate) fn with_parameters<T>(
    call: &Call<'_>,
    value: sys::napi_value,
    work: impl FnOnce(&[Parameter<'_>]) -> SeamResult<T>,
) -> SeamResult<T> {
    let mut is_array = false;
    // SAFETY: `value` is one of this call's arguments.
    unsafe { sys::napi_is_array(call.env(), value, &raw mut is_array) };
    if !is_array {
        return work(&[Owned::read(call, value)?.as_parameter()]);
    }
    let owned: Vec<_> =
        call.elements_from(value, 0, "key")?.map(|part| Owned::read(call, part?)).collect::<SeamResult<_>>()?;
    work(&owned.iter().map(Owned::as_parameter).collect::<Vec<_>>())
}

/// A parameter in memory of Rust's own: the caller may fill the very array that holds its bytes.
#[derive(Clone, PartialEq)]
pub(crate) enum Owned {
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Owned {
    fn read(call: &Call<'_>, value: sys::napi_value) -> SeamResult<Self> {
        match call.type_of(value) {
            sys::ValueType::napi_string => Ok(Self::Text(call.text(value, "key")?)),
            sys::ValueType::napi_number => {
                let number = call.number(value, "key")?;
                Ok(numbers::exact(number).map_or(Self::Real(number), Self::Integer))
            }
            sys::ValueType::napi_bigint => {
                let (mut integer, mut lossless) = (0, false);
                // SAFETY: the value is a bigint.
                unsafe { sys::napi_get_value_bigint_int64(call.env(), value, &raw mut integer, &raw mut lossless) };
                if lossless { Ok(Self::Integer(integer)) } else { Err(mistyped("key", "a 64-bit integer")) }
            }
            _ => Ok(Self::Blob(call.bytes_copy(value, "key")?)),
        }
    }

    pub(crate) fn as_parameter(&self) -> Parameter<'_> {
        match self {
            Self::Integer(value) => Parameter::Integer(*value),
            Self::Real(value) => Parameter::Real(*value),
            Self::Text(text) => Parameter::Text(text),
            Self::Blob(bytes) => Parameter::Blob(bytes),
        }
    }
}
