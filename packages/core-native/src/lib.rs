//! The seam: one shared library that is a Node-API addon and an SQLite loadable extension.
//!
//! Node loads it as an addon and gets the functions of [`exports`]. better-sqlite3 loads it as an extension, which
//! hands us its SQLite and one open connection. From then on Rust works on that very connection, so there is never a
//! second SQLite in the process. `docs/native-boundary.md` has the rules and what each call costs.
//!
//! Each module uses only those above it in this table.
//!
//! | module | what it holds |
//! |---|---|
//! | [`js`] | functions for JavaScript: arguments, results, errors |
//! | [`sqlite`] | connections, statements and BLOBs of the host's SQLite |
//! | [`witness`] | what SQLite reports of transactions and statements, no matter who runs them |
//! | [`kept`] | what a connection keeps open until it closes |
//! | [`connection`] | a connection, and how everything on it is finalized |
//! | [`registry`] | handles: from a number to a connection of this thread |
//! | [`pages`] | which rows the commits of anybody have changed |
//! | [`kv`] | key-value tables, and their pending writes |
//! | [`vector`] | vec0's tables: read into memory, kept there, searched |
//! | [`lists`] | the index of a vec0 table: lists in ordinary tables of the same file |
//! | [`text`] | what full-text search adds to FTS5 |
//! | [`columns`] | columns as tables of SQL |
//! | [`ordered`] | the ordered maps: trees and shared skip lists |
//! | [`exports`] | the two entry points, and the functions of a connection |

mod columns;
mod connection;
mod exports;
mod js;
mod kept;
mod kv;
mod lists;
mod ordered;
mod pages;
mod registry;
mod sqlite;
mod text;
mod vector;
mod witness;
