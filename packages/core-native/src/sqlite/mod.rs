//! SQLite as the seam uses it: connections of a host, statements, BLOB handles.
//!
//! | module | what it holds |
//! |---|---|
//! | [`host`] | the one SQLite that the process may have |
//! | [`db`] | an open connection |
//! | [`statement`], [`plain_statement`] | statements that are kept, and their executions |
//! | [`parameters`] | from JavaScript's values to a statement's parameters |
//! | [`column_values`] | from the columns of a row to JavaScript's values |
//! | [`time_limit`] | ends statements that run for too long |
//! | [`blob_site`], [`blob_handle`] | ranges of values |
//! | [`snapshot`] | a read transaction that several reads share |
//! | [`files`] | the database and its WAL, through SQLite's own handles |
//! | [`file_users`] | whether other processes have the file open |
//! | [`view`] | the pages as a held read snapshot sees them, in place |
//! | [`read_ahead`] | what the kernel reads ahead of them |
//! | [`file_pragmas`] | what SQLite says of the file when it is asked |
//! | [`private_connection`] | a connection for work in another thread |
//! | [`wal_mover`] | moves the WAL into the file in another thread |
//! | [`writing`] | one write at a time |
//! | [`names`] | the names in SQL that differ between copies of this library |

pub(crate) mod blob_handle;
pub(crate) mod blob_site;
pub(crate) mod by_schema;
pub(crate) mod column_values;
pub(crate) mod db;
pub(crate) mod file_pragmas;
pub(crate) mod file_users;
pub(crate) mod files;
pub(crate) mod host;
pub(crate) mod names;
pub(crate) mod parameters;
pub(crate) mod plain_statement;
pub(crate) mod private_connection;
mod read_ahead;
pub(crate) mod snapshot;
pub(crate) mod statement;
pub(crate) mod time_limit;
pub(crate) mod view;
pub(crate) mod wal_mover;
pub(crate) mod writing;
