//! How SQLite comes to call a witness.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use rusqlite::ffi;

use super::{Closing, Witness, module};
use crate::sqlite::db::Db;

/// Has SQLite call the witness until the connection closes. The registered module keeps the witness for that long.
/// `closing` is called when SQLite is about to close the connection, no matter who closes it.
pub(crate) fn watch(witness: &Rc<Witness>, db: Db, closing: Closing) -> c_int {
    witness.closing.set(Some(closing));
    let code = module::register(db, Rc::clone(witness));
    if code != ffi::SQLITE_OK {
        return code;
    }
    trace(witness, db)
}

fn trace(witness: &Rc<Witness>, db: Db) -> c_int {
    let witness = Rc::as_ptr(witness).cast_mut().cast();
    // SAFETY: the module that `watch` has registered keeps the witness for as long as the connection is open, and a
    // closed connection traces nothing.
    unsafe { ffi::sqlite3_trace_v2(db.raw(), EVENTS, Some(traced), witness) }
}

/// Keeps SQLite from tracing, until it is dropped. For statements of ours in which nothing of the user can run: SQLite
/// makes a text of each statement inside a statement to trace it, which costs as much as many of these statements.
pub(crate) struct Untraced<'a> {
    witness: &'a Rc<Witness>,
    db: Db,
}

impl<'a> Untraced<'a> {
    pub(crate) fn begin(witness: &'a Rc<Witness>, db: Db) -> Self {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_trace_v2(db.raw(), 0, None, ptr::null_mut()) };
        Self { witness, db }
    }
}

impl Drop for Untraced<'_> {
    fn drop(&mut self) {
        trace(self.witness, self.db);
    }
}

/// The events that are traced: a statement begins, and the connection is about to close.
const EVENTS: c_uint = ffi::SQLITE_TRACE_STMT as c_uint | CLOSE;
const CLOSE: c_uint = ffi::SQLITE_TRACE_CLOSE as c_uint;

/// # Safety
/// SQLite calls this with the witness that `watch` gave it, and with a statement and its SQL or, before it closes it,
/// with the connection.
unsafe extern "C" fn traced(kind: c_uint, witness: *mut c_void, subject: *mut c_void, sql: *mut c_void) -> c_int {
    // SAFETY: see `watch`. The statement is running, and the text ends in NUL.
    unsafe {
        let witness = &*witness.cast::<Witness>();
        if kind == CLOSE {
            if let (Some(closing), Some(raw)) = (witness.closing.get(), NonNull::new(subject.cast())) {
                closing(raw);
            }
            return 0;
        }
        witness.note_statement();
        if ffi::sqlite3_stmt_readonly(subject.cast()) == 0 && !sql.is_null() {
            witness.note_writer(CStr::from_ptr(sql.cast()).to_bytes());
        }
    }
    0
}
