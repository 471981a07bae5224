//! Which rows the commits of anybody have changed since memory got a copy of them: `kohakuvault_core::pages` with the
//! files of a connection.
//!
//! | module | what it holds |
//! |---|---|
//! | [`files`] | the database and its WAL, through SQLite's own handles |
//! | [`explained`] | which tables a statement writes |
//! | [`view`] | the pages as a held read snapshot sees them, in place |
//! | [`watch`] | what a connection keeps of the rows that are watched |
//! | [`calls`] | the functions that JavaScript sees |

mod calls;
mod explained;
mod files;
pub(crate) mod view;
mod watch;

pub(crate) use calls::register;
