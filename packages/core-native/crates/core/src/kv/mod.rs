//! What a write-back cache holds, and the order in which it is written.

mod ordering;
mod pending;
mod records;

pub use ordering::sort_by_key;
pub use pending::{Pending, Put};
pub use records::Record;

#[cfg(test)]
mod tests;
