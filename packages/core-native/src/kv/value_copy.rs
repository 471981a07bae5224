//! Copying a value to where it fits.

/// So many bytes of a value that does not fit tell how to go on with it: whether it has a header.
const BEGINNING: usize = 16;

/// How a value was found.
pub(super) enum Found {
    Missing,
    /// The value has this length and was copied.
    Copied(usize),
    /// The value has this length and does not fit. Its beginning was copied. The row waits for `take` or `end`.
    TooLong(usize),
    /// The value must be read as a BLOB, by ranges: it is longer than the host takes in one piece, or it is not bytes.
    Apart,
}

/// Copies a value, or its beginning if the target is too short for all of it.
pub(super) fn copy_or_begin(value: &[u8], target: &mut [u8]) -> Found {
    if let Some(place) = target.get_mut(..value.len()) {
        place.copy_from_slice(value);
        return Found::Copied(value.len());
    }
    copy_prefix(value.get(..BEGINNING).unwrap_or(value), target);
    Found::TooLong(value.len())
}

/// Copies as many bytes as fit.
pub(super) fn copy_prefix(bytes: &[u8], target: &mut [u8]) {
    let length = bytes.len().min(target.len());
    if let (Some(place), Some(bytes)) = (target.get_mut(..length), bytes.get(..length)) {
        place.copy_from_slice(bytes);
    }
}
