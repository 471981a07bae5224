//! KohakuVault's algorithms.
//!
//! This crate knows neither Node nor SQLite: bytes and numbers in, bytes, numbers and [`CoreError`]s out. The seam
//! (`packages/core-native/src`) is the only crate that calls it, and the only one that may hold `unsafe`.
//!
//! | module | what lives there |
//! |---|---|
//! | [`packer`] | the element types and their byte layouts |
//! | [`kvault`] | what waits in a write-back cache |
//! | [`vector`] | distances and top-k scans |
//! | [`ordered`] | the ordered maps and the order-preserving key encoding |
//! | [`transaction_log`] | what SQLite has told of a transaction, until somebody asks |
//! | [`error`] | what can go wrong, and under which code users see it |

pub mod error;
pub mod kvault;
pub mod ordered;
pub mod packer;
pub mod transaction_log;
pub mod vector;

pub use error::{CoreError, ErrorCode};
