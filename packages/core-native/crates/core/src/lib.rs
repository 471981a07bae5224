//! KohakuVault's algorithms.
//!
//! This crate knows neither Node nor SQLite. It takes bytes and numbers, and returns bytes, numbers and [`CoreError`]s.
//! Only the seam (`packages/core-native/src`) calls it, and only the seam may have `unsafe`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`packer`] | the element types and their byte layouts |
//! | [`columns`] | columns as SQL sees them |
//! | [`kv`] | pending writes |
//! | [`pages`] | which rows the commits of a WAL have changed |
//! | [`tree`] | reading SQLite's B-trees in place |
//! | [`vector`] | distances and top-k scans |
//! | [`ordered`] | the ordered maps and the order-preserving key encoding |
//! | [`statistics`] | statistics and search over many numbers |
//! | [`text`] | what full-text search adds to FTS5 |
//! | [`transaction_log`] | what SQLite has reported of transactions, until somebody asks |
//! | [`boundary`] | the numbers that Rust and TypeScript agree on |
//! | [`error`] | what can go wrong, and under which code users see it |

pub mod boundary;
pub mod columns;
pub mod error;
pub mod kv;
pub mod ordered;
pub mod packer;
pub mod pages;
pub mod statistics;
pub mod text;
pub mod transaction_log;
pub mod tree;
pub mod vector;

pub use error::{CoreError, ErrorCode};
