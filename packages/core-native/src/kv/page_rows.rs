//! What a page is asked for, and the rows that are written into it.

use std::ops::Bound;

use kohakuvault_core::boundary::{mark, record_head};

use crate::js::numbers::length_in_record;

/// What a page is asked for.
pub(super) struct PageRequest {
    pub(super) lower: Bound<Vec<u8>>,
    pub(super) upper: Bound<Vec<u8>>,
    pub(super) reverse: bool,
    pub(super) values: bool,
    pub(super) limit: usize,
}

/// What a page holds.
pub(super) struct Page {
    pub(super) rows: usize,
    /// Whether no more rows follow.
    pub(super) is_last: bool,
}

pub(super) fn key_of(bound: &Bound<Vec<u8>>) -> Option<&[u8]> {
    match bound {
        Bound::Excluded(key) | Bound::Included(key) => Some(key),
        Bound::Unbounded => None,
    }
}

pub(super) fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// Rows written one after another.
pub(super) struct Rows<'a> {
    pub(super) target: &'a mut [u8],
    pub(super) at: usize,
    pub(super) count: usize,
}

impl Rows<'_> {
    /// Adds a row, with a mark instead of a value that is too long even for an empty page. Returns false if there is no
    /// room. The row comes first on the next page then. An empty page that is not the last one asks for more room.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8], marked: Option<u32>) -> bool {
        let place = self.target.get_mut(self.at..).unwrap_or_default();
        let written = write_row(place, key, value, marked);
        let written = match written {
            None if self.count == 0 => write_row(self.target, key, &[], Some(mark::APART)),
            _ => written,
        };
        let Some(length) = written else { return false };
        self.at += length;
        self.count += 1;
        true
    }

    /// Adds a row whose value `fill` copies. Returns None if that fails, and otherwise what `add` returns.
    pub(super) fn add_filled(
        &mut self,
        key: &[u8],
        value: usize,
        fill: impl FnOnce(&mut [u8]) -> Option<()>,
    ) -> Option<bool> {
        let place = self.target.get_mut(self.at..).unwrap_or_default();
        let Some(place) = begin_row(place, key, value, None) else {
            // As an empty page does it: with a mark, or it asks for more room.
            return Some(self.count == 0 && self.add(key, &[], Some(mark::APART)));
        };
        fill(place)?;
        self.at += record_head::BYTES + key.len() + value;
        self.count += 1;
        Some(true)
    }
}

fn write_row(target: &mut [u8], key: &[u8], value: &[u8], marked: Option<u32>) -> Option<usize> {
    let place = begin_row(target, key, value.len(), marked)?;
    place.copy_from_slice(value);
    Some(record_head::BYTES + key.len() + value.len())
}

/// Writes the head and the key of a row. Returns where its value goes.
fn begin_row<'a>(target: &'a mut [u8], key: &[u8], value: usize, marked: Option<u32>) -> Option<&'a mut [u8]> {
    let length = (record_head::BYTES + key.len()).checked_add(value)?;
    let (head, rest) = target.get_mut(..length)?.split_first_chunk_mut::<{ record_head::BYTES }>()?;
    let (key_length, value_length) = head.split_first_chunk_mut::<{ record_head::VALUE_LENGTH }>()?;
    *key_length = length_in_record(key.len()).to_le_bytes();
    value_length.copy_from_slice(&marked.unwrap_or(length_in_record(value)).to_le_bytes());
    let (key_place, value_place) = rest.split_at_mut_checked(key.len())?;
    key_place.copy_from_slice(key);
    Some(value_place)
}
