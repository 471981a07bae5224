//! Columns as tables of SQL, on every connection that loads this library.
//!
//! `SELECT i, value FROM kohakuvault_column('loss')` reads a column, and `CREATE VIRTUAL TABLE temp.log USING
//! kohakuvault_frame(log)` makes a table of a frame's columns. Both are read from the file as the statement sees it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`catalog`] | the columns of the file, in the tables of both layouts |
//! | [`value_bytes`] | ranges of values |
//! | [`reader`] | the chunks and blocks of a column |
//! | [`window`], [`source`] | the elements of a column, a window at a time |
//! | [`plan`] | which conditions of a query a scan takes over |
//! | [`table`] | the two kinds of tables, and scans |
//! | [`module`] | how SQLite calls all that |

mod catalog;
mod module;
mod plan;
mod reader;
mod source;
mod table;
mod value_bytes;
mod window;

use std::ffi::c_int;

use crate::sqlite::db::Db;

/// Gives a connection the tables.
pub(crate) fn register(db: Db) -> c_int {
    module::register(db)
}
