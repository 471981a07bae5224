//! The function that returns the words of a query, as the tokenizer has them.

use std::ffi::{CString, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use rusqlite::ffi::{self, Fts5Context, Fts5ExtensionApi, fts5_api, sqlite3_context, sqlite3_value};

use crate::js::numbers;
use crate::sqlite::names;

/// The version of FTS5's functions from which on they tell the words of a query.
const TELLS_TOKENS: c_int = 3;

/// The name of the function in SQL.
pub(super) fn function_name() -> String {
    names::of_this_copy("tokens")
}

/// Gives FTS5 the function.
pub(super) fn register(api: NonNull<fts5_api>) -> c_int {
    let api = api.as_ptr();
    let Ok(name) = CString::new(function_name()) else { return ffi::SQLITE_ERROR };
    // SAFETY: the functions are FTS5's own, and belong to an open connection. The name ends in NUL, and is copied.
    unsafe {
        let Some(create) = (*api).xCreateFunction else { return ffi::SQLITE_ERROR };
        create(api, name.as_ptr(), ptr::null_mut(), Some(tokens), None)
    }
}

/// Returns `| tokens u32 |` for each phrase of the query, and after the number 1 `| bytes u32 | token |`, little-endian.
/// Returns NULL if this FTS5 does not tell.
///
/// # Safety
/// FTS5 calls this with its own functions, a row that matches, and a context for the result.
unsafe extern "C" fn tokens(
    api: *const Fts5ExtensionApi,
    row: *mut Fts5Context,
    result: *mut sqlite3_context,
    _: c_int,
    _: *mut *mut sqlite3_value,
) {
    // SAFETY: as FTS5 promises. Unwinding into SQLite's C frames would be undefined.
    let found = catch_unwind(AssertUnwindSafe(|| unsafe { tokens_of(&*api, row) })).unwrap_or(None);
    let Some((length, bytes)) = found.and_then(|bytes| Some((c_int::try_from(bytes.len()).ok()?, bytes))) else {
        return;
    };
    // SAFETY: the context is that of this call, and SQLite copies the bytes.
    unsafe { ffi::sqlite3_result_blob(result, bytes.as_ptr().cast(), length, ffi::SQLITE_TRANSIENT()) };
}

/// # Safety
/// The functions are FTS5's own, and the row is the one that it is at.
unsafe fn tokens_of(api: &Fts5ExtensionApi, row: *mut Fts5Context) -> Option<Vec<u8>> {
    if api.iVersion < TELLS_TOKENS {
        return None;
    }
    let (phrases, size, token) = (api.xPhraseCount?, api.xPhraseSize?, api.xQueryToken?);
    let mut bytes = Vec::new();
    // SAFETY: as said above. A token lives as long as the query, and is copied.
    unsafe {
        for phrase in 0..phrases(row) {
            let count = u32::try_from(size(row, phrase)).ok()?;
            bytes.extend(count.to_le_bytes());
            if count != 1 {
                continue;
            }
            let (mut text, mut length) = (ptr::null(), 0);
            if token(row, phrase, 0, &raw mut text, &raw mut length) != ffi::SQLITE_OK || text.is_null() {
                return None;
            }
            let text = std::slice::from_raw_parts(text.cast::<u8>(), numbers::unsigned(length));
            bytes.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
            bytes.extend(text);
        }
    }
    Some(bytes)
}
