//! Nearest neighbors: distances, exact scans of a resident matrix, and an approximate first pass over two bits a
//! dimension.
//!
//! Each module uses only those above it in this table.
//!
//! | module | what it holds |
//! |---|---|
//! | [`shape`] | element types, metrics, and what one vector takes |
//! | `kernels` | the loops over numbers, compiled for what the processor has |
//! | [`id_set`] | the ids that a search may find |
//! | `packed_rows` | vectors one after another in aligned memory |
//! | [`nearest`] | keeping the nearest of many rows |
//! | `sketch` | two bits a dimension: rotation, codes, and estimates from them |
//! | [`block`] | up to a chunk of vectors with their ids; how a chunk of vec0 becomes one |
//! | [`free_slots`] | the bitmap of a chunk: its free slots |
//! | [`query`] | a query ready to be compared, and the scores of rows |
//! | [`search`] | exact scans, in tiles and threads, over all rows or some |
//! | [`read_ahead`] | exact scans of what another thread reads |
//! | `approximate` | searches that compare only candidates exactly |
//! | `prefix` | searches whose candidates the first dimensions find |
//! | [`lists`] | lists of vectors around centroids, for an index |
//! | [`matrix`] | all blocks of a table, and how own writes change them |

mod approximate;
pub mod block;
pub mod free_slots;
pub mod id_set;
mod kernels;
pub mod lists;
pub mod matrix;
pub mod nearest;
mod packed_rows;
mod prefix;
pub mod query;
pub mod read_ahead;
pub mod search;
pub mod shape;
mod sketch;
