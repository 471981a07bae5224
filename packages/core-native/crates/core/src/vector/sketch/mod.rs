//! Two bits a dimension: a first pass that reads a sixteenth of the vectors' memory.
//!
//! Vectors are moved so that their mean lies at the origin, and rotated at random. After that every dimension carries
//! as much as any other, however few of them did before. Then each dimension is rounded to one of four levels. The
//! query is rotated too, but not rounded: its product with a row is a sum of table entries, one look-up for two
//! dimensions. It comes so close to the true product that the nearest rows are among a few times as many candidates.
//! Those are compared exactly.
//!
//! | module | what it holds |
//! |---|---|
//! | `sketcher` | what the sketches of one matrix have in common |
//! | `rotation` | a random rotation in n log n steps |
//! | `levels` | how dimensions become codes |
//! | `codes` | rows as codes, 64 side by side |
//! | `tables` | a query as tables, and the sums of what they hold |

pub(super) mod codes;
pub(super) mod levels;
mod rotation;
pub(super) mod sketcher;
pub(super) mod tables;
