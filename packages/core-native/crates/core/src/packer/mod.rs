//! Element types of vectors, and their byte layouts.
//!
//! | module | what lives there |
//! |---|---|
//! | [`element`] | the ten element types: codes, sizes, reading and writing one |
//! | [`cast`] | many elements from one type to another, refusing what would change a value |
//! | [`rows`] | vectors of one shape back to back, each behind its type byte |

pub mod cast;
pub mod element;
pub mod rows;
