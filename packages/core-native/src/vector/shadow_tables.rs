//! Writing to vec0's own tables.
//!
//! better-sqlite3 opens connections in SQLite's defensive mode, in which nobody but a virtual table itself may write to its shadow tables.

use std::ffi::c_int;

use rusqlite::ffi;

use crate::connection::Connection;

/// Shadow tables may be written to until this is dropped.
pub(crate) struct ShadowTables<'a> {
    connection: &'a Connection,
    was_defensive: bool,
}

impl<'a> ShadowTables<'a> {
    pub(crate) fn open(connection: &'a Connection) -> Self {
        let was_defensive = set_defensive(connection, ASK) != 0;
        set_defensive(connection, 0);
        Self { connection, was_defensive }
    }
}

impl Drop for ShadowTables<'_> {
    fn drop(&mut self) {
        if self.was_defensive {
            set_defensive(self.connection, 1);
        }
    }
}

/// Changes nothing.
const ASK: c_int = -1;

/// How it is set now.
fn set_defensive(connection: &Connection, to: c_int) -> c_int {
    let mut now: c_int = 0;
    let db = connection.db();
    if !db.is_null() {
        // SAFETY: the connection is open, and this setting takes a number and the place of another one.
        unsafe { ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_DEFENSIVE, to, &raw mut now) };
    }
    now
}
