//! An element as a value of SQL.

use std::borrow::Cow;

use super::stored_type::{Encoding, Kind, StoredType};
use crate::error::CoreError;
use crate::packer::element::ElementType;
use crate::packer::half::Half;

/// A value of SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// An integer.
    Integer(i64),
    /// A real number. SQLite makes NULL of NaN.
    Real(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(&'a [u8]),
}

impl StoredType {
    /// Returns the value of an element. Its bytes are those of the file, without the type byte of a vector.
    ///
    /// # Errors
    /// The bytes are not what the type says.
    #[inline]
    pub fn value<'a>(&self, bytes: &'a [u8]) -> Result<Value<'a>, CoreError> {
        match self.kind {
            Kind::Number(element) => number(element, bytes),
            Kind::Text(encoding) => {
                let text = text(encoding, bytes)?;
                Ok(Value::Text(if self.size.is_some() { without_padding(text) } else { text }))
            }
            Kind::Bytes | Kind::Packed | Kind::Vector => Ok(Value::Blob(bytes)),
        }
    }
}

#[inline]
fn number(element: ElementType, bytes: &[u8]) -> Result<Value<'static>, CoreError> {
    macro_rules! read {
        ($type:ty, $value:ident) => {
            bytes.try_into().map(|bytes| Value::$value(<$type>::from_le_bytes(bytes).into()))
        };
    }
    let value = match element {
        ElementType::F32 => read!(f32, Real),
        ElementType::F64 => read!(f64, Real),
        ElementType::I8 => read!(i8, Integer),
        ElementType::I16 => read!(i16, Integer),
        ElementType::I32 => read!(i32, Integer),
        ElementType::I64 => read!(i64, Integer),
        ElementType::U8 => read!(u8, Integer),
        ElementType::U16 => read!(u16, Integer),
        ElementType::U32 => read!(u32, Integer),
        ElementType::U64 => bytes.try_into().map(|bytes| unsigned(u64::from_le_bytes(bytes))),
        ElementType::Bool => bytes.try_into().map(|[byte]: [u8; 1]| Value::Integer((byte != 0).into())),
        ElementType::F16 => bytes.try_into().map(|bytes| Value::Real(Half(u16::from_le_bytes(bytes)).to_f32().into())),
    };
    value.map_err(|_| CoreError::Corrupt(format!("{} bytes are not a number of {}", bytes.len(), element.size())))
}

/// SQL has no integer beyond 2^63 - 1. The nearest real number keeps the order, and sums right but for the rounding.
fn unsigned(value: u64) -> Value<'static> {
    i64::try_from(value).map_or(Value::Real(value as f64), Value::Integer)
}

fn text(encoding: Encoding, bytes: &[u8]) -> Result<Cow<'_, str>, CoreError> {
    let wrong = |name| CoreError::Corrupt(format!("the bytes of a text are not {name}"));
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| wrong("UTF-8")),
        Encoding::Ascii if !bytes.is_ascii() => Err(wrong("ASCII")),
        Encoding::Ascii | Encoding::Latin1 => Ok(match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() => Cow::Borrowed(text),
            _ => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
        }),
        Encoding::Utf16Le | Encoding::Utf16Be => {
            // An odd byte at the end is not a character, as for `DataPacker`.
            let (units, _) = bytes.as_chunks::<2>();
            let unit = |pair: &[u8; 2]| match encoding {
                Encoding::Utf16Be => u16::from_be_bytes(*pair),
                _ => u16::from_le_bytes(*pair),
            };
            let text: Result<String, _> = char::decode_utf16(units.iter().map(unit)).collect();
            text.map(Cow::Owned).map_err(|_| wrong("UTF-16"))
        }
    }
}

fn without_padding(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches('\0')),
        Cow::Owned(text) => Cow::Owned(text.trim_end_matches('\0').to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(dtype: &str, bytes: &'a [u8]) -> Option<Value<'a>> {
        StoredType::parse(dtype)?.value(bytes).ok()
    }

    #[test]
    fn numbers_are_integers_or_real() {
        assert_eq!(value("i8", &[0xff]), Some(Value::Integer(-1)));
        assert_eq!(value("u16", &[0xff, 0xff]), Some(Value::Integer(65_535)));
        assert_eq!(value("f32", &1.5_f32.to_le_bytes()), Some(Value::Real(1.5)));
        assert_eq!(value("u64", &5_u64.to_le_bytes()), Some(Value::Integer(5)));
        assert_eq!(value("u64", &u64::MAX.to_le_bytes()), Some(Value::Real(18_446_744_073_709_551_615.0)));
        assert_eq!(value("f64", &[0; 7]), None);
    }

    #[test]
    fn texts_are_utf8_whatever_the_file_has() {
        let is = |text: &str| Some(Value::Text(Cow::Owned(text.to_owned())));
        assert_eq!(value("str", "größe".as_bytes()), is("größe"));
        assert_eq!(value("str:8", b"ab\0\0\0\0\0\0"), is("ab"));
        assert_eq!(value("str:latin1", &[b'a', 0xe9]), is("aé"));
        assert_eq!(value("str:utf16le", &[0x3d, 0xd8, 0x00, 0xde]), is("😀"));
        assert_eq!(value("str:utf16be", &[0, b'a', 0]), is("a"));
        assert_eq!(value("str", &[0xff]), None);
        assert_eq!(value("str:ascii", &[0xff]), None);
        assert_eq!(value("str:utf16le", &[0x3d, 0xd8]), None);
    }
}
