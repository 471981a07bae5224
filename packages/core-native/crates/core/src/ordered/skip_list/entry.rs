//! An entry of the list: its slot and its key in one piece of memory, and the place that it has in the list.

use std::cmp::Ordering;

use triomphe::ThinArc;

use crate::ordered::key::EncodedKey;
use crate::ordered::number;
use crate::ordered::value_slot::SwapCell;

/// What the list and the hints point to. The bytes are the code of the key and its hints.
pub(super) type Shared = ThinArc<Header, u8>;

pub(super) struct Header {
    cell: SwapCell,
    /// How many of the bytes are the code.
    compared: usize,
}

/// An entry. It stays readable after it was taken out of the list.
#[derive(Clone)]
pub struct Entry(Shared);

impl Entry {
    pub(super) fn of_shared(shared: Shared) -> Self {
        Self(shared)
    }

    fn new(bytes: &[u8], compared: usize) -> Self {
        Self(Shared::from_header_and_slice(Header { cell: SwapCell::default(), compared }, bytes))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Returns whether this is that very entry.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.as_ptr() == other.0.as_ptr()
    }

    /// Returns the code of the key.
    #[must_use]
    pub fn code(&self) -> &[u8] {
        code_of(&self.0)
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> EncodedKey {
        EncodedKey::of_parts(&self.0.slice, self.0.header.header.compared)
    }

    /// Returns the double that equals the key, if there is one.
    #[must_use]
    pub fn to_double(&self) -> Option<f64> {
        number::exact_double(self.code())
    }
}

impl AsRef<SwapCell> for Entry {
    fn as_ref(&self) -> &SwapCell {
        &self.0.header.header.cell
    }
}

/// Returns the code of an entry's key.
pub(super) fn code_of(shared: &Shared) -> &[u8] {
    shared.slice.get(..shared.header.header.compared).unwrap_or_default()
}

/// The place of an entry in the list: the first bytes of its code, which decide most comparisons without another access
/// of memory, and the entry.
pub(super) struct Place {
    head: [u64; 2],
    entry: Entry,
}

impl Place {
    /// Makes a place to search for.
    pub(super) fn of_code(code: &[u8]) -> Self {
        Self { head: head_of(code), entry: Entry::new(code, code.len()) }
    }

    /// Makes the place of a new entry.
    pub(super) fn of_key(key: &EncodedKey) -> Self {
        let (bytes, compared) = key.parts();
        Self { head: head_of(key.code()), entry: Entry::new(bytes, compared) }
    }

    /// Returns the place of an entry.
    pub(super) fn of_entry(entry: &Entry) -> Self {
        Self { head: head_of(entry.code()), entry: entry.clone() }
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }
}

/// Returns the first 16 bytes of a code, filled up with zeros. Different heads compare as the codes do.
fn head_of(code: &[u8]) -> [u64; 2] {
    let part = |from: usize| {
        let mut bytes = [0; 8];
        for (byte, from) in bytes.iter_mut().zip(code.get(from..).unwrap_or_default()) {
            *byte = *from;
        }
        u64::from_be_bytes(bytes)
    };
    [part(0), part(8)]
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.entry.code().cmp(other.entry.code()))
    }
}
