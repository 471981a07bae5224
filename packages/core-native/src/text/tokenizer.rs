//! The tokenizer `kohakuvault_words`: that of SQLite's `unicode61`, and more for scripts without spaces between words.
//!
//! A character of such a script is a token, so that a query of several is a phrase, and whatever stands together in a
//! text is found. A word of Hangul is also found by its beginning: in a document, its beginnings are tokens at the same
//! place. What the tokenizer returns depends on the text alone. If it ever changes, the tables that exist must be
//! indexed again.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use kohakuvault_core::text::runs::{Run, each_run};
use rusqlite::ffi::{self, Fts5Tokenizer, fts5_api, fts5_tokenizer};

/// The name in the declaration of a table. Files keep it.
const NAME: &CStr = c"kohakuvault_words";
/// The longest beginning of a word of Hangul that is a token, in syllables.
const LONGEST_BEGINNING: usize = 32;
/// What `unicode61` gets if the declaration of the table says nothing.
const DEFAULTS: [&CStr; 2] = [c"remove_diacritics", c"2"];

type OnToken = unsafe extern "C" fn(*mut c_void, c_int, *const c_char, c_int, c_int, c_int) -> c_int;

/// The tokenizer `unicode61` of a connection.
struct Unicode61 {
    methods: fts5_tokenizer,
    context: *mut c_void,
}

/// The tokenizer of a table.
struct Words {
    methods: fts5_tokenizer,
    unicode61: *mut Fts5Tokenizer,
}

/// Gives FTS5 the tokenizer.
pub(super) fn register(api: NonNull<fts5_api>) -> c_int {
    let api = api.as_ptr();
    let mut methods = fts5_tokenizer { xCreate: None, xDelete: None, xTokenize: None };
    let mut context = ptr::null_mut();
    // SAFETY: the functions are FTS5's own, and belong to an open connection. The names end in NUL. FTS5 copies the
    // methods, and calls `drop_unicode61` with our context when the connection closes.
    unsafe {
        let (Some(find), Some(create)) = ((*api).xFindTokenizer, (*api).xCreateTokenizer) else {
            return ffi::SQLITE_ERROR;
        };
        let found = find(api, c"unicode61".as_ptr(), &raw mut context, &raw mut methods);
        if found != ffi::SQLITE_OK {
            return found;
        }
        let ours = Box::into_raw(Box::new(Unicode61 { methods, context }));
        let mut words = fts5_tokenizer { xCreate: Some(make), xDelete: Some(delete), xTokenize: Some(tokenize) };
        create(api, NAME.as_ptr(), ours.cast(), &raw mut words, Some(drop_unicode61))
    }
}

/// # Safety
/// FTS5 calls this once, with the context that it was given.
unsafe extern "C" fn drop_unicode61(context: *mut c_void) {
    // SAFETY: `register` made it by `Box::into_raw`.
    drop(unsafe { Box::from_raw(context.cast::<Unicode61>()) });
}

/// # Safety
/// FTS5 calls this with the context that it was given, and with the words of a declaration.
unsafe extern "C" fn make(
    context: *mut c_void,
    words: *mut *const c_char,
    count: c_int,
    made: *mut *mut Fts5Tokenizer,
) -> c_int {
    let mut defaults = DEFAULTS.map(CStr::as_ptr);
    let mut unicode61 = ptr::null_mut();
    // SAFETY: the context is ours. The words, or the defaults, are strings that end in NUL, and live through the call.
    unsafe {
        let base = &*context.cast::<Unicode61>();
        let (words, count) = if count > 0 { (words, count) } else { (defaults.as_mut_ptr(), 2) };
        let Some(create) = base.methods.xCreate else { return ffi::SQLITE_ERROR };
        let created = create(base.context, words, count, &raw mut unicode61);
        if created != ffi::SQLITE_OK {
            return created;
        }
        *made = Box::into_raw(Box::new(Words { methods: base.methods, unicode61 })).cast();
    }
    ffi::SQLITE_OK
}

/// # Safety
/// FTS5 calls this once for a tokenizer that `make` made.
unsafe extern "C" fn delete(tokenizer: *mut Fts5Tokenizer) {
    // SAFETY: `make` made both.
    unsafe {
        let words = Box::from_raw(tokenizer.cast::<Words>());
        if let Some(delete) = words.methods.xDelete {
            delete(words.unicode61);
        }
    }
}

