//! The tables of SQL: the function `kohakuvault_column`, and the module `kohakuvault_frame`.

use std::ffi::{CString, c_int};
use std::rc::Rc;

use rusqlite::ffi;

use super::catalog::{Catalog, Found, Layout};
use super::source::{Source, Span};
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::quote;

/// The columns of the function: its arguments are hidden.
const FUNCTION: &std::ffi::CStr = c"CREATE TABLE x (i INTEGER, value, name TEXT HIDDEN, layout TEXT HIDDEN)";
/// The numbers of the arguments among the columns.
const ARGUMENTS: [c_int; 2] = [2, 3];

/// What a table shows.
pub(super) enum Shown {
    /// The column that an argument names.
    Column,
    /// The columns of a frame.
    Frame { name: String, columns: Vec<String> },
}

/// A table of one of the modules.
pub(super) struct Table {
    pub(super) db: Db,
    pub(super) catalog: Rc<Catalog>,
    pub(super) shown: Shown,
}

impl Table {
    pub(super) fn function(db: Db) -> Self {
        Self { db, catalog: Rc::new(Catalog::new()), shown: Shown::Column }
    }

    /// Makes the table of a frame, from what CREATE VIRTUAL TABLE says: the module, the schema, the name of the table,
    /// and the arguments.
    pub(super) fn frame(db: Db, words: &[String]) -> SeamResult<Self> {
        let [_, schema, table, arguments @ ..] = words else {
            return Err(SeamError::invalid("SQLite did not name the table"));
        };
        let [name] = arguments else {
            return Err(SeamError::invalid(format!(
                "kohakuvault_frame expects the name of a frame, got {} arguments; write CREATE VIRTUAL TABLE temp.{} \
                 USING kohakuvault_frame(log)",
                arguments.len(),
                quote(table)
            )));
        };
        if schema != "temp" {
            return Err(SeamError::invalid(format!(
                "the table of a frame belongs to a connection and not to the file, where other software would not know \
                 it; write CREATE VIRTUAL TABLE temp.{}",
                quote(table)
            )));
        }
        let name = unquoted(name);
        let catalog = Catalog::new();
        let columns = catalog.names_of_frame(db, &name)?;
        if columns.is_empty() {
            return Err(SeamError::invalid(format!(
                "there is no frame {name:?} in this file; listColumns() lists the columns, and those of a frame begin \
                 with its name and a dot"
            )));
        }
        if columns.iter().any(|column| column.eq_ignore_ascii_case("i")) {
            return Err(SeamError::invalid(format!(
                "the frame {name:?} has a column of its own that is called i, as the index is; use kohakuvault_column \
                 for each column"
            )));
        }
        Ok(Self { db, catalog: Rc::new(catalog), shown: Shown::Frame { name, columns } })
    }

    /// Returns the SQL that declares the columns.
    pub(super) fn declaration(&self) -> SeamResult<CString> {
        let Shown::Frame { name, columns } = &self.shown else { return Ok(FUNCTION.to_owned()) };
        let mut declared = String::from("CREATE TABLE x (i INTEGER");
        for column in columns {
            let found = self.column_of(name, column)?;
            declared.push_str(&format!(", {} {}", quote(column), found.dtype.declared()));
        }
        declared.push(')');
        CString::new(declared).map_err(|_| SeamError::invalid("the name of a column has a NUL"))
    }

    fn column_of(&self, frame: &str, column: &str) -> SeamResult<Found> {
        let name = format!("{frame}.{column}");
        self.catalog.find(self.db, &name, None)?.ok_or_else(|| absent_from_frame(frame, column))
    }

    /// The numbers of the columns that hold the arguments of the function.
    pub(super) const fn arguments(&self) -> Option<[c_int; 2]> {
        match self.shown {
            Shown::Column => Some(ARGUMENTS),
            Shown::Frame { .. } => None,
        }
    }

    /// Opens the column that the arguments of the function name.
    pub(super) fn open_column(&self, name: &str, layout: Option<&str>) -> SeamResult<Source> {
        let wanted = match layout {
            None => None,
            Some(layout) => Some(Layout::named(layout).ok_or_else(|| {
                SeamError::invalid(format!(
                    "kohakuvault_column expects the layout to be '0.7' or '1.x', got {layout:?}"
                ))
            })?),
        };
        Source::new(&self.catalog, self.db, name, wanted)?.ok_or_else(|| {
            let layout = wanted.map_or_else(String::new, |layout| format!(" in the layout {}", layout.name()));
            SeamError::invalid(format!(
                "there is no column {name:?}{layout} in this file; listColumns() lists the columns, and createColumn() \
                 creates one; elements that are pending in a cache reach the file with flushCache()"
            ))
        })
    }

    /// Opens all columns of the frame. Returns their length too.
    pub(super) fn open_frame(&self, frame: &str, columns: &[String]) -> SeamResult<(Vec<Source>, i64)> {
        let mut sources: Vec<Source> = Vec::with_capacity(columns.len());
        for column in columns {
            let name = format!("{frame}.{column}");
            let source = Source::new(&self.catalog, self.db, &name, None)?;
            sources.push(source.ok_or_else(|| absent_from_frame(frame, column))?);
        }
        let length = sources.first().map_or(0, |source| source.found().length);
        if sources.iter().any(|source| source.found().length != length) {
            let lengths: Vec<_> =
                sources.iter().map(|source| format!("{} {}", source.name(), source.found().length)).collect();
            return Err(SeamError::invalid(format!(
                "the columns of frame {frame:?} have different lengths in the file: {}; rows that are pending in a cache \
                 reach the file with flushCache()",
                lengths.join(", ")
            )));
        }
        Ok((sources, length))
    }
}

fn absent_from_frame(frame: &str, column: &str) -> SeamError {
    SeamError::invalid(format!(
        "the frame {frame:?} has no column {column:?} any more; drop the table, and create it again"
    ))
}

/// Returns an argument of CREATE VIRTUAL TABLE without its quotes.
fn unquoted(argument: &str) -> String {
    let argument = argument.trim();
    for (open, close) in [('\'', '\''), ('"', '"'), ('`', '`'), ('[', ']')] {
        if let Some(inner) = argument.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            return inner.replace(&format!("{close}{close}"), &close.to_string());
        }
    }
    argument.to_owned()
}

/// A scan of a table.
pub(super) struct Scan {
    pub(super) sources: Vec<Source>,
    pub(super) span: Span,
    /// The row that it is at.
    pub(super) at: i64,
    /// What the arguments of the function were.
    pub(super) layout: Option<Layout>,
}

impl Scan {
    /// A scan that is over.
    pub(super) const fn ended() -> Self {
        let span = Span { first: 0, end: 0, descending: false };
        Self { sources: Vec::new(), span, at: 0, layout: None }
    }

    pub(super) fn new(sources: Vec<Source>, layout: Option<Layout>, span: Span) -> Self {
        let at = if span.descending { span.end - 1 } else { span.first };
        Self { sources, span, at, layout }
    }

    #[inline]
    pub(super) const fn is_over(&self) -> bool {
        self.at < self.span.first || self.at >= self.span.end
    }

    #[inline]
    pub(super) const fn advance(&mut self) {
        self.at += if self.span.descending { -1 } else { 1 };
    }
}

/// Returns the result code for a failure, and its message.
pub(super) fn failed(error: SeamError) -> (c_int, CString) {
    let (code, message) = error.into_result();
    let code = if code == ffi::SQLITE_OK { ffi::SQLITE_ERROR } else { code };
    (code, CString::new(message.replace('\0', " ")).unwrap_or_default())
}
