//! Columns as SQL sees them: what the bytes of an element are, by the dtype of its column.
//!
//! | module | what it holds |
//! |---|---|
//! | [`packing`] | sealed blocks: many elements in few bytes |
//! | [`stored_type`] | the dtype of a column, as the file has it |
//! | [`value`] | an element as a value of SQL |

pub mod packing;
pub mod stored_type;
pub mod value;
