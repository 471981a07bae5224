//! The modules as SQLite calls them.
//!
//! A scan reads with statements that belong to the table, and SQLite disconnects its tables before it looks whether a
//! connection that closes has statements. Nothing of them is at a row between two calls.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

use kohakuvault_core::columns::value::Value;
use rusqlite::ffi::{self, sqlite3, sqlite3_context, sqlite3_module, sqlite3_value, sqlite3_vtab, sqlite3_vtab_cursor};

use super::plan::{self, Missing};
use super::source::Span;
use super::table::{Scan, Shown, Table, failed};
use crate::js::error::{SeamError, SeamResult, guard};
use crate::sqlite::db::Db;

/// Registers both modules with a connection.
pub(super) fn register(db: Db) -> c_int {
    for (name, module) in [(c"kohakuvault_column", &raw const FUNCTION), (c"kohakuvault_frame", &raw const FRAME)] {
        // SAFETY: the connection is open, the name ends in NUL, and the module is static.
        let code = unsafe { ffi::sqlite3_create_module_v2(db.raw(), name.as_ptr(), module, ptr::null_mut(), None) };
        if code != ffi::SQLITE_OK {
            return code;
        }
    }
    ffi::SQLITE_OK
}

const MODULE: sqlite3_module = sqlite3_module {
    iVersion: 1,
    xCreate: None,
    xConnect: None,
    xBestIndex: Some(best_index),
    xDisconnect: Some(disconnect),
    xDestroy: Some(disconnect),
    xOpen: Some(open),
    xClose: Some(close),
    xFilter: Some(filter),
    xNext: Some(next),
    xEof: Some(eof),
    xColumn: Some(column),
    xRowid: Some(rowid),
    // Without these, SQLite refuses to change the table.
    xUpdate: None,
    xBegin: None,
    xSync: None,
    xCommit: None,
    xRollback: None,
    xFindFunction: None,
    xRename: Some(rename),
    xSavepoint: None,
    xRelease: None,
    xRollbackTo: None,
    xShadowName: None,
    xIntegrity: None,
};
/// Exists without CREATE VIRTUAL TABLE, and cannot be created with it.
static FUNCTION: sqlite3_module = sqlite3_module { xConnect: Some(connect_function), ..MODULE };
/// Exists only through CREATE VIRTUAL TABLE. Equal functions would make it a function too.
static FRAME: sqlite3_module = sqlite3_module { xCreate: Some(create_frame), xConnect: Some(connect_frame), ..MODULE };

/// A table, as SQLite has it.
#[repr(C)]
struct Connected {
    /// SQLite's part, which must come first.
    base: sqlite3_vtab,
    table: Table,
}

/// A scan, as SQLite has it.
#[repr(C)]
struct Cursor {
    /// SQLite's part, which must come first.
    base: sqlite3_vtab_cursor,
    scan: Scan,
}

unsafe extern "C" fn connect_function(
    db: *mut sqlite3,
    _: *mut c_void,
    _: c_int,
    _: *const *const c_char,
    made: *mut *mut sqlite3_vtab,
    message: *mut *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives the open connection and places for the results.
    unsafe { connect(db, made, message, |db| Ok(Table::function(db))) }
}

unsafe extern "C" fn create_frame(
    db: *mut sqlite3,
    _: *mut c_void,
    count: c_int,
    words: *const *const c_char,
    made: *mut *mut sqlite3_vtab,
    message: *mut *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives the open connection, so many strings that end in NUL, and places for the results.
    unsafe {
        let word = |nth| CStr::from_ptr(*words.add(nth)).to_string_lossy().into_owned();
        let words: Vec<String> = (0..usize::try_from(count).unwrap_or_default()).map(word).collect();
        connect(db, made, message, |db| Table::frame(db, &words))
    }
}

unsafe extern "C" fn connect_frame(
    db: *mut sqlite3,
    context: *mut c_void,
    count: c_int,
    words: *const *const c_char,
    made: *mut *mut sqlite3_vtab,
    message: *mut *mut c_char,
) -> c_int {
    // SAFETY: the arguments are the same.
    unsafe { create_frame(db, context, count, words, made, message) }
}

