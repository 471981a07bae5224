//! Which pages of a file hold the rows that memory has a copy of, and what commits have written since.
//!
//! In WAL mode every commit of any connection appends the pages that it changed to the WAL. So a copy of rows in memory
//! is valid as long as no commit has written a page of theirs. All that is read here may be damaged or change while it
//! is read. Whatever looks odd is *unknown* (None), and then the caller keeps nothing.
//!
//! | module | what it holds |
//! |---|---|
//! | [`wal_head`] | how far the WAL reaches |
//! | [`wal_frames`] | which pages the frames of the WAL hold |
//! | [`state`] | the pages of one committed state |
//! | [`btree`] | the pages of the rows of a table |
//! | `value` | the bytes of one value |
//! | `page_map` | from pages to rows |
//! | [`page_watch`] | what has changed since a copy was made |

pub mod btree;
pub(crate) mod bytes;
mod page_map;
mod page_set;
pub mod page_watch;
pub mod state;
mod value;
pub mod wal_frames;
pub mod wal_head;

#[cfg(test)]
mod tests;
