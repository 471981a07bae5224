//! The bytes of one value of a row, from the pages that are known to have them.

use super::btree::RowPages;
use super::bytes::varint_at;
use super::state::State;
use super::wal_frames::Source;

/// The bytes of a row that are read to find a value in it. The values before it must be short.
const MOST_HEAD: usize = 64;
/// The first of the types that are BLOBs and texts. The others have few bytes, which are numbers.
const BYTES: u64 = 12;

/// Fills `target` with bytes of a BLOB or a text, from `offset` on. Returns how many there were. None means that the row
/// has no such value.
pub(super) fn read_value<S: Source>(
    state: &State<'_, S>,
    row: &RowPages,
    column: usize,
    offset: usize,
    target: &mut [u8],
) -> Option<usize> {
    let (start, length) = place_of(state, row, column)?;
    let count = target.len().min(length.saturating_sub(offset));
    if count > 0 {
        read_payload(state, row, start + offset, target.get_mut(..count)?)?;
    }
    Some(count)
}

/// Returns where a value begins among those of its row, and its length.
fn place_of<S: Source>(state: &State<'_, S>, row: &RowPages, column: usize) -> Option<(usize, usize)> {
    let mut bytes = [0; MOST_HEAD];
    let bytes = bytes.get_mut(..row.payload.local.min(MOST_HEAD))?;
    state.read(row.leaf, row.payload.start, bytes)?;
    let (head, mut at) = varint_at(bytes, 0)?;
    let mut start = usize::try_from(head).ok().filter(|head| *head <= bytes.len())?;
    let types = bytes.get(..start)?;
    for number in 0..=column {
        let (kind, length) = varint_at(types, at)?;
        at += length;
        let size = size_of(kind)?;
        if number == column {
            let is_inside = start.checked_add(size)? <= row.payload.length;
            return (kind >= BYTES && is_inside).then_some((start, size));
        }
        start = start.checked_add(size)?;
    }
    None
}

/// Returns how many bytes a value of a type has.
fn size_of(kind: u64) -> Option<usize> {
    match kind {
        0 | 8 | 9 => Some(0),
        1..=4 => usize::try_from(kind).ok(),
        5 => Some(6),
        6 | 7 => Some(8),
        10 | 11 => None,
        _ => usize::try_from((kind - BYTES) / 2).ok(),
    }
}

/// Fills `target` with the bytes of a row from `at` on.
fn read_payload<S: Source>(state: &State<'_, S>, row: &RowPages, mut at: usize, mut target: &mut [u8]) -> Option<()> {
    let local = row.payload.local;
    if at < local {
        let (part, rest) = target.split_at_mut(target.len().min(local - at));
        state.read(row.leaf, row.payload.start + at, part)?;
        at += part.len();
        target = rest;
    }
    let content = state.usable().checked_sub(4)?;
    while !target.is_empty() {
        let within = (at - local) % content;
        let (part, rest) = target.split_at_mut(target.len().min(content - within));
        state.read(*row.overflow.get((at - local) / content)?, 4 + within, part)?;
        at += part.len();
        target = rest;
    }
    Some(())
}
