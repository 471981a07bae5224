//! Statistics of many numbers of one type, a piece at a time.
//!
//! The caller has the pieces, and merges what the functions return of each. So a column may be longer than memory. NaN
//! does not count as a value: it is left out. Every function takes the numbers as bytes, and ignores what is left of
//! them after the last whole number.
//!
//! | module | what it holds |
//! |---|---|
//! | [`number`] | what the loops need to know of a type |
//! | `doubles` | the loops over doubles |
//! | [`summary`] | count, extremes, sum, mean and spread |
//! | [`ranks`] | how many numbers begin with which bits, which leads to every quantile |
//! | [`histogram`] | how many numbers lie between which edges |
//! | [`search`] | the first number in a range |
//! | [`buckets`] | what is drawn of many numbers |

pub mod buckets;
mod doubles;
pub mod histogram;
pub mod number;
pub mod ranks;
pub mod search;
pub mod summary;

#[cfg(test)]
mod tests;
