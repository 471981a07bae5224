//! A connection that only reads one state of the file, for a search in another thread.

use std::ffi::{CStr, c_int};
use std::ptr;
use std::rc::Rc;

use rusqlite::ffi;

use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::private_connection::PrivateConnection;
use crate::sqlite::statement::Statement;
use crate::sqlite::view::{FileView, head_words};
use crate::witness::wal_index;

/// How long the other thread waits for a file that is being recovered or checkpointed, in milliseconds.
const BUSY_TIMEOUT: c_int = 5_000;

/// What fixes the state of the file.
const FIRST_READ: &str = "SELECT count(*) FROM sqlite_schema";

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
        connection.run(FIRST_READ)?;
        Ok(Self(connection))
    }

    /// Begins again, at the newest state, and returns its pages if they can be read in place: as much of the file as
    /// `mmap_size` says. The result must be dropped before the connection.
    pub(crate) fn begin_in_place(&self, mmap_size: i64) -> SeamResult<Option<Rc<FileView>>> {
        let db = self.db();
        self.0.run("COMMIT")?;
        self.0.run(&format!("PRAGMA main.mmap_size = {mmap_size}"))?;
        let mode = Statement::new("PRAGMA main.journal_mode")?;
        let is_wal = {
            let row = mode.execute(db, &[])?;
            row.step()? && row.bytes(0) == b"wal"
        };
        let index = if is_wal { wal_index::find(db) } else { ptr::null_mut() };
        // SAFETY: the connection is open, in WAL mode, and has been read from.
        let before = (!index.is_null()).then(|| unsafe { head_words(index) });
        self.0.run("BEGIN")?;
        self.0.run(FIRST_READ)?;
        let copies = Rc::default();
        // SAFETY: as above. The transaction holds the snapshot, and the caller drops the view before it ends.
        Ok(before.and_then(|before| unsafe { FileView::new(db, index, &before, &copies) }).map(Rc::new))
    }

    pub(crate) fn db(&self) -> Db {
        self.0.db()
    }
}
