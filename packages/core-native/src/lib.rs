//! The seam: one shared library that is a Node-API addon and a SQLite loadable extension.
//!
//! Node loads it as an addon and gets the functions below; better-sqlite3 loads it as an extension, which hands us its
//! SQLite and one open connection. From then on Rust works on that very connection, so there is never a second SQLite in
//! the process. `docs/native-boundary.md` tells the rules and what each call costs.
//!
//! | module | what it holds |
//! |---|---|
//! | [`extension`] | the entry point SQLite calls, which registers a connection |
//! | [`host`] | the one SQLite this process may have |
//! | [`registry`] | handles: from a number to a connection of this thread |
//! | [`connection`] | what we keep open on a connection, and how all of it is finalized |
//! | [`statement`], [`plain_statement`], [`blob`], [`blob_handle`], [`read_snapshot`] | the things kept or opened on a connection |
//! | [`witness`] | what SQLite tells us of transactions and statements, no matter who runs them |
//! | [`writing`] | one write at a time |
//! | [`memory`] | fresh memory that is about to be filled |
//! | [`kv`] | key-value tables, and what waits to be written to them |
//! | [`vector`] | vec0's tables: read into memory, kept there, searched |
//! | [`ordered`] | the ordered maps: trees and shared skip lists |
//! | [`environment`] | what belongs to one Node environment (one thread) |
//! | [`hot`] | how a function is registered by hand, at a tenth of the cost of the macros |
//! | [`error`] | every failure's way to a JavaScript `KohakuVaultError` |
//! | [`calls`], [`packer`], [`query`] | the functions JavaScript sees |

mod blob;
mod blob_handle;
mod calls;
mod connection;
mod environment;
mod error;
mod extension;
mod freshness;
mod host;
mod hot;
mod kv;
mod memory;
mod ordered;
mod packer;
mod plain_statement;
#[cfg(feature = "probe")]
mod probe;
mod query;
mod read_snapshot;
mod registry;
mod statement;
mod vector;
mod witness;
mod writing;
