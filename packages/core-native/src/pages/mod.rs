//! Which rows the commits of anybody have changed since memory got a copy of them: `kohakuvault_core::pages` with the
//! files of a connection.
//!
//! | module | what it holds |
//! |---|---|
//! | [`explained`] | which tables a statement writes |
//! | [`watch`] | what a connection keeps of the rows that are watched |
//! | [`calls`] | the functions that JavaScript sees |

mod calls;
mod explained;
mod watch;

pub(crate) use calls::register;
