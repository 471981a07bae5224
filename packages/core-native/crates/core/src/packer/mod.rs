//! Element types of vectors, and their byte layouts.
//!
//! | module | what it holds |
//! |---|---|
//! | [`element`] | the element types: codes, sizes, reading and writing one |
//! | [`half`] | floats of 16 bits |
//! | [`cast`] | many elements from one type to another, refusing what would change a value |
//! | [`rows`] | vectors of one shape one after another, each after its type byte |

pub mod cast;
pub mod element;
pub mod half;
pub mod rows;
