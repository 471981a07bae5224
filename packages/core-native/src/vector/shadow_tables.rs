//! Writing to vec0's own tables.
//!
//! better-sqlite3 opens connections in SQLite's defensive mode, in which only a virtual table itself may write to its
//! shadow tables.

use std::ffi::c_int;

use rusqlite::ffi;

use crate::sqlite::db::Db;

/// Shadow tables may be written to until this is dropped.
pub(super) struct ShadowTables {
    db: Db,
    was_defensive: bool,
}

impl ShadowTables {
    pub(super) fn open(db: Db) -> Self {
        let was_defensive = set_defensive(db, ASK) != 0;
        set_defensive(db, 0);
        Self { db, was_defensive }
    }
}

impl Drop for ShadowTables {
    fn drop(&mut self) {
        if self.was_defensive {
            set_defensive(self.db, 1);
        }
    }
}

/// Changes nothing.
const ASK: c_int = -1;

/// Sets the defensive mode and returns what it is now.
fn set_defensive(db: Db, to: c_int) -> c_int {
    let mut now: c_int = 0;
    // SAFETY: the connection is open, and this setting takes a number and the place of another one.
    unsafe { ffi::sqlite3_db_config(db.raw(), ffi::SQLITE_DBCONFIG_DEFENSIVE, to, &raw mut now) };
    now
}
