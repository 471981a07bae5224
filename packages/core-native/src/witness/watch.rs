//! How SQLite comes to call a witness.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::rc::Rc;

use rusqlite::ffi;

use super::{Witness, module};
use crate::sqlite::db::Db;

/// Has SQLite call the witness until the connection closes. The registered module keeps the witness for that long.
pub(crate) fn watch(witness: &Rc<Witness>, db: Db) -> c_int {
    let code = module::register(db, Rc::clone(witness));
    if code != ffi::SQLITE_OK {
        return code;
    }
    let witness = Rc::as_ptr(witness).cast_mut().cast();
    // SAFETY: the module just registered keeps the witness for as long as the connection is open, and a closed
    // connection traces nothing.
    unsafe { ffi::sqlite3_trace_v2(db.raw(), STATEMENTS, Some(traced), witness) }
}

/// The events that are traced.
const STATEMENTS: c_uint = ffi::SQLITE_TRACE_STMT as c_uint;

/// # Safety
/// SQLite calls this with the witness that `watch` gave it, a statement and its SQL.
unsafe extern "C" fn traced(_kind: c_uint, witness: *mut c_void, statement: *mut c_void, sql: *mut c_void) -> c_int {
    // SAFETY: see `watch`. The statement is running, and the text ends in NUL.
    unsafe {
        let witness = &*witness.cast::<Witness>();
        witness.note_statement();
        if ffi::sqlite3_stmt_readonly(statement.cast()) == 0 && !sql.is_null() {
            witness.note_writer(CStr::from_ptr(sql.cast()).to_bytes());
        }
    }
    0
}
