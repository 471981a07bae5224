//! What a query has told of the schema, known for as long as the schema is the same.

use std::cell::Cell;

use super::view::{FileView, HeadWords};

/// What is known in one state of the file.
#[derive(Clone, Copy)]
struct Known<T> {
    head: HeadWords,
    cookie: u32,
    what: T,
}

/// Something that follows from the schema alone.
pub(crate) struct BySchema<T> {
    known: Cell<Option<Known<T>>>,
}

impl<T: Copy> BySchema<T> {
    pub(crate) fn new() -> Self {
        Self { known: Cell::new(None) }
    }

    /// Returns what follows from the schema of a state. `find` asks SQLite, and may return None for not known.
    #[inline]
    pub(crate) fn get(&self, pages: &FileView, find: impl FnOnce() -> Option<T>) -> Option<T> {
        match self.known.get() {
            Some(known) if known.head == *pages.head() => Some(known.what),
            before => self.look_again(pages, before, find),
        }
    }

    #[cold]
    fn look_again(&self, pages: &FileView, before: Option<Known<T>>, find: impl FnOnce() -> Option<T>) -> Option<T> {
        let cookie = pages.cookie()?;
        let what = match before {
            Some(before) if before.cookie == cookie => before.what,
            _ => find()?,
        };
        self.known.set(Some(Known { head: *pages.head(), cookie, what }));
        Some(what)
    }
}
