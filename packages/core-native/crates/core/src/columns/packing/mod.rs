//! Sealed blocks: many elements of a column in few bytes.
//!
//! | module | what it holds |
//! |---|---|
//! | `bits` | numbers of few bits |
//! | `integers` | integers as differences |
//! | `floats` | floats as decimal numbers, or as the bits that differ |
//!
//! A sealed block begins with a head of 8 bytes: the version, the method, two zeros, and how many bytes the lengths of
//! elements take that vary in size. The lengths follow, packed as integers, and then the bytes of the elements, by the
//! method.

mod bits;
mod floats;
mod integers;

use bytemuck::Pod;

use self::floats::{Float, pack_decimals, pack_differences, unpack_decimals, unpack_differences};
use self::integers::{pack_integers, unpack_integers};
use crate::error::CoreError;
use crate::packer::element::ElementType;

const VERSION: u8 = 1;
const HEAD: usize = 8;

/// How a block is to be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As numbers, by what distinguishes each from those before.
    Delta(ElementType),
    /// As bytes, by Zstandard.
    Zstd,
}

/// How the bytes of a block are stored.
mod method {
    pub(super) const PLAIN: u8 = 0;
    pub(super) const INTEGERS: u8 = 1;
    pub(super) const DECIMALS: u8 = 2;
    pub(super) const DIFFERENCES: u8 = 3;
    pub(super) const ZSTD: u8 = 4;
}

/// The level of Zstandard: higher ones take twice as long for a few percent.
const LEVEL: i32 = 3;

/// What was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The bytes of all elements.
    pub data: Vec<u8>,
    /// Where each element ends, after a first 0. Empty if all have one size.
    pub bounds: Vec<u64>,
}

/// Seals elements. `bounds` is empty if they have one size.
#[must_use]
pub fn seal(compression: Compression, data: &[u8], bounds: &[u64]) -> Vec<u8> {
    let mut sealed = vec![VERSION, method::PLAIN, 0, 0, 0, 0, 0, 0];
    if !bounds.is_empty() {
        let lengths: Vec<i64> = bounds
            .windows(2)
            .map(|pair| match pair {
                [start, end] => end.wrapping_sub(*start).cast_signed(),
                _ => 0,
            })
            .collect();
        pack_integers(&lengths, &mut sealed);
        let packed = (sealed.len() - HEAD) as u32;
        if let Some(place) = sealed.get_mut(4..HEAD) {
            place.copy_from_slice(&packed.to_le_bytes());
        }
    }
    let start = sealed.len();
    let used = match compression {
        Compression::Delta(kind) => pack_numbers(kind, data, &mut sealed),
        Compression::Zstd => match zstd::bulk::compress(data, LEVEL) {
            Ok(packed) => {
                sealed.extend_from_slice(&packed);
                method::ZSTD
            }
            Err(_) => method::PLAIN,
        },
    };
    let is_shorter = used != method::PLAIN && sealed.len() - start < data.len();
    if !is_shorter {
        sealed.truncate(start);
        sealed.extend_from_slice(data);
    }
    if let Some(place) = sealed.get_mut(1) {
        *place = if is_shorter { used } else { method::PLAIN };
    }
    sealed
}

/// Opens a sealed block with so many elements, which have so many bytes together. `varies` says that they vary in size.
///
/// # Errors
/// The bytes are not such a block.
pub fn open(
    compression: Compression,
    sealed: &[u8],
    count: usize,
    used: usize,
    varies: bool,
) -> Result<Opened, CoreError> {
    let wrong = || CoreError::Corrupt("the bytes of a sealed block are not what they should be".to_owned());
    let ([version, method, 0, 0, lengths @ ..], rest) = sealed.split_first_chunk::<HEAD>().ok_or_else(wrong)? else {
        return Err(wrong());
    };
    if *version != VERSION {
        return Err(CoreError::Corrupt(format!(
            "a sealed block has the version {version}; this release knows {VERSION}"
        )));
    }
    let (lengths, packed) = rest.split_at_checked(u32::from_le_bytes(*lengths) as usize).ok_or_else(wrong)?;
    let mut bounds = Vec::new();
    if varies {
        let mut sizes = vec![0; count];
        unpack_integers(lengths, &mut sizes).ok_or_else(wrong)?;
        bounds.reserve(count + 1);
        let mut end = 0_u64;
        bounds.push(end);
        for size in sizes {
            end = u64::try_from(size).ok().and_then(|size| end.checked_add(size)).ok_or_else(wrong)?;
            bounds.push(end);
        }
        if end != used as u64 {
            return Err(wrong());
        }
    }
    let data = match (*method, compression) {
        (method::PLAIN, _) => packed.to_vec(),
        (method::ZSTD, Compression::Zstd) => zstd::bulk::decompress(packed, used).map_err(|_| wrong())?,
        (method, Compression::Delta(kind)) => unpack_numbers(kind, method, packed, used).ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    if data.len() == used { Ok(Opened { data, bounds }) } else { Err(wrong()) }
}

fn read<T: Pod>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
}

