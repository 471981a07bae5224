//! Where a build puts parts of lists, before it knows the rest of each list.
//!
//! The entries of a large table do not fit into memory. In the file, those of a list should lie together: a search reads
//! a list in one piece. So they wait in a temporary file, which SQLite deletes.

use std::ffi::CStr;

use rusqlite::ffi;

use crate::js::error::SeamResult;
use crate::sqlite::private_connection::PrivateConnection;
use crate::sqlite::statement::{Parameter, Statement};

const FILE: &CStr = c"";
const MEMORY: &CStr = c":memory:";

pub(super) struct Scratch {
    add: Statement,
    all: Statement,
    /// Closed after the statements are finalized.
    connection: PrivateConnection,
}

impl Scratch {
    /// `is_secret` says that the parts must not be on a disk: they come from an encrypted file.
    pub(super) fn new(is_secret: bool) -> SeamResult<Self> {
        let path = if is_secret { MEMORY } else { FILE };
        let access = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
        let connection = PrivateConnection::open(path, access, 0, &[])?;
        for sql in [
            "PRAGMA journal_mode = OFF",
            "PRAGMA cache_size = -8192",
            "CREATE TABLE parts (id INTEGER PRIMARY KEY, entries BLOB NOT NULL)",
            "BEGIN",
        ] {
            connection.run(sql)?;
        }
        Ok(Self {
            add: Statement::new("INSERT INTO parts (id, entries) VALUES (?, ?)")?,
            all: Statement::new("SELECT id, entries FROM parts ORDER BY id")?,
            connection,
        })
    }

    pub(super) fn add(&self, id: i64, part: &[u8]) -> SeamResult<()> {
        self.add.run(self.connection.db(), &[Parameter::Integer(id), Parameter::Blob(part)])
    }

    /// Calls a function for each part, in the order of their ids.
    pub(super) fn for_each(&self, mut each: impl FnMut(i64, &[u8]) -> SeamResult<()>) -> SeamResult<()> {
        let rows = self.all.execute(self.connection.db(), &[])?;
        while rows.step()? {
            each(rows.integer(0), rows.bytes(1))?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.add.finalize();
        self.all.finalize();
    }
}
