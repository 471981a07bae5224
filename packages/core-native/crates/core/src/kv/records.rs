//! Records packed one after another: `| key length u32 | value length u64 | key | value |`, little-endian.

/// A key and its value. None deletes the key.
pub type Record<'a> = (&'a [u8], Option<&'a [u8]>);

const HEAD: usize = 12;
const VALUE_LENGTH: usize = 4;
/// Stands for the length of a value if the record deletes the key.
const NO_VALUE: u64 = u64::MAX;
/// A bit in the length of a key, which is never so long. It says that the record no longer counts.
const DEAD: u32 = 1 << 31;

/// Records are added at the end and stay where they are, so a place in the memory names a record for good.
#[derive(Default)]
pub(super) struct Records {
    memory: Vec<u8>,
}

impl Records {
    /// Returns how many bytes all records take, including dead ones.
    pub(super) fn length(&self) -> usize {
        self.memory.len()
    }

    /// Adds a record and returns its place.
    pub(super) fn push(&mut self, key: &[u8], value: Option<&[u8]>) -> usize {
        let at = self.memory.len();
        let length = value.map_or(NO_VALUE, |value| value.len() as u64);
        self.memory.reserve(HEAD + key.len() + value.map_or(0, <[u8]>::len));
        self.memory.extend_from_slice(&(key.len() as u32).to_le_bytes());
        self.memory.extend_from_slice(&length.to_le_bytes());
        self.memory.extend_from_slice(key);
        self.memory.extend_from_slice(value.unwrap_or_default());
        at
    }

    /// Returns the record at a place, dead or not.
    pub(super) fn at(&self, at: usize) -> Record<'_> {
        self.read(at).map_or((&[], None), |(record, _, _)| record)
    }

    /// Returns how many bytes the key and the value at a place have, and how many the record takes.
    pub(super) fn extent(&self, at: usize) -> (usize, usize) {
        let (key, value) = self.at(at);
        let bytes = key.len() + value.map_or(0, <[u8]>::len);
        (bytes, bytes + HEAD)
    }

    /// Overwrites a value with one of the same length. Returns false if the lengths differ.
    pub(super) fn overwrite(&mut self, at: usize, value: &[u8]) -> bool {
        let (key, old) = self.at(at);
        if old.map(<[u8]>::len) != Some(value.len()) {
            return false;
        }
        let start = at + HEAD + key.len();
        let Some(place) = self.memory.get_mut(start..start + value.len()) else { return false };
        place.copy_from_slice(value);
        true
    }

    /// Returns whether the record at a place is the last one.
    pub(super) fn is_last(&self, at: usize) -> bool {
        self.read(at).is_some_and(|(_, _, end)| end == self.memory.len())
    }

    /// Replaces the value of the last record.
    pub(super) fn replace_last(&mut self, at: usize, value: Option<&[u8]>) {
        let key_end = at + HEAD + self.at(at).0.len();
        self.memory.truncate(key_end);
        let length = value.map_or(NO_VALUE, |value| value.len() as u64);
        if let Some(place) = self.memory.get_mut(at + VALUE_LENGTH..at + HEAD) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        self.memory.extend_from_slice(value.unwrap_or_default());
    }

    /// Marks a record as dead or as one that counts.
    pub(super) fn mark(&mut self, at: usize, dead: bool) {
        if let Some(place) = self.memory.get_mut(at..at + VALUE_LENGTH)
            && let Some(length) = place.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
        {
            let marked = if dead { length | DEAD } else { length & !DEAD };
            place.copy_from_slice(&marked.to_le_bytes());
        }
    }

    /// Returns the records that count with their places, in the order in which they came.
    pub(super) fn living(&self) -> impl Iterator<Item = (usize, Record<'_>)> {
        let mut next = 0;
        std::iter::from_fn(move || {
            loop {
                let at = next;
                let (record, dead, end) = self.read(at)?;
                next = end;
                if !dead {
                    return Some((at, record));
                }
            }
        })
    }

    /// Returns the record at a place, whether it is dead, and where the next one begins.
    fn read(&self, at: usize) -> Option<(Record<'_>, bool, usize)> {
        let (key_length, rest) = self.memory.get(at..)?.split_first_chunk()?;
        let (value_length, rest) = rest.split_first_chunk()?;
        let (key_length, value_length) = (u32::from_le_bytes(*key_length), u64::from_le_bytes(*value_length));
        let (key, rest) = rest.split_at_checked((key_length & !DEAD) as usize)?;
        let value = if value_length == NO_VALUE { None } else { Some(rest.get(..value_length as usize)?) };
        let end = at + HEAD + key.len() + value.map_or(0, <[u8]>::len);
        Some(((key, value), key_length & DEAD != 0, end))
    }
}
