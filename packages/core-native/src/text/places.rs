//! The function that returns where a document matches.
//!
//! FTS5 tells the numbers of the tokens of each match. The document is tokenized again, which tells their bytes.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use kohakuvault_core::text::places::{TokenPlaces, join_overlapping, surrounding, utf16_ranges};
use rusqlite::ffi::{self, Fts5Context, Fts5ExtensionApi, fts5_api, sqlite3_context, sqlite3_value};

use crate::sqlite::names;

/// The most matches of a column whose surroundings are returned.
const MOST_SURROUNDINGS: usize = 16;

/// The name of the function in SQL.
pub(super) fn function_name() -> String {
    names::of_this_copy("places")
}

/// Gives FTS5 the function.
pub(super) fn register(api: NonNull<fts5_api>) -> c_int {
    let api = api.as_ptr();
    let Ok(name) = CString::new(function_name()) else { return ffi::SQLITE_ERROR };
    // SAFETY: the functions are FTS5's own, and belong to an open connection. The name ends in NUL, and is copied.
    unsafe {
        let Some(create) = (*api).xCreateFunction else { return ffi::SQLITE_ERROR };
        create(api, name.as_ptr(), ptr::null_mut(), Some(places), None)
    }
}

/// Without a further argument, returns for each column with matches `| column u32 | count u32 |`, then as often `| start u32 | end u32 |` in UTF-16
/// units. With a number as an argument, returns each match with so many characters before and after it: `| start u32 |
/// end u32 | bytes u32 | text |`, where start and end are UTF-16 units of the text. Numbers are little-endian.
///
/// # Safety
/// FTS5 calls this with its own functions, a row that matches, and a context for the result.
unsafe extern "C" fn places(
    api: *const Fts5ExtensionApi,
    row: *mut Fts5Context,
    result: *mut sqlite3_context,
    arguments: c_int,
    values: *mut *mut sqlite3_value,
) {
    // SAFETY: as FTS5 promises.
    let (document, reach) = unsafe {
        let reach = (arguments > 0).then(|| usize::try_from(ffi::sqlite3_value_int(*values)).unwrap_or_default());
        (Document { api: &*api, row }, reach)
    };
    let find = || match reach {
        Some(reach) => document.surroundings(reach),
        None => document.places(),
    };
    // Unwinding into SQLite's C frames would be undefined.
    let found = catch_unwind(AssertUnwindSafe(find)).unwrap_or(Err(ffi::SQLITE_ERROR));
    // SAFETY: the context is that of this call, and SQLite copies the bytes.
    unsafe {
        match found.map(|bytes| (c_int::try_from(bytes.len()), bytes)) {
            Ok((Ok(length), bytes)) => {
                ffi::sqlite3_result_blob(result, bytes.as_ptr().cast(), length, ffi::SQLITE_TRANSIENT());
            }
            Ok((Err(_), _)) => ffi::sqlite3_result_error_toobig(result),
            Err(code) => ffi::sqlite3_result_error_code(result, code),
        }
    }
}

/// The row that FTS5 is at.
struct Document<'a> {
    api: &'a Fts5ExtensionApi,
    row: *mut Fts5Context,
}

