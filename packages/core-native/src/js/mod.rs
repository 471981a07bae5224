//! Between Node-API and the rest of the seam: functions, their arguments and results, errors.
//!
//! | module | what it holds |
//! |---|---|
//! | [`register`] | registering a function by hand |
//! | [`call`] | one call of it |
//! | [`args`] | reading its arguments |
//! | [`make`] | making its result |
//! | [`numbers`] | JavaScript's numbers as integers, and back |
//! | [`error`] | from a failure to a JavaScript `KohakuVaultError` |
//! | [`environment`] | what belongs to one Node environment |
//! | [`memory`] | fresh memory that is about to be filled |

pub(crate) mod args;
pub(crate) mod call;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod make;
pub(crate) mod memory;
pub(crate) mod numbers;
pub(crate) mod register;
