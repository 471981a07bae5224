//! The dtype of a column, as the file has it. Python's other spellings are known too.

use crate::packer::element::ElementType;

/// How a text is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// One byte for each of the first 128 characters.
    Ascii,
    /// One byte for each of the first 256 characters.
    Latin1,
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Number(ElementType),
    /// A text. If all elements have one size, zeros fill it up.
    Text(Encoding),
    /// Bytes.
    Bytes,
    /// MessagePack or CBOR, or a vector of any shape with its header.
    Packed,
    /// A vector of one shape: its numbers, after one byte for their type in the old layout.
    Vector,
}

/// The type of a column's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredType {
    /// What an element is.
    pub kind: Kind,
    /// The bytes of one element, without the type byte of a vector. None if they vary.
    pub size: Option<usize>,
}

/// The largest vector.
const LARGEST_VECTOR: usize = 1 << 31;

impl StoredType {
    /// Returns the type that a dtype of a file means, or None if it is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let head = parts.next()?;
        // Python ignores what follows a scalar, and its columns may have such dtypes.
        if let Some(element) = short_name(head) {
            return Some(Self { kind: Kind::Number(element), size: Some(element.size()) });
        }
        let parts: Vec<&str> = parts.collect();
        match head {
            "bytes" => Self::sized(Kind::Bytes, &parts),
            "msgpack" | "messagepack" | "cbor" if parts == ["records"] => Some(Self { kind: Kind::Packed, size: None }),
            "msgpack" | "messagepack" | "cbor" => Self::sized(Kind::Packed, &parts),
            "str" | "string" => Self::text(&parts),
            "vec" | "vector" => Self::vector(&parts),
            _ => None,
        }
    }

    fn sized(kind: Kind, parts: &[&str]) -> Option<Self> {
        let size = match parts.first() {
            None => 0,
            Some(size) => whole(size)?,
        };
        Some(Self { kind, size: (size > 0).then_some(size) })
    }

    /// `str`, `str:<size>`, `str:<encoding>`, `str:<size>:<encoding>`.
    fn text(parts: &[&str]) -> Option<Self> {
        let (size, encoding) = match parts {
            [] => (0, "utf8"),
            [size] if starts_with_digit(size) => (whole(size)?, "utf8"),
            [encoding] => (0, *encoding),
            [size, encoding] => (whole(size)?, *encoding),
            _ => return None,
        };
        let encoding = match encoding.to_ascii_lowercase().as_str() {
            "utf8" | "utf-8" => Encoding::Utf8,
            "utf16le" | "utf-16le" => Encoding::Utf16Le,
            "utf16be" | "utf-16be" => Encoding::Utf16Be,
            "ascii" => Encoding::Ascii,
            "latin1" | "iso-8859-1" => Encoding::Latin1,
            _ => return None,
        };
        Some(Self { kind: Kind::Text(encoding), size: (size > 0).then_some(size) })
    }

    /// `vec:<element>` for any shape, `vec:<element>:<dim>:...` for one shape.
    fn vector(parts: &[&str]) -> Option<Self> {
        let (name, sizes) = parts.split_first()?;
        let element = short_name(name).or_else(|| long_name(name))?;
        if sizes.is_empty() {
            return Some(Self { kind: Kind::Packed, size: None });
        }
        let mut bytes = element.size();
        for size in sizes {
            bytes = bytes.checked_mul(whole(size).filter(|size| *size > 0)?)?;
        }
        (bytes <= LARGEST_VECTOR).then_some(Self { kind: Kind::Vector, size: Some(bytes) })
    }

    /// Returns what comes before the numbers of a vector of one shape in the old layout: the byte of their type.
    #[must_use]
    pub const fn type_bytes(self) -> usize {
        if matches!(self.kind, Kind::Vector) { 1 } else { 0 }
    }

    /// Returns the type that a column of SQL declares.
    #[must_use]
    pub const fn declared(self) -> &'static str {
        match self.kind {
            Kind::Number(ElementType::F16 | ElementType::F32 | ElementType::F64) => "REAL",
            Kind::Number(_) => "INTEGER",
            Kind::Text(_) => "TEXT",
            Kind::Bytes | Kind::Packed | Kind::Vector => "BLOB",
        }
    }
}

fn short_name(name: &str) -> Option<ElementType> {
    let known = match name {
        "f32" => ElementType::F32,
        "f64" => ElementType::F64,
        "i8" => ElementType::I8,
        "i16" => ElementType::I16,
        "i32" => ElementType::I32,
        "i64" => ElementType::I64,
        "u8" => ElementType::U8,
        "u16" => ElementType::U16,
        "u32" => ElementType::U32,
        "u64" => ElementType::U64,
        "bool" => ElementType::Bool,
        "f16" => ElementType::F16,
        _ => return None,
    };
    Some(known)
}

/// The long names that Python accepts inside `vec`.
fn long_name(name: &str) -> Option<ElementType> {
    let (kind, bits) = name.split_at_checked(name.find(|c: char| c.is_ascii_digit())?)?;
    let short = match kind {
        "float" => "f",
        "int" => "i",
        "uint" => "u",
        _ => return None,
    };
    short_name(&format!("{short}{bits}"))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+')
}

fn whole(text: &str) -> Option<usize> {
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(Kind, Option<usize>)> {
        StoredType::parse(text).map(|known| (known.kind, known.size))
    }

    #[test]
    fn every_spelling_is_known() {
        assert_eq!(parsed("f64"), Some((Kind::Number(ElementType::F64), Some(8))));
        assert_eq!(parsed("u8:whatever"), Some((Kind::Number(ElementType::U8), Some(1))));
        assert_eq!(parsed("bytes"), Some((Kind::Bytes, None)));
        assert_eq!(parsed("bytes:16"), Some((Kind::Bytes, Some(16))));
        assert_eq!(parsed("str"), Some((Kind::Text(Encoding::Utf8), None)));
        assert_eq!(parsed("string:8"), Some((Kind::Text(Encoding::Utf8), Some(8))));
        assert_eq!(parsed("str:UTF-16LE"), Some((Kind::Text(Encoding::Utf16Le), None)));
        assert_eq!(parsed("str:8:iso-8859-1"), Some((Kind::Text(Encoding::Latin1), Some(8))));
        assert_eq!(parsed("messagepack"), Some((Kind::Packed, None)));
        assert_eq!(parsed("cbor:records"), Some((Kind::Packed, None)));
        assert_eq!(parsed("msgpack:64"), Some((Kind::Packed, Some(64))));
        assert_eq!(parsed("vec:f32"), Some((Kind::Packed, None)));
        assert_eq!(parsed("vector:float32:2:3"), Some((Kind::Vector, Some(24))));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let wrong =
            ["", "f65", "str:shift_jis", "str:utf8:8", "str:-1", "vec", "vec:f32:0", "vec:f65", "vec:f64:999999999"];
        for text in wrong {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