impl Document<'_> {
    fn places(&self) -> Result<Vec<u8>, c_int> {
        let mut bytes = Vec::new();
        for (column, mut tokens) in self.instances()?.into_iter().enumerate() {
            if tokens.is_empty() {
                continue;
            }
            join_overlapping(&mut tokens);
            let Ok(number) = c_int::try_from(column) else { continue };
            let text = self.text(number)?;
            let places = utf16_ranges(text, &self.bytes_of(text, &tokens)?);
            let counts = [column, places.len()].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
            let numbers = counts.into_iter().chain(places.iter().flat_map(|place| [place.start, place.end]));
            bytes.extend(numbers.flat_map(u32::to_le_bytes));
        }
        Ok(bytes)
    }

    fn surroundings(&self, reach: usize) -> Result<Vec<u8>, c_int> {
        let mut bytes = Vec::new();
        for (column, mut tokens) in self.instances()?.into_iter().enumerate() {
            tokens.truncate(MOST_SURROUNDINGS);
            join_overlapping(&mut tokens);
            let Ok(number) = c_int::try_from(column) else { continue };
            if tokens.is_empty() {
                continue;
            }
            let text = self.text(number)?;
            for place in self.bytes_of(text, &tokens)? {
                let around = surrounding(text, &place, reach);
                let part = text.get(around.clone()).unwrap_or_default();
                let inside = place.start - around.start..place.end - around.start;
                let units = utf16_ranges(part, &[inside]).pop().unwrap_or_default();
                let numbers = [units.start, units.end, u32::try_from(part.len()).unwrap_or(u32::MAX)];
                bytes.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
                bytes.extend(part);
            }
        }
        Ok(bytes)
    }

    /// Returns the tokens of each match, by column.
    fn instances(&self) -> Result<Vec<Vec<Range<usize>>>, c_int> {
        let (Some(columns), Some(count), Some(instance), Some(size)) =
            (self.api.xColumnCount, self.api.xInstCount, self.api.xInst, self.api.xPhraseSize)
        else {
            return Err(ffi::SQLITE_ERROR);
        };
        // SAFETY: FTS5's functions, called with the row that they were given for.
        unsafe {
            let mut instances = vec![Vec::new(); usize::try_from(columns(self.row)).unwrap_or_default()];
            let mut many = 0;
            check(count(self.row, &raw mut many))?;
            for number in 0..many {
                let (mut phrase, mut column, mut token) = (0, 0, 0);
                check(instance(self.row, number, &raw mut phrase, &raw mut column, &raw mut token))?;
                let place = usize::try_from(column).ok().and_then(|column| instances.get_mut(column));
                if let (Some(place), Ok(start), Ok(length)) =
                    (place, usize::try_from(token), usize::try_from(size(self.row, phrase)))
                {
                    place.push(start..start + length.max(1));
                }
            }
            Ok(instances)
        }
    }

    fn text(&self, column: c_int) -> Result<&[u8], c_int> {
        let (mut text, mut length) = (ptr::null(), 0);
        let read = self.api.xColumnText.ok_or(ffi::SQLITE_ERROR)?;
        // SAFETY: FTS5's function, called with the row that it was given for. The text stays until the next row.
        unsafe {
            check(read(self.row, column, &raw mut text, &raw mut length))?;
            let length = usize::try_from(length).unwrap_or_default();
            Ok(if text.is_null() { &[] } else { std::slice::from_raw_parts(text.cast(), length) })
        }
    }

    /// Returns the bytes of ranges of tokens.
    fn bytes_of(&self, text: &[u8], tokens: &[Range<usize>]) -> Result<Vec<Range<usize>>, c_int> {
        let tokenize = self.api.xTokenize.ok_or(ffi::SQLITE_ERROR)?;
        let length = c_int::try_from(text.len()).map_err(|_| ffi::SQLITE_TOOBIG)?;
        let mut found = TokenPlaces::new(tokens);
        let context = (&raw mut found).cast();
        // SAFETY: FTS5's function, called with the row that it was given for. Text and context live through the call.
        match unsafe { tokenize(self.row, text.as_ptr().cast(), length, context, Some(on_token)) } {
            ffi::SQLITE_OK | ffi::SQLITE_DONE => Ok(found.into_found()),
            code => Err(code),
        }
    }
}

/// # Safety
/// A tokenizer calls this with the context that `bytes_of` gave it.
unsafe extern "C" fn on_token(
    found: *mut c_void,
    flags: c_int,
    _: *const c_char,
    _: c_int,
    start: c_int,
    end: c_int,
) -> c_int {
    // A token at the same place has no number of its own.
    if flags & ffi::FTS5_TOKEN_COLOCATED != 0 {
        return ffi::SQLITE_OK;
    }
    let bytes = usize::try_from(start).unwrap_or_default()..usize::try_from(end).unwrap_or_default();
    // SAFETY: see above.
    let wants_more = unsafe { &mut *found.cast::<TokenPlaces<'_>>() }.token(bytes);
    if wants_more { ffi::SQLITE_OK } else { ffi::SQLITE_DONE }
}

fn check(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}