/// # Safety
/// FTS5 calls this with a tokenizer that `make` made, and with a text and a function that live through the call.
unsafe extern "C" fn tokenize(
    tokenizer: *mut Fts5Tokenizer,
    context: *mut c_void,
    flags: c_int,
    text: *const c_char,
    length: c_int,
    on_token: Option<OnToken>,
) -> c_int {
    let (Some(on_token), Ok(length)) = (on_token, usize::try_from(length)) else { return ffi::SQLITE_OK };
    if text.is_null() {
        return ffi::SQLITE_OK;
    }
    // SAFETY: as FTS5 promises.
    let (words, text) = unsafe { (&*tokenizer.cast::<Words>(), std::slice::from_raw_parts(text.cast(), length)) };
    let sink = Sink { context, on_token, offset: 0 };
    // Unwinding into SQLite's C frames would be undefined.
    let tokenized = catch_unwind(AssertUnwindSafe(|| each_run(text, |run| words.run(run, text, flags, &sink))));
    match tokenized {
        Ok(Ok(())) => ffi::SQLITE_OK,
        Ok(Err(code)) => code,
        Err(_) => ffi::SQLITE_ERROR,
    }
}

impl Words {
    fn run(&self, run: Run, text: &[u8], flags: c_int, sink: &Sink) -> Result<(), c_int> {
        match run {
            Run::Character(character, place) => sink.token(0, character.encode_utf8(&mut [0; 4]), place),
            Run::Wide(word, place) => sink.token(0, &word, place),
            Run::Hangul(word, place) => {
                sink.token(0, &word, place.clone())?;
                if flags & ffi::FTS5_TOKENIZE_QUERY != 0 {
                    return Ok(());
                }
                let ends = word.char_indices().map(|(at, _)| at).skip(1).take(LONGEST_BEGINNING);
                for beginning in ends.filter_map(|end| word.get(..end)) {
                    sink.token(ffi::FTS5_TOKEN_COLOCATED, beginning, place.clone())?;
                }
                Ok(())
            }
            Run::Other(place) => self.other(text, place, flags, sink),
        }
    }

    /// Has SQLite's own tokenizer find the words of a run.
    fn other(&self, text: &[u8], place: Range<usize>, flags: c_int, sink: &Sink) -> Result<(), c_int> {
        let run = text.get(place.clone()).unwrap_or_default();
        let (Some(tokenize), Ok(length)) = (self.methods.xTokenize, c_int::try_from(run.len())) else { return Ok(()) };
        let inner = Sink { offset: place.start, ..*sink };
        let context = (&raw const inner).cast_mut().cast();
        // SAFETY: the tokenizer is alive, and text and sink live through the call.
        let code = unsafe { tokenize(self.unicode61, context, flags, run.as_ptr().cast(), length, Some(with_offset)) };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }
}

/// Where tokens go.
#[derive(Clone, Copy)]
struct Sink {
    context: *mut c_void,
    on_token: OnToken,
    /// Where the run begins that is being read.
    offset: usize,
}

impl Sink {
    fn token(&self, flags: c_int, token: &str, place: Range<usize>) -> Result<(), c_int> {
        let number = |number: usize| c_int::try_from(number).map_err(|_| ffi::SQLITE_TOOBIG);
        let (start, end, length) = (number(place.start)?, number(place.end)?, number(token.len())?);
        // SAFETY: FTS5 gave the function and its context for this call, and copies the token.
        let code = unsafe { (self.on_token)(self.context, flags, token.as_ptr().cast(), length, start, end) };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
    }
}

/// # Safety
/// `unicode61` calls this with the sink that `other` gave it.
unsafe extern "C" fn with_offset(
    sink: *mut c_void,
    flags: c_int,
    token: *const c_char,
    length: c_int,
    start: c_int,
    end: c_int,
) -> c_int {
    // SAFETY: see above. The rest is handed on as it is.
    unsafe {
        let sink = &*sink.cast::<Sink>();
        let Ok(offset) = c_int::try_from(sink.offset) else { return ffi::SQLITE_TOOBIG };
        (sink.on_token)(sink.context, flags, token, length, start + offset, end + offset)
    }
}