/// # Safety
/// SQLite gave all of it to a function that connects.
unsafe fn connect(
    db: *mut sqlite3,
    made: *mut *mut sqlite3_vtab,
    message: *mut *mut c_char,
    make: impl FnOnce(Db) -> SeamResult<Table>,
) -> c_int {
    let connected = guard(|| {
        let raw = NonNull::new(db).ok_or_else(SeamError::closed)?;
        // SAFETY: the connection is open and this thread's. It disconnects its tables before it closes.
        let db = unsafe { Db::new(raw, 0) };
        let table = make(db)?;
        let declaration = table.declaration()?;
        // SAFETY: the connection is open and connects a table, and the text ends in NUL.
        let code = unsafe { ffi::sqlite3_declare_vtab(raw.as_ptr(), declaration.as_ptr()) };
        if code == ffi::SQLITE_OK { Ok(table) } else { Err(db.failure(code)) }
    });
    match connected {
        Ok(table) => {
            let connected = Box::new(Connected { base: sqlite3_vtab::default(), table });
            // SAFETY: `made` is a place for the table, which `disconnect` frees.
            unsafe { *made = Box::into_raw(connected).cast() };
            ffi::SQLITE_OK
        }
        // SAFETY: `message` is a place for a string that SQLite frees.
        Err(error) => unsafe { report(message, error) },
    }
}

/// Puts a message into a place of SQLite's, and returns the result code.
///
/// # Safety
/// The place is null, or has null or a string of SQLite's.
unsafe fn report(place: *mut *mut c_char, error: SeamError) -> c_int {
    let (code, message) = failed(error);
    let bytes = message.as_bytes_with_nul();
    // SAFETY: as the caller promises. The memory has room for the bytes.
    unsafe {
        let copy = ffi::sqlite3_malloc64(bytes.len() as u64).cast::<c_char>();
        if !place.is_null() && !copy.is_null() {
            ffi::sqlite3_free((*place).cast());
            ptr::copy_nonoverlapping(bytes.as_ptr().cast(), copy, bytes.len());
            *place = copy;
        }
    }
    code
}

