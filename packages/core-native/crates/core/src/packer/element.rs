//! The element types: codes, sizes, reading and writing one.

use super::half::Half;
use crate::boundary::element;

/// The type of a vector's elements. Its code stands for it in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ElementType {
    /// 32-bit float.
    F32 = element::F32,
    /// 64-bit float.
    F64 = element::F64,
    /// Signed 32-bit integer.
    I32 = element::I32,
    /// Signed 64-bit integer.
    I64 = element::I64,
    /// Unsigned 8-bit integer.
    U8 = element::U8,
    /// Unsigned 16-bit integer.
    U16 = element::U16,
    /// Unsigned 32-bit integer.
    U32 = element::U32,
    /// Unsigned 64-bit integer.
    U64 = element::U64,
    /// Signed 8-bit integer.
    I8 = element::I8,
    /// Signed 16-bit integer.
    I16 = element::I16,
    /// True or false, in a byte.
    Bool = element::BOOL,
    /// 16-bit float.
    F16 = element::F16,
}

impl ElementType {
    /// Every type, in the order of the codes.
    pub const ALL: [Self; 12] = [
        Self::F32,
        Self::F64,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::I8,
        Self::I16,
        Self::Bool,
        Self::F16,
    ];

    /// Returns the type of a code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }

    /// Returns the bytes of one element.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }
}

/// A value on its way from one element type to another. Every element is one of these without loss.
#[derive(Clone, Copy)]
pub enum Wide {
    /// An integer.
    Integer(i128),
    /// A float.
    Float(f64),
}

/// One element type's values.
pub trait Element: Copy {
    /// Bytes per element.
    const SIZE: usize;
    /// Reads an element from exactly `SIZE` little-endian bytes. Returns zero for any other number of bytes.
    fn read(bytes: &[u8]) -> Self;
    /// Writes the element into exactly `SIZE` bytes. Writes nothing into any other number of bytes.
    fn write(self, bytes: &mut [u8]);
    /// Returns the same value without loss.
    fn widen(self) -> Wide;
    /// Returns the element of this type with the same value, if there is one. An `f32` or a [`Half`] may be rounded, but
    /// not overflow.
    fn narrow(wide: Wide) -> Option<Self>;
}

macro_rules! layout {
    ($type:ty) => {
        const SIZE: usize = size_of::<$type>();
        fn read(bytes: &[u8]) -> Self {
            bytes.try_into().map_or(Self::default(), Self::from_le_bytes)
        }
        fn write(self, bytes: &mut [u8]) {
            if let Ok(place) = bytes.try_into() {
                let place: &mut [u8; size_of::<$type>()] = place;
                *place = self.to_le_bytes();
            }
        }
    };
}

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Element for $type {
            layout!($type);
            fn widen(self) -> Wide {
                Wide::Integer(i128::from(self))
            }
            fn narrow(wide: Wide) -> Option<Self> {
                match wide {
                    Wide::Integer(value) => Self::try_from(value).ok(),
                    // Casting saturates, so a value out of range does not come back the same.
                    Wide::Float(value) => {
                        let integer = value as i128;
                        if integer as f64 == value { Self::try_from(integer).ok() } else { None }
                    }
                }
            }
        }
    )*};
}
integer!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Element for f64 {
    layout!(f64);
    fn widen(self) -> Wide {
        Wide::Float(self)
    }
    fn narrow(wide: Wide) -> Option<Self> {
        match wide {
            Wide::Integer(value) => {
                let float = value as Self;
                (float as i128 == value).then_some(float)
            }
            Wide::Float(value) => Some(value),
        }
    }
}

impl Element for f32 {
    layout!(f32);
    fn widen(self) -> Wide {
        Wide::Float(f64::from(self))
    }
    fn narrow(wide: Wide) -> Option<Self> {
        match wide {
            Wide::Integer(value) => Some(value as Self),
            Wide::Float(value) => {
                let float = value as Self;
                (float.is_finite() || !value.is_finite()).then_some(float)
            }
        }
    }
}

impl Element for Half {
    const SIZE: usize = 2;
    fn read(bytes: &[u8]) -> Self {
        Self(u16::read(bytes))
    }
    fn write(self, bytes: &mut [u8]) {
        self.0.write(bytes);
    }
    fn widen(self) -> Wide {
        Wide::Float(f64::from(self.to_f32()))
    }
    fn narrow(wide: Wide) -> Option<Self> {
        let value = match wide {
            // What a double rounds is far beyond the largest half.
            Wide::Integer(value) => value as f64,
            Wide::Float(value) => value,
        };
        let half = Self::nearest(value);
        (half.to_f32().is_finite() || !value.is_finite()).then_some(half)
    }
}

/// A byte that is 0 for false. Any other byte is true.
#[derive(Clone, Copy)]
pub struct Truth(bool);

impl Element for Truth {
    const SIZE: usize = 1;
    fn read(bytes: &[u8]) -> Self {
        Self(u8::read(bytes) != 0)
    }
    fn write(self, bytes: &mut [u8]) {
        u8::from(self.0).write(bytes);
    }
    fn widen(self) -> Wide {
        Wide::Integer(i128::from(self.0))
    }
    fn narrow(wide: Wide) -> Option<Self> {
        match u8::narrow(wide) {
            Some(0) => Some(Self(false)),
            Some(1) => Some(Self(true)),
            _ => None,
        }
    }
}
