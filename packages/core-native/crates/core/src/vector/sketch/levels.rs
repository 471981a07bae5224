//! How dimensions become codes.

/// The four levels that lose least of numbers that are spread as a rotation spreads them, in units of their mean size.
pub(crate) const LEVELS: [f32; 4] = [-1.510, -0.4528, 0.4528, 1.510];
/// The border between the outer levels and the inner ones.
const BORDER: f32 = 0.9816;

/// So many rows stand side by side, so that one instruction looks all of them up.
pub(crate) const GROUP: usize = 64;
/// Four dimensions of two bits make a byte.
pub(crate) const DIMENSIONS_PER_BYTE: usize = 4;

/// Returns the level of a number, in units of the mean size.
pub(crate) const fn code_of(value: f32) -> usize {
    if value < -BORDER {
        0
    } else if value < 0.0 {
        1
    } else if value < BORDER {
        2
    } else {
        3
    }
}