unsafe extern "C" fn disconnect(table: *mut sqlite3_vtab) -> c_int {
    // SAFETY: `connect` made it, and SQLite is done with it.
    drop(unsafe { Box::from_raw(table.cast::<Connected>()) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn rename(_: *mut sqlite3_vtab, _: *const c_char) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn best_index(table: *mut sqlite3_vtab, info: *mut ffi::sqlite3_index_info) -> c_int {
    // SAFETY: SQLite gives a table of ours, and the query's conditions.
    unsafe {
        let connected = &*table.cast::<Connected>();
        match plan::choose(info, connected.table.arguments()) {
            Ok(()) => ffi::SQLITE_OK,
            Err(Missing::NotYet) => ffi::SQLITE_CONSTRAINT,
            Err(Missing::Name) => report(
                &raw mut (*table).zErrMsg,
                SeamError::invalid("kohakuvault_column expects the name of a column, as in kohakuvault_column('loss')"),
            ),
        }
    }
}

unsafe extern "C" fn open(_: *mut sqlite3_vtab, cursor: *mut *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: SQLite gives a place for the cursor, which `close` frees, and fills in its part.
    unsafe {
        *cursor = Box::into_raw(Box::new(Cursor { base: sqlite3_vtab_cursor::default(), scan: Scan::ended() })).cast();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(cursor: *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: `open` made it, and SQLite is done with it.
    drop(unsafe { Box::from_raw(cursor.cast::<Cursor>()) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn filter(
    cursor: *mut sqlite3_vtab_cursor,
    plan: c_int,
    _: *const c_char,
    count: c_int,
    arguments: *mut *mut sqlite3_value,
) -> c_int {
    // SAFETY: SQLite gives a cursor of ours, whose table lives longer, and so many values.
    unsafe {
        let count = usize::try_from(count).unwrap_or_default();
        let arguments = if count > 0 { std::slice::from_raw_parts(arguments, count) } else { &[] };
        let table = (*cursor).pVtab;
        let cursor = cursor.cast::<Cursor>();
        (*cursor).scan = Scan::ended();
        match guard(|| begin(&(*table.cast::<Connected>()).table, plan, arguments)) {
            Ok(scan) => {
                (*cursor).scan = scan;
                ffi::SQLITE_OK
            }
            Err(error) => report(&raw mut (*table).zErrMsg, error),
        }
    }
}

/// Begins a scan.
///
/// # Safety
/// The values are those of `xFilter`.
unsafe fn begin(table: &Table, plan: c_int, arguments: &[*mut sqlite3_value]) -> SeamResult<Scan> {
    let mut arguments = arguments;
    let mut next = || arguments.split_off_first().copied();
    let (sources, layout, length) = match &table.shown {
        Shown::Column => {
            // SAFETY: as the caller promises.
            let name = unsafe { text(next(), "the name of a column")? };
            let layout = if plan & plan::LAYOUT == 0 {
                None
            } else {
                // SAFETY: as the caller promises.
                Some(unsafe { text(next(), "the layout")? })
            };
            let source = table.open_column(&name, layout.as_deref())?;
            let found = source.found();
            let (length, layout) = (found.length, found.layout);
            (vec![source], Some(layout), length)
        }
        Shown::Frame { name, columns } => {
            let (sources, length) = table.open_frame(name, columns)?;
            (sources, None, length)
        }
    };
    // SAFETY: as the caller promises. The arguments that are left are those of the conditions.
    let (first, end) = unsafe { plan::range(plan, arguments, length) };
    let descending = plan & plan::DESCENDING != 0;
    Ok(Scan::new(sources, layout, Span { first, end, descending }))
}

/// Returns an argument of the function that must be a text.
///
/// # Safety
/// The value is one of `xFilter`.
unsafe fn text(value: Option<*mut sqlite3_value>, what: &str) -> SeamResult<String> {
    let value = value.ok_or_else(|| SeamError::invalid(format!("kohakuvault_column expects {what}")))?;
    // SAFETY: as the caller promises. SQLite requires that the pointer is asked for before the length.
    unsafe {
        if ffi::sqlite3_value_type(value) != ffi::SQLITE_TEXT {
            let given = match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_NULL => "NULL",
                ffi::SQLITE_BLOB => "a BLOB",
                _ => "a number",
            };
            return Err(SeamError::invalid(format!("kohakuvault_column expects {what} as a text, got {given}")));
        }
        let data = ffi::sqlite3_value_text(value);
        let length = usize::try_from(ffi::sqlite3_value_bytes(value)).unwrap_or_default();
        let bytes = if data.is_null() { &[] } else { std::slice::from_raw_parts(data, length) };
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

unsafe extern "C" fn next(cursor: *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: SQLite gives a cursor of ours.
    unsafe { (*cursor.cast::<Cursor>()).scan.advance() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn eof(cursor: *mut sqlite3_vtab_cursor) -> c_int {
    // SAFETY: SQLite gives a cursor of ours.
    unsafe { c_int::from((*cursor.cast::<Cursor>()).scan.is_over()) }
}

unsafe extern "C" fn rowid(cursor: *mut sqlite3_vtab_cursor, rowid: *mut i64) -> c_int {
    // SAFETY: SQLite gives a cursor of ours, and a place for the number.
    unsafe { *rowid = (*cursor.cast::<Cursor>()).scan.at };
    ffi::SQLITE_OK
}

unsafe extern "C" fn column(cursor: *mut sqlite3_vtab_cursor, context: *mut sqlite3_context, number: c_int) -> c_int {
    // SAFETY: SQLite gives a cursor of ours and the context of this call.
    unsafe {
        let scan = &mut (*cursor.cast::<Cursor>()).scan;
        if number == 0 {
            ffi::sqlite3_result_int64(context, scan.at);
            return ffi::SQLITE_OK;
        }
        match guard(|| set_result(scan, context, number)) {
            Ok(()) => ffi::SQLITE_OK,
            Err(error) => {
                let (code, message) = failed(error);
                ffi::sqlite3_result_error(context, message.as_ptr(), -1);
                // It comes second, because the first sets a code of its own.
                ffi::sqlite3_result_error_code(context, code);
                code
            }
        }
    }
}

/// Sets the result of a column of the row that a scan is at.
///
/// # Safety
/// The context is that of a call of `xColumn`.
#[inline]
unsafe fn set_result(scan: &mut Scan, context: *mut sqlite3_context, number: c_int) -> SeamResult<()> {
    let (at, span, layout) = (scan.at, scan.span, scan.layout);
    let nth = usize::try_from(number - 1).unwrap_or_default();
    let Some(source) = scan.sources.get_mut(nth) else {
        // The arguments of the function, which come after the only column.
        if let (Some(source), Some(layout)) = (scan.sources.first(), layout) {
            let text = if nth == 1 { source.name() } else { layout.name() };
            // SAFETY: as the caller promises.
            unsafe { set_text(context, text) };
        }
        return Ok(());
    };
    let value = source.value(at, span)?;
    // SAFETY: as the caller promises. SQLite copies texts and bytes.
    unsafe {
        match value {
            Value::Integer(value) => ffi::sqlite3_result_int64(context, value),
            Value::Real(value) => ffi::sqlite3_result_double(context, value),
            Value::Text(text) => set_text(context, &text),
            Value::Blob([]) => ffi::sqlite3_result_zeroblob(context, 0),
            Value::Blob(bytes) => {
                ffi::sqlite3_result_blob64(context, bytes.as_ptr().cast(), bytes.len() as u64, ffi::SQLITE_TRANSIENT())
            }
        }
    }
    Ok(())
}

/// # Safety
/// The context is that of a call of `xColumn`.
unsafe fn set_text(context: *mut sqlite3_context, text: &str) {
    #[expect(clippy::cast_possible_truncation, reason = "SQLITE_UTF8 is 1")]
    const UTF8: u8 = ffi::SQLITE_UTF8 as u8;
    // SAFETY: as the caller promises. SQLite copies the text.
    unsafe {
        ffi::sqlite3_result_text64(context, text.as_ptr().cast(), text.len() as u64, ffi::SQLITE_TRANSIENT(), UTF8);
    }
}
