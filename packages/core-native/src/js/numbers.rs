//! JavaScript's numbers as integers, and back. Casts that may lose something are only here, each with its reason.

use std::ffi::c_int;

/// The largest integer up to which every integer is a JavaScript number of its own.
const MOST_EXACT: i64 = 9_007_199_254_740_991;

/// Returns the integer that equals a number.
#[inline]
pub(crate) fn whole(number: f64) -> Option<i64> {
    // Casting to i64 and back costs a fraction of `fract` and of a conversion to an unsigned integer.
    #[expect(clippy::cast_possible_truncation, reason = "a number that was truncated differs from its integer")]
    let integer = number as i64;
    (integer as f64 == number).then_some(integer)
}

/// Returns the integer that equals a number, if every integer up to it is a number of its own.
#[inline]
pub(crate) fn exact(number: f64) -> Option<i64> {
    whole(number).filter(|integer| (-MOST_EXACT..=MOST_EXACT).contains(integer))
}

/// Returns the length, offset or count that equals a number.
#[inline]
pub(crate) fn index(number: f64) -> Option<usize> {
    whole(number).filter(|integer| (0..=MOST_EXACT).contains(integer)).and_then(|integer| usize::try_from(integer).ok())
}

/// Returns the handle that a number stands for. A number that is not a handle becomes a handle that nothing has.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casting saturates, and nothing has 0")]
pub(crate) const fn handle(number: f64) -> u64 {
    number as u64
}

/// Returns a limit that a caller gives as a number: rounded down, and at the ends of the type where it lies outside.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casting saturates, which is meant")]
pub(crate) const fn limit(number: f64) -> usize {
    number as usize
}

/// Returns the length of memory as a signed integer. No memory is longer than `isize::MAX`.
#[inline]
pub(crate) const fn signed(length: usize) -> isize {
    length.cast_signed()
}

/// Returns a length that SQLite or Node-API reports. They never report a negative one.
#[inline]
pub(crate) fn unsigned(length: c_int) -> usize {
    usize::try_from(length).unwrap_or_default()
}

/// Returns a length as a record's head holds it. No key or value that SQLite stores is longer than a u32.
#[inline]
pub(crate) fn length_in_record(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Returns the number of a slot, which is below 2^31.
#[inline]
pub(crate) const fn slot(slot: u32) -> i32 {
    slot.cast_signed()
}
