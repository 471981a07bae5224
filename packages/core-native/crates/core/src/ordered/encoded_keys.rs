//! The keys of one node of a tree of encoded keys.

use std::cmp::Ordering;

use super::key::EncodedKey;

/// Encoded keys. The eight bytes of each key that tell it from its neighbors lie side by side. A search reads those,
/// and follows the pointers of one or two keys.
#[derive(Debug)]
pub(super) struct EncodedKeys {
    /// How many bytes all keys have in common at their beginning, at least. The heads start after them.
    common: usize,
    heads: Vec<u64>,
    keys: Vec<EncodedKey>,
}

const HEAD: usize = 8;

fn head_of(code: &[u8], common: usize) -> u64 {
    let behind = code.get(common..).unwrap_or_default();
    if let Some(head) = behind.first_chunk::<HEAD>() {
        return u64::from_be_bytes(*head);
    }
    behind.iter().zip(0_u32..).fold(0, |head, (byte, place)| head | u64::from(*byte) << (56 - 8 * place))
}

fn common_length(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

impl EncodedKeys {
    /// Finds what the first and the last key have in common, which all keys between them have too.
    fn refresh(&mut self) {
        let (Some(first), Some(last)) = (self.keys.first(), self.keys.last()) else { return };
        self.common = common_length(first.code(), last.code());
        self.heads.clear();
        self.heads.extend(self.keys.iter().map(|key| head_of(key.code(), self.common)));
    }

    /// Returns the position of a probe that comes before or after all keys because it begins differently.
    fn outside(&self, probe: &[u8]) -> Option<usize> {
        let common = self.keys.first()?.code().get(..self.common)?;
        let beginning = probe.get(..self.common).unwrap_or(probe);
        match beginning.cmp(common) {
            Ordering::Less => Some(0),
            Ordering::Equal => None,
            Ordering::Greater => Some(self.keys.len()),
        }
    }

    /// Creates a node without keys, with room for some.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { common: 0, heads: Vec::with_capacity(capacity), keys: Vec::with_capacity(capacity) }
    }

    /// Returns how many keys there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns the position of a key, or where it would be.
    pub(super) fn search(&self, probe: &[u8]) -> Result<usize, usize> {
        if let Some(position) = self.outside(probe) {
            return Err(position);
        }
        let head = head_of(probe, self.common);
        let start = self.heads.partition_point(|other| *other < head);
        let same = self.heads.get(start..).unwrap_or_default().partition_point(|other| *other == head);
        let candidates = self.keys.get(start..start + same).unwrap_or_default();
        match candidates.binary_search_by(|key| key.code().cmp(probe)) {
            Ok(offset) => Ok(start + offset),
            Err(offset) => Err(start + offset),
        }
    }

    /// Returns the key at a position.
    pub(super) fn get(&self, position: usize) -> Option<&EncodedKey> {
        self.keys.get(position)
    }

    /// Adds a key that keeps the order.
    pub(super) fn insert(&mut self, position: usize, key: EncodedKey) {
        let inside = self.keys.len() > 1 && self.outside(key.code()).is_none();
        if inside {
            self.heads.insert(position, head_of(key.code(), self.common));
            self.keys.insert(position, key);
        } else {
            self.keys.insert(position, key);
            self.refresh();
        }
    }

    /// Removes the key at a position, which must exist.
    pub(super) fn remove(&mut self, position: usize) -> EncodedKey {
        self.heads.remove(position);
        self.keys.remove(position)
    }

    /// Moves the keys from a position on into a node of their own, with room for `capacity`.
    pub(super) fn split_off(&mut self, position: usize, capacity: usize) -> Self {
        let mut right = Self::with_capacity(capacity);
        right.keys.extend(self.keys.drain(position..));
        right.refresh();
        self.refresh();
        right
    }

    /// Adds the keys of the node to the right.
    pub(super) fn append(&mut self, right: Self) {
        self.keys.extend(right.keys);
        self.refresh();
    }
}
