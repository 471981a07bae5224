//! The rank of a document, as FTS5's own `bm25` computes it.
//!
//! FTS5 looks up the length of each document that matches in a table, which takes most of the time of a search. Here the
//! lengths that were looked up once are kept.

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use kohakuvault_core::text::rank::{Ranking, Statistics};
use rusqlite::ffi::{self, Fts5Context, Fts5ExtensionApi, fts5_api, sqlite3_context, sqlite3_value};

use crate::sqlite::names;

thread_local! {
    /// The lengths that the running search knows.
    static LENGTHS: RefCell<Option<Rc<Lengths>>> = const { RefCell::new(None) };
}

/// The name of the function in SQL.
pub(super) fn function_name() -> String {
    names::of_this_copy("rank")
}

/// The lengths of documents in tokens, as far as they were looked up.
#[derive(Default)]
pub(super) struct Lengths {
    /// The state of the file that they belong to, as TypeScript counts states.
    version: Cell<f64>,
    /// By id. 0 stands for one that is not known.
    known: RefCell<Vec<u32>>,
}

/// Documents with higher ids are looked up each time.
const MOST_KNOWN: usize = 64 * 1024 * 1024;

impl Lengths {
    /// Forgets the lengths if they belong to another state of the file. A version that is not a number has no state.
    fn renew(&self, version: f64) {
        if self.version.replace(version).to_bits() != version.to_bits() || version.is_nan() {
            self.clear();
        }
    }

    /// Forgets the length of a document that is changed.
    pub(super) fn forget(&self, id: i64) {
        let place = usize::try_from(id).unwrap_or(usize::MAX);
        if let Some(length) = self.known.borrow_mut().get_mut(place) {
            *length = 0;
        }
    }

    /// Forgets all lengths.
    pub(super) fn clear(&self) {
        self.known.borrow_mut().clear();
    }

    /// Whether the length of a document is known.
    pub(super) fn has(&self, id: i64) -> bool {
        self.get(id).is_some()
    }

    /// Keeps the length of a document.
    pub(super) fn keep(&self, id: i64, length: u32) {
        let Some(place) = usize::try_from(id).ok().filter(|place| *place < MOST_KNOWN) else { return };
        let mut known = self.known.borrow_mut();
        if place >= known.len() {
            let room = (place + 1).next_power_of_two();
            known.resize(room, 0);
        }
        if let Some(kept) = known.get_mut(place) {
            *kept = length;
        }
    }

    /// Returns the length of a document, which is looked up if it is not known. None if it has none.
    pub(super) fn of<E>(&self, id: i64, look_up: impl FnOnce() -> Result<Option<u32>, E>) -> Result<Option<u32>, E> {
        if let Some(length) = self.get(id) {
            return Ok(Some(length));
        }
        let length = look_up()?;
        if let Some(length) = length {
            self.keep(id, length);
        }
        Ok(length)
    }

    fn get(&self, id: i64) -> Option<u32> {
        let place = usize::try_from(id).ok()?;
        self.known.borrow().get(place).copied().filter(|length| *length != 0)
    }
}

/// Lets searches use lengths, until it is dropped.
pub(super) struct UsedLengths(Option<Rc<Lengths>>);

impl UsedLengths {
    pub(super) fn begin(lengths: &Rc<Lengths>, version: f64) -> Self {
        lengths.renew(version);
        Self(LENGTHS.replace(Some(Rc::clone(lengths))))
    }
}

impl Drop for UsedLengths {
    fn drop(&mut self) {
        LENGTHS.set(self.0.take());
    }
}

/// Gives FTS5 the function.
pub(super) fn register(api: NonNull<fts5_api>) -> c_int {
    let api = api.as_ptr();
    let Ok(name) = CString::new(function_name()) else { return ffi::SQLITE_ERROR };
    // SAFETY: the functions are FTS5's own, and belong to an open connection. The name ends in NUL, and is copied.
    unsafe {
        let Some(create) = (*api).xCreateFunction else { return ffi::SQLITE_ERROR };
        create(api, name.as_ptr(), ptr::null_mut(), Some(rank), None)
    }
}

/// Returns how well a row matches: the less, the better. The arguments are the weights of the columns.
///
/// # Safety
/// FTS5 calls this with its own functions, a row that matches, a context for the result, and arguments.
unsafe extern "C" fn rank(
    api: *const Fts5ExtensionApi,
    row: *mut Fts5Context,
    result: *mut sqlite3_context,
    count: c_int,
    arguments: *mut *mut sqlite3_value,
) {
    // SAFETY: as FTS5 promises.
    let (matching, arguments) = unsafe {
        let count = usize::try_from(count).unwrap_or_default();
        let arguments: &[*mut sqlite3_value] =
            if count == 0 { &[] } else { std::slice::from_raw_parts(arguments, count) };
        (Row { api: &*api, row }, arguments)
    };
    // Unwinding into SQLite's C frames would be undefined.
    let ranked = catch_unwind(AssertUnwindSafe(|| matching.rank(arguments))).unwrap_or(Err(ffi::SQLITE_ERROR));
    // SAFETY: the context is that of this call.
    unsafe {
        match ranked {
            Ok(score) => ffi::sqlite3_result_double(result, -score),
            Err(code) => ffi::sqlite3_result_error_code(result, code),
        }
    }
}

