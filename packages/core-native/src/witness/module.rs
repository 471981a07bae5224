//! The virtual table that takes part in transactions. It has no rows, and a write to it joins the open transaction.

use std::ffi::{CString, c_char, c_int, c_void};
use std::rc::Rc;

use kohakuvault_core::transaction_log::Step;
use rusqlite::ffi::{self, sqlite3, sqlite3_context, sqlite3_module, sqlite3_value, sqlite3_vtab, sqlite3_vtab_cursor};

use super::{Witness, table_name};
use crate::sqlite::db::Db;

/// Registers the table and gives it the witness. SQL of views and triggers may not name the table.
pub(super) fn register(db: Db, witness: Rc<Witness>) -> c_int {
    let Ok(name) = CString::new(table_name()) else { return ffi::SQLITE_MISUSE };
    let witness = Rc::into_raw(witness).cast_mut().cast();
    // SAFETY: the module is static. SQLite gives the reference back to `forget` when the connection closes, and also if
    // this fails.
    unsafe { ffi::sqlite3_create_module_v2(db.raw(), name.as_ptr(), &raw const MODULE, witness, Some(forget)) }
}

/// # Safety
/// SQLite calls this once, with what `register` gave it.
unsafe extern "C" fn forget(witness: *mut c_void) {
    // SAFETY: the pointer came from `Rc::into_raw`.
    drop(unsafe { Rc::from_raw(witness.cast::<Witness>()) });
}

/// A table of the module. The witness lives as long as the module, which outlives every table of it.
#[repr(C)]
struct Table {
    /// SQLite's part, which must come first.
    base: sqlite3_vtab,
    witness: *const Witness,
    /// The deepest savepoint that was noted.
    deepest: c_int,
}

static MODULE: sqlite3_module = sqlite3_module {
    // SQLite reports savepoints from the second version of modules on.
    iVersion: 2,
    // None: the table exists without CREATE VIRTUAL TABLE, and cannot be created with it.
    xCreate: None,
    xConnect: Some(connect),
    xBestIndex: Some(best_index),
    xDisconnect: Some(disconnect),
    xDestroy: None,
    xOpen: Some(open),
    xClose: Some(close),
    xFilter: Some(filter),
    xNext: Some(next),
    xEof: Some(eof),
    xColumn: Some(column),
    xRowid: Some(rowid),
    xUpdate: Some(update),
    xBegin: Some(begin),
    // SQLite calls xBegin, xCommit and xRollback only if a module has xSync too.
    xSync: Some(sync),
    xCommit: Some(commit),
    xRollback: Some(rollback),
    xFindFunction: None,
    xRename: None,
    xSavepoint: Some(savepoint),
    xRelease: Some(release),
    xRollbackTo: Some(rollback_to),
    xShadowName: None,
    xIntegrity: None,
};

/// Hands a step to the witness of a table.
///
/// # Safety
/// `connect` made the table.
unsafe fn note(table: *mut sqlite3_vtab, step: Step) -> c_int {
    // SAFETY: see above. The witness lives as long as its module.
    unsafe { (*(*table.cast::<Table>()).witness).note(step) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn connect(
    db: *mut sqlite3,
    witness: *mut c_void,
    _count: c_int,
    _arguments: *const *const c_char,
    made: *mut *mut sqlite3_vtab,
    _message: *mut *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives the open connection, what `register` gave it, and a place for the table, which `disconnect`
    // frees.
    unsafe {
        ffi::sqlite3_vtab_config(db, ffi::SQLITE_VTAB_DIRECTONLY);
        let code = ffi::sqlite3_declare_vtab(db, c"CREATE TABLE x (joined)".as_ptr());
        if code == ffi::SQLITE_OK {
            let table = Table { base: sqlite3_vtab::default(), witness: witness.cast(), deepest: -1 };
            *made = Box::into_raw(Box::new(table)).cast();
        }
        code
    }
}

unsafe extern "C" fn disconnect(table: *mut sqlite3_vtab) -> c_int {
    // SAFETY: `connect` made it, and SQLite is done with it.
    drop(unsafe { Box::from_raw(table.cast::<Table>()) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn begin(table: *mut sqlite3_vtab) -> c_int {
    // SAFETY: SQLite gives a table of ours.
    unsafe { note(table, Step::Begin(-1)) }
}

unsafe extern "C" fn sync(_table: *mut sqlite3_vtab) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn commit(table: *mut sqlite3_vtab) -> c_int {
    // SAFETY: SQLite gives a table of ours.
    unsafe {
        (*table.cast::<Table>()).deepest = -1;
        note(table, Step::Commit)
    }
}

unsafe extern "C" fn rollback(table: *mut sqlite3_vtab) -> c_int {
    // SAFETY: SQLite gives a table of ours.
    unsafe {
        (*table.cast::<Table>()).deepest = -1;
        note(table, Step::Rollback)
    }
}

unsafe extern "C" fn savepoint(table: *mut sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: SQLite gives a table of ours. Of savepoints that were open before we joined it reports only the
    // innermost.
    unsafe {
        let deepest = (*table.cast::<Table>()).deepest;
        for outer in deepest + 1..number {
            note(table, Step::Savepoint(outer));
        }
        (*table.cast::<Table>()).deepest = number;
        note(table, Step::Savepoint(number))
    }
}

unsafe extern "C" fn release(table: *mut sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: SQLite gives a table of ours.
    unsafe {
        (*table.cast::<Table>()).deepest = number - 1;
        note(table, Step::Release(number))
    }
}

unsafe extern "C" fn rollback_to(table: *mut sqlite3_vtab, number: c_int) -> c_int {
    // SAFETY: SQLite gives a table of ours.
    unsafe {
        (*table.cast::<Table>()).deepest = number;
        note(table, Step::RollbackTo(number))
    }
}

unsafe extern "C" fn update(
    _table: *mut sqlite3_vtab,
    _count: c_int,
    _arguments: *mut *mut sqlite3_value,
    _rowid: *mut i64,
) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn best_index(_table: *mut sqlite3_vtab, _info: *mut ffi::sqlite3_index_info) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn open(_table: *mut sqlite3_vtab, cursor: *mut *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: SQLite gives a place for the cursor, which `close` frees.
    unsafe { *cursor = Box::into_raw(Box::new(sqlite3_vtab_cursor::default())) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(cursor: *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: `open` made it.
    drop(unsafe { Box::from_raw(cursor) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn filter(
    _cursor: *mut sqlite3_vtab_cursor,
    _number: c_int,
    _text: *const c_char,
    _count: c_int,
    _arguments: *mut *mut sqlite3_value,
) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn next(_cursor: *mut sqlite3_vtab_cursor) -> c_int {
    ffi::SQLITE_OK
}

/// There are no rows.
unsafe extern "C" fn eof(_cursor: *mut sqlite3_vtab_cursor) -> c_int {
    1
}

unsafe extern "C" fn column(
    _cursor: *mut sqlite3_vtab_cursor,
    _context: *mut sqlite3_context,
    _number: c_int,
) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn rowid(_cursor: *mut sqlite3_vtab_cursor, _rowid: *mut i64) -> c_int {
    ffi::SQLITE_OK
}
