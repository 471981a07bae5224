//! Which vectors are in lists: a set of ids in blocks, which are stored apart.
//!
//! A block has the ids that differ in their lowest 16 bits only. As bytes it is a bitmap, or the lowest 16 bits of each
//! in ascending order if that is shorter.

use std::collections::{BTreeMap, BTreeSet};

use crate::CoreError;

const WORDS: usize = 1024;
const BITMAP_BYTES: usize = WORDS * 8;

type Bits = [u64; WORDS];

/// A set of ids.
#[derive(Default)]
pub struct KnownIds {
    blocks: BTreeMap<i64, Box<Bits>>,
    changed: BTreeSet<i64>,
}

/// Returns the block of an id, and the id's place in it.
fn place_of(id: i64) -> (i64, usize) {
    (id >> 16, (id & 0xffff).unsigned_abs() as usize)
}

impl KnownIds {
    /// Returns the block that an id belongs to.
    #[must_use]
    pub const fn block_of(id: i64) -> i64 {
        id >> 16
    }

    /// Adds a block as `write` returns it.
    ///
    /// # Errors
    /// If the bytes are neither a bitmap nor a list.
    pub fn read(&mut self, block: i64, bytes: &[u8]) -> Result<(), CoreError> {
        let mut bits: Box<Bits> = Box::new([0; WORDS]);
        if bytes.len() == BITMAP_BYTES {
            let words = bytes.as_chunks::<8>().0;
            bits.iter_mut().zip(words).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        } else if bytes.len() < BITMAP_BYTES && bytes.len().is_multiple_of(2) {
            for bytes in bytes.as_chunks::<2>().0 {
                let place = usize::from(u16::from_le_bytes(*bytes));
                if let Some(word) = bits.get_mut(place / 64) {
                    *word |= 1 << (place % 64);
                }
            }
        } else {
            return Err(CoreError::Corrupt(format!("the block {block} of known ids has {} bytes", bytes.len())));
        }
        self.blocks.insert(block, bits);
        Ok(())
    }

    /// Returns the bytes of a block. Empty if it has no id.
    #[must_use]
    pub fn write(&self, block: i64) -> Vec<u8> {
        let Some(bits) = self.blocks.get(&block) else { return Vec::new() };
        let count: usize = bits.iter().map(|word| word.count_ones() as usize).sum();
        if count * 2 >= BITMAP_BYTES {
            return bits.iter().flat_map(|word| word.to_le_bytes()).collect();
        }
        let words = (0..=u16::MAX).step_by(64).zip(bits.iter()).filter(|(_, word)| **word != 0);
        let places =
            words.flat_map(|(first, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit));
        places.flat_map(u16::to_le_bytes).collect()
    }

    /// Returns whether an id is in the set.
    #[must_use]
    pub fn has(&self, id: i64) -> bool {
        let (block, place) = place_of(id);
        self.blocks.get(&block).is_some_and(|bits| has(bits, place))
    }

    /// Calls `visit` with each of many ids that is not in the set. Ids of one block are best one after another.
    pub fn unknown(&self, ids: impl Iterator<Item = i64>, mut visit: impl FnMut(i64)) {
        let mut last: Option<(i64, Option<&Bits>)> = None;
        for id in ids {
            let (block, place) = place_of(id);
            let bits = match last {
                Some((number, bits)) if number == block => bits,
                _ => self.blocks.get(&block).map(|bits| &**bits),
            };
            last = Some((block, bits));
            if !bits.is_some_and(|bits| has(bits, place)) {
                visit(id);
            }
        }
    }

    /// Calls `visit` with each of so many successive ids that is not in the set.
    pub fn unknown_of_run(&self, first: i64, count: usize, mut visit: impl FnMut(i64)) {
        let end = first.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        let mut next = first;
        while next < end {
            let (block, place) = place_of(next);
            let last = end.min(((block << 16) | 0xffff).saturating_add(1));
            let Some(bits) = self.blocks.get(&block) else {
                (next..last).for_each(&mut visit);
                next = last;
                continue;
            };
            let mut place = place;
            while next < last {
                let word = bits.get(place / 64).copied().unwrap_or_default() >> (place % 64);
                let here = (64 - place % 64).min(usize::try_from(last - next).unwrap_or_default());
                // One bits for the ids in this word that are missing.
                let missing = !word & (u64::MAX >> (64 - here));
                let mut rest = missing;
                while rest != 0 {
                    visit(next + i64::from(rest.trailing_zeros()));
                    rest &= rest - 1;
                }
                next += i64::try_from(here).unwrap_or_default();
                place += here;
            }
        }
    }

    /// Adds an id.
    pub fn insert(&mut self, id: i64) {
        let (block, place) = place_of(id);
        let bits = self.blocks.entry(block).or_insert_with(|| Box::new([0; WORDS]));
        if let Some(word) = bits.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
        self.changed.insert(block);
    }

    /// Removes an id. Returns whether it was there.
    pub fn remove(&mut self, id: i64) -> bool {
        let (block, place) = place_of(id);
        let Some(bits) = self.blocks.get_mut(&block).filter(|bits| has(bits, place)) else { return false };
        if let Some(word) = bits.get_mut(place / 64) {
            *word &= !(1 << (place % 64));
        }
        self.changed.insert(block);
        true
    }

    /// Returns the blocks that have changed since the last call.
    pub fn take_changed(&mut self) -> BTreeSet<i64> {
        std::mem::take(&mut self.changed)
    }
}

fn has(bits: &Bits, place: usize) -> bool {
    bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}
