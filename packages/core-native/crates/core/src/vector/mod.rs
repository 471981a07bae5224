//! Nearest neighbours: distances, exact scans of a resident matrix, and an approximate first pass over two bits a dimension.
//!
//! | module | what lives there |
//! |---|---|
//! | [`shape`] | element types, metrics, and what one vector takes |
//! | `kernels` | the loops over numbers, compiled for what the processor has |
//! | `packed_rows` | vectors back to back in aligned memory |
//! | [`block`] | up to a chunk of vectors with their ids; how one is made from a chunk of vec0 |
//! | [`query`] | a query ready to be compared, and the scores of rows |
//! | [`nearest`] | keeping the best of many |
//! | [`matrix`] | all blocks of a table, and how own writes change them |
//! | [`search`] | exact scans, blocked, in threads, over all rows or some |
//! | [`sketch`] | two bits a dimension: rotation, codes, and estimates from them |

pub mod block;
mod kernels;
pub mod matrix;
pub mod nearest;
mod packed_rows;
pub mod query;
pub mod search;
pub mod shape;
pub mod sketch;
