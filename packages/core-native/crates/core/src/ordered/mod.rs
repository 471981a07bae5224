//! Ordered maps and the order-preserving key encoding.
//!
//! | module | what it holds |
//! |---|---|
//! | [`key`] | keys of every kind as bytes that compare as the keys do |
//! | [`number`] | the same for numbers: doubles and integers of any size in one order |
//! | [`tree`] | the B+tree |
//! | `encoded_keys` | the keys of one node of it |
//! | [`slots`] | the numbers by which a caller keeps its values |
//! | [`skip_list`], [`value_slot`] | the map that threads share, and the protocol of its entries |

mod encoded_keys;
pub mod key;
pub mod number;
pub mod skip_list;
pub mod slots;
pub mod tree;
pub mod value_slot;
