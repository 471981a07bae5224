//! Reading SQLite's B-trees in place: keys in an index, and rows by their rowids.
//!
//! SQLite finds a row by a program of its virtual machine, and one row after the other. Here a key costs two descents
//! and nothing else, and the rows of a range are looked up side by side, so that the processor waits for the memory of
//! many of them at once.
//!
//! The caller holds a read transaction, so the pages stay as they are. Whatever is unusual is *unknown* (None): a page
//! that cannot be had, damage, a key that is not a BLOB. Then the caller asks SQLite, which knows the answer or reports
//! what is wrong.
//!
//! The tests here make their pages as the file format says. Those in `packages/kvault/test/in-place.test.ts` read files
//! that SQLite writes.
//!
//! | module | what it holds |
//! |---|---|
//! | [`page`] | where pages come from |
//! | `node` | the nodes of B-trees, and their cells |
//! | `record` | the first columns of a row |
//! | [`index`] | finding keys, and walking along them |
//! | [`key_hints`] | the rowids of keys that were looked up |
//! | [`chain`] | the pages of a long value |
//! | [`rows`] | finding rows, alone and many at once |

pub mod chain;
pub mod index;
pub mod key_hints;
mod node;
pub mod page;
mod record;
pub mod rows;

#[cfg(test)]
mod tests;
