//! Incremental BLOB I/O: one row found by its key, a range of one value read or written, all within one call.
//!
//! No BLOB handle outlives the call that opened it: an open writable one would block every other writer, an open readable
//! one pin a stale snapshot, and rowids are reused, so the row is looked up by key each time. The look-up's statement is
//! not reset before the BLOB is done with, so that both see the same state of the file.
//!
//! The one exception is a read snapshot that is held anyway. While it lasts the handle that read last is kept and moved:
//! it knows where a long value's pages are, and finding that out again is most of what reading a range costs. The same
//! holds for a run of writes inside one transaction, whose caller says when it begins and ends.

use std::cell::{Cell, RefCell};
use std::ffi::CString;

use crate::blob_handle::BlobHandle;
use crate::connection::Connection;
use crate::error::{SeamError, SeamResult};
use crate::statement::{Parameter, Statement, quote};

/// A column of a table, whose rows are found by their key columns.
pub(crate) struct BlobSite {
    table: CString,
    column: CString,
    lookup: Statement,
    key_columns: usize,
    kept: RefCell<Option<BlobHandle>>,
    kept_writer: RefCell<Option<BlobHandle>>,
    keeps_writer: Cell<bool>,
}

impl BlobSite {
    pub(crate) fn new(connection: &Connection, table: &str, column: &str, key: &[String]) -> SeamResult<Self> {
        if key.is_empty() {
            return Err(SeamError::invalid("a BLOB site needs at least one key column"));
        }
        let conditions: Vec<_> = key.iter().map(|name| format!("{} = ?", quote(name))).collect();
        // The main schema is named, so that a temporary table of the same name is not taken for it.
        let lookup =
            Statement::new(&format!("SELECT rowid FROM main.{} WHERE {}", quote(table), conditions.join(" AND ")))?;
        lookup.prepare(connection.db())?;
        let name = |text: &str| CString::new(text).map_err(|_| SeamError::invalid("names must not contain NUL"));
        Ok(Self {
            table: name(table)?,
            column: name(column)?,
            lookup,
            key_columns: key.len(),
            kept: RefCell::new(None),
            kept_writer: RefCell::new(None),
            keeps_writer: Cell::new(false),
        })
    }

    /// The value's length in bytes, or None where no row has the key.
    pub(crate) fn size(&self, connection: &Connection, key: &[Parameter<'_>]) -> SeamResult<Option<usize>> {
        self.reading(connection, key, |blob| Ok(blob.len()))
    }

    /// Fills `target` from the value's byte `offset` on and returns how many bytes there were, or None without a row. The target
    /// is asked for behind the look-up: a function that a generated column calls may free it before.
    pub(crate) fn read<'a>(
        &self,
        connection: &Connection,
        key: &[Parameter<'_>],
        offset: usize,
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Option<usize>> {
        self.reading(connection, key, |blob| blob.read(offset, target()?))
    }

    /// Overwrites the value from byte `offset` on. A value keeps its length: bytes past its end are refused. The source is asked for
    /// as the target of a read is.
    pub(crate) fn write<'a>(
        &self,
        connection: &Connection,
        key: &[Parameter<'_>],
        offset: usize,
        source: impl FnOnce() -> SeamResult<&'a [u8]>,
    ) -> SeamResult<Option<usize>> {
        let _writing = connection.begin_write()?;
        self.found(connection, key, |rowid| {
            let kept = self.kept_writer.borrow_mut().take();
            let blob = match kept {
                Some(blob) if blob.reopen(rowid).is_ok() => blob,
                _ => BlobHandle::open(connection.db(), &self.table, &self.column, rowid, true)?,
            };
            let source = source()?;
            let (length, end) = (blob.len(), offset.saturating_add(source.len()));
            if end > length {
                return Err(SeamError::invalid(format!(
                    "bytes {offset} to {end} do not fit: the value has {length} bytes, and a range write does not change its length"
                )));
            }
            blob.write(offset, source)?;
            if self.keeps_writer.get() {
                self.kept_writer.replace(Some(blob));
            } else {
                blob.close()?;
            }
            Ok(source.len())
        })
    }

    /// Whether the handle of a write is kept for the next one. A kept handle bars COMMIT, so the run of writes ends with
    /// `false` before the transaction does.
    pub(crate) fn keep_writer(&self, keep: bool) -> SeamResult<()> {
        self.keeps_writer.set(keep);
        let kept = self.kept_writer.borrow_mut().take();
        kept.map_or(Ok(()), BlobHandle::close)
    }

    /// Lets go of the handle kept while the read snapshot was held.
    pub(crate) fn close_kept(&self) {
        self.kept.borrow_mut().take();
    }

    pub(crate) fn finalize(&self) {
        self.close_kept();
        self.kept_writer.borrow_mut().take();
        self.lookup.finalize();
    }

    fn reading<T>(
        &self,
        connection: &Connection,
        key: &[Parameter<'_>],
        work: impl FnOnce(&BlobHandle) -> SeamResult<T>,
    ) -> SeamResult<Option<T>> {
        self.found(connection, key, |rowid| {
            let kept = self.kept.borrow_mut().take();
            let blob = match kept {
                Some(blob) if blob.reopen(rowid).is_ok() => blob,
                _ => BlobHandle::open(connection.db(), &self.table, &self.column, rowid, false)?,
            };
            let result = work(&blob);
            if connection.snapshot().is_held() {
                self.kept.replace(Some(blob));
            }
            result
        })
    }

    /// Finds the row and works on it, with the look-up's read transaction still open.
    fn found<T>(
        &self,
        connection: &Connection,
        key: &[Parameter<'_>],
        work: impl FnOnce(i64) -> SeamResult<T>,
    ) -> SeamResult<Option<T>> {
        if key.len() != self.key_columns {
            return Err(SeamError::invalid(format!("{} key values given, {} expected", key.len(), self.key_columns)));
        }
        let row = self.lookup.execute(connection.db(), key)?;
        if !row.step()? {
            return Ok(None);
        }
        work(row.integer(0)).map(Some)
    }
}
