//! How FTS5 comes to know us.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use rusqlite::ffi::{self, fts5_api};

use super::{places, rank, tokenizer, tokens};
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Prepared;

/// Gives FTS5 our tokenizer and our function. An SQLite without FTS5 is left alone.
pub(crate) fn register(db: Db) -> c_int {
    let Some(api) = find(db).ok().flatten() else { return ffi::SQLITE_OK };
    for register in [tokenizer::register, places::register, rank::register, tokens::register] {
        let code = register(api);
        if code != ffi::SQLITE_OK {
            return code;
        }
    }
    ffi::SQLITE_OK
}

/// Returns FTS5's functions for extensions, which live as long as the connection.
fn find(db: Db) -> SeamResult<Option<NonNull<fts5_api>>> {
    let mut api: *mut fts5_api = ptr::null_mut();
    let select = Prepared::new(db, c"SELECT fts5(?1)")?;
    // SAFETY: FTS5 puts the address of its functions where a pointer of this type says. That place outlives the
    // statement.
    unsafe { select.bind_pointer(1, (&raw mut api).cast(), c"fts5_api_ptr")? };
    select.step()?;
    Ok(NonNull::new(api))
}
