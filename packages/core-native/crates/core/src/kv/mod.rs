//! Pending writes, and the order in which they are flushed.

mod ordering;
mod pending;
mod records;

pub use ordering::sort_by_key;
pub use pending::{Pending, Put};
pub use records::Record;

#[cfg(test)]
mod tests;