/// Packs numbers, and returns by which method.
fn pack_numbers(kind: ElementType, data: &[u8], target: &mut Vec<u8>) -> u8 {
    macro_rules! integers {
        ($type:ty) => {{
            let values: Vec<i64> = read::<$type>(data).into_iter().map(|value| value as i64).collect();
            pack_integers(&values, target);
            method::INTEGERS
        }};
    }
    match kind {
        ElementType::F32 => pack_floats(&read::<f32>(data), target),
        ElementType::F64 => pack_floats(&read::<f64>(data), target),
        ElementType::I8 => integers!(i8),
        ElementType::I16 => integers!(i16),
        ElementType::I32 => integers!(i32),
        ElementType::I64 => integers!(i64),
        ElementType::U8 => integers!(u8),
        ElementType::U16 => integers!(u16),
        ElementType::U32 => integers!(u32),
        ElementType::U64 => integers!(u64),
        ElementType::Bool => integers!(u8),
        // Their bits, as integers: two floats that are near each other have bits that are.
        ElementType::F16 => integers!(i16),
    }
}

/// Packs floats by the better of two methods.
fn pack_floats<F: Float>(values: &[F], target: &mut Vec<u8>) -> u8 {
    let start = target.len();
    let mut differences = Vec::new();
    pack_differences(values, &mut differences);
    if pack_decimals(values, target) && target.len() - start <= differences.len() {
        return method::DECIMALS;
    }
    target.truncate(start);
    target.extend_from_slice(&differences);
    method::DIFFERENCES
}

fn unpack_numbers(kind: ElementType, method: u8, packed: &[u8], used: usize) -> Option<Vec<u8>> {
    let count = used / kind.size();
    macro_rules! integers {
        ($type:ty) => {{
            let mut values = vec![0; count];
            unpack_integers(packed, &mut values)?;
            values.into_iter().flat_map(|value| (value as $type).to_le_bytes()).collect()
        }};
    }
    macro_rules! floats {
        ($type:ty) => {{
            let values: Vec<$type> = match method {
                method::DECIMALS => unpack_decimals(packed, count)?,
                _ => unpack_differences(packed, count)?,
            };
            bytemuck::cast_slice(&values).to_vec()
        }};
    }
    Some(match (kind, method) {
        (ElementType::F32, method::DECIMALS | method::DIFFERENCES) => floats!(f32),
        (ElementType::F64, method::DECIMALS | method::DIFFERENCES) => floats!(f64),
        (ElementType::I8, method::INTEGERS) => integers!(i8),
        (ElementType::I16, method::INTEGERS) => integers!(i16),
        (ElementType::I32, method::INTEGERS) => integers!(i32),
        (ElementType::I64, method::INTEGERS) => integers!(i64),
        (ElementType::U8, method::INTEGERS) => integers!(u8),
        (ElementType::U16, method::INTEGERS) => integers!(u16),
        (ElementType::U32, method::INTEGERS) => integers!(u32),
        (ElementType::U64, method::INTEGERS) => integers!(u64),
        (ElementType::Bool, method::INTEGERS) => integers!(u8),
        (ElementType::F16, method::INTEGERS) => integers!(i16),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn returns(compression: Compression, data: &[u8], bounds: &[u64]) -> usize {
        let sealed = seal(compression, data, bounds);
        let count = match compression {
            _ if !bounds.is_empty() => bounds.len() - 1,
            Compression::Delta(kind) => data.len() / kind.size(),
            Compression::Zstd => data.len(),
        };
        let opened = open(compression, &sealed, count, data.len(), !bounds.is_empty());
        assert_eq!(opened, Ok(Opened { data: data.to_vec(), bounds: bounds.to_vec() }));
        sealed.len()
    }

    proptest! {
        #[test]
        fn whatever_was_sealed_comes_back(words in prop::collection::vec(any::<u64>(), 0..200), shift in 0..64_u32) {
            let data: Vec<u8> = words.iter().flat_map(|word| (word >> shift).to_le_bytes()).collect();
            for kind in ElementType::ALL {
                returns(Compression::Delta(kind), &data, &[]);
            }
            returns(Compression::Zstd, &data, &[]);
            let bounds: Vec<u64> = (0..=data.len() as u64).step_by(8).collect();
            returns(Compression::Zstd, &data, &bounds);
        }

        #[test]
        fn bytes_of_strangers_are_refused_or_read(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            method in 0..6_u8,
            count in 0..300_usize,
        ) {
            let sealed: Vec<u8> = [VERSION, method, 0, 0, 0, 0, 0, 0].into_iter().chain(bytes).collect();
            for kind in ElementType::ALL {
                let _ = open(Compression::Delta(kind), &sealed, count, count * kind.size(), false);
            }
            let _ = open(Compression::Zstd, &sealed, count, count, true);
        }
    }

    #[test]
    fn texts_become_short() {
        let text: Vec<u8> =
            (0..2_000).flat_map(|nth| format!("INFO worker {} has finished\n", nth % 7).into_bytes()).collect();
        assert!(returns(Compression::Zstd, &text, &[]) * 20 < text.len());
    }
}
