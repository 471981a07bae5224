//! A connection that only reads one state of the file, for a search in another thread.

use std::ffi::{CStr, c_int};

use rusqlite::ffi;

use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::private_connection::PrivateConnection;

/// How long the other thread waits for a file that is being recovered or checkpointed, in milliseconds.
const BUSY_TIMEOUT: c_int = 5_000;

/// The connection. It closes when this is dropped.
pub(crate) struct ReadConnection(PrivateConnection);

impl ReadConnection {
    /// Opens a file. Returns None if it is not a database to a connection that begins with this SQL: it is encrypted,
    /// and the key is another, or unknown.
    pub(crate) fn open_if_readable(path: &CStr, unlocking: &[String]) -> SeamResult<Option<Self>> {
        match Self::open(path, unlocking) {
            Ok(connection) => Ok(Some(connection)),
            Err(error) if error.is_not_a_database() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(path: &CStr, unlocking: &[String]) -> SeamResult<Self> {
        let connection = PrivateConnection::open(path, ffi::SQLITE_OPEN_READONLY, BUSY_TIMEOUT, unlocking)?;
        // The file may be one of strangers. Our SELECTs need nothing that these turn off.
        connection.run("PRAGMA trusted_schema = OFF")?;
        connection.run("PRAGMA cell_size_check = ON")?;
        connection.run("BEGIN")?;
        // BEGIN alone reads nothing: the first read fixes the state.
        connection.run("SELECT count(*) FROM sqlite_schema")?;
        Ok(Self(connection))
    }

    pub(crate) fn db(&self) -> Db {
        self.0.db()
    }
}
