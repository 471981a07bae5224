//! Ordered maps and the order-preserving key encoding.
//!
//! | module | what lives there |
//! |---|---|
//! | [`key`] | keys of every kind as bytes that compare as the keys do |
//! | [`number`] | the part of that for numbers: doubles and integers of any size in one order |
//! | [`tree`] | the B+tree, over any kind of node keys |
//! | [`number_keys`], [`encoded_keys`] | the keys of one node: doubles, and encoded keys |
//! | [`mixed_tree`] | a tree that is one of doubles until it is given another key |
//! | [`slots`] | the numbers by which a caller keeps its values |
//! | [`skip_list`] | the map that threads share, and the protocol of its entries |

pub mod encoded_keys;
pub mod key;
pub mod mixed_tree;
pub mod number;
pub mod number_keys;
// pub mod skip_list;
pub mod slots;
pub mod tree;