/// The row that FTS5 is at.
struct Row<'a> {
    api: &'a Fts5ExtensionApi,
    row: *mut Fts5Context,
}

impl Row<'_> {
    fn rank(&self, weights: &[*mut sqlite3_value]) -> Result<f64, c_int> {
        let ranking = self.ranking()?;
        ranking.begin();
        let (Some(count), Some(instance)) = (self.api.xInstCount, self.api.xInst) else {
            return Err(ffi::SQLITE_ERROR);
        };
        // SAFETY: FTS5's functions, called with the row that they were given for, and SQLite's with its own values.
        unsafe {
            let mut many = 0;
            check(count(self.row, &raw mut many))?;
            for number in 0..many {
                let (mut phrase, mut column, mut token) = (0, 0, 0);
                check(instance(self.row, number, &raw mut phrase, &raw mut column, &raw mut token))?;
                let weight = usize::try_from(column).ok().and_then(|column| weights.get(column));
                let weight = weight.map_or(1.0, |weight| ffi::sqlite3_value_double(*weight));
                ranking.add(usize::try_from(phrase).unwrap_or_default(), weight);
            }
        }
        Ok(ranking.score(self.length()?))
    }

    /// Returns the length of the document in tokens.
    fn length(&self) -> Result<u32, c_int> {
        let size = self.api.xColumnSize.ok_or(ffi::SQLITE_ERROR)?;
        let look_up = || {
            let mut tokens = 0;
            // SAFETY: as in `rank`. Column -1 stands for all of them.
            check(unsafe { size(self.row, -1, &raw mut tokens) })?;
            Ok::<_, c_int>(Some(u32::try_from(tokens).unwrap_or_default()))
        };
        let rowid = self.api.xRowid.ok_or(ffi::SQLITE_ERROR)?;
        // SAFETY: as in `rank`.
        let id = unsafe { rowid(self.row) };
        let length = LENGTHS.with_borrow(|lengths| match lengths {
            Some(lengths) => lengths.of(id, look_up),
            None => look_up(),
        })?;
        Ok(length.unwrap_or_default())
    }

    /// Returns what is the same for all rows of the query. FTS5 keeps it until the query ends.
    fn ranking(&self) -> Result<&Ranking, c_int> {
        let (Some(get), Some(set)) = (self.api.xGetAuxdata, self.api.xSetAuxdata) else {
            return Err(ffi::SQLITE_ERROR);
        };
        // SAFETY: as in `rank`. Only this function keeps something for ours, and FTS5 drops it at the end by
        // `drop_ranking`.
        unsafe {
            let kept = get(self.row, 0).cast::<Ranking>();
            if !kept.is_null() {
                return Ok(&*kept);
            }
            let made = Box::into_raw(Box::new(Ranking::new(&self.statistics()?)));
            // If this fails, FTS5 has dropped it.
            check(set(self.row, made.cast(), Some(drop_ranking)))?;
            Ok(&*made)
        }
    }

    fn statistics(&self) -> Result<Statistics, c_int> {
        let (Some(rows), Some(tokens), Some(phrases), Some(query)) =
            (self.api.xRowCount, self.api.xColumnTotalSize, self.api.xPhraseCount, self.api.xQueryPhrase)
        else {
            return Err(ffi::SQLITE_ERROR);
        };
        // SAFETY: as in `rank`. Each count lives through the call that counts.
        unsafe {
            let (mut row_count, mut token_count) = (0, 0);
            check(rows(self.row, &raw mut row_count))?;
            check(tokens(self.row, -1, &raw mut token_count))?;
            let mut hits = Vec::new();
            for phrase in 0..phrases(self.row) {
                let mut hit_count: i64 = 0;
                check(query(self.row, phrase, (&raw mut hit_count).cast(), Some(count_row)))?;
                hits.push(hit_count);
            }
            Ok(Statistics { rows: row_count, tokens: token_count, hits })
        }
    }
}

/// # Safety
/// FTS5 calls this for each row of a phrase, with the count that `statistics` gave it.
unsafe extern "C" fn count_row(_: *const Fts5ExtensionApi, _: *mut Fts5Context, count: *mut c_void) -> c_int {
    // SAFETY: see above.
    unsafe { *count.cast::<i64>() += 1 };
    ffi::SQLITE_OK
}

/// # Safety
/// FTS5 calls this once for what `ranking` has kept.
unsafe extern "C" fn drop_ranking(ranking: *mut c_void) {
    // SAFETY: `ranking` made it by `Box::into_raw`.
    drop(unsafe { Box::from_raw(ranking.cast::<Ranking>()) });
}

fn check(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}
