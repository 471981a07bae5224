//! Incremental BLOB I/O: one row found by its key, a range of one value read or written, all within one call.
//!
//! No BLOB handle outlives the call that opened it: an open writable one would block every other writer, an open readable
//! one pin a stale snapshot, and rowids are reused, so the row is looked up by key each time. The look-up's statement is
//! not reset before the BLOB is done with, so that both see the same state of the file.

use std::ffi::CString;

use rusqlite::blob::Blob;

use crate::connection::Connection;
use crate::error::{SeamError, SeamResult};
use crate::statement::{Parameter, Statement, quote};

/// A column of a table, whose rows are found by their key columns.
pub(crate) struct BlobSite {
    table: CString,
    column: CString,
    lookup: Statement,
    key_columns: usize,
}

impl BlobSite {
    pub(crate) fn new(connection: &Connection, table: &str, column: &str, key: &[String]) -> SeamResult<Self> {
        if key.is_empty() {
            return Err(SeamError::invalid("a BLOB site needs at least one key column"));
        }
        let conditions: Vec<_> = key.iter().map(|name| format!("{} = ?", quote(name))).collect();
        // The main schema is named, so that a temporary table of the same name is not taken for it.
        let lookup = Statement::new(&format!(
            "SELECT rowid FROM main.{} WHERE {}",
            quote(table),
            conditions.join(" AND ")
        ))?;
        lookup.prepare(connection.db())?;
        let name = |text: &str| CString::new(text).map_err(|_| SeamError::invalid("names must not contain NUL"));
        Ok(Self { table: name(table)?, column: name(column)?, lookup, key_columns: key.len() })
    }

    /// The value's length in bytes, or None where no row has the key.
    pub(crate) fn size(&self, connection: &Connection, key: &[Parameter<'_>]) -> SeamResult<Option<usize>> {
        self.with_blob(connection, key, true, |blob| Ok(blob.len()))
    }

    /// Fills `target` from the value's byte `offset` on and returns how many bytes there were, or None without a row.
    pub(crate) fn read(
        &self,
        connection: &Connection,
        key: &[Parameter<'_>],
        offset: usize,
        target: &mut [u8],
    ) -> SeamResult<Option<usize>> {
        self.with_blob(connection, key, true, |blob| {
            if offset >= blob.len() {
                return Ok(0);
            }
            blob.read_at(target, offset).map_err(|error| SeamError::rusqlite(connection.db(), error))
        })
    }

    /// Overwrites the value from byte `offset` on. A value keeps its length: bytes past its end are refused.
    pub(crate) fn write(
        &self,
        connection: &Connection,
        key: &[Parameter<'_>],
        offset: usize,
        source: &[u8],
    ) -> SeamResult<Option<usize>> {
        self.with_blob(connection, key, false, |blob| {
            let end = offset.saturating_add(source.len());
            if end > blob.len() {
                return Err(SeamError::invalid(format!(
                    "bytes {offset} to {end} do not fit: the value has {} bytes, and a range write does not change its length",
                    blob.len()
                )));
            }
            blob.write_at(source, offset).map_err(|error| SeamError::rusqlite(connection.db(), error))?;
            Ok(source.len())
        })
    }

    pub(crate) fn finalize(&self) {
        self.lookup.finalize();
    }

    fn with_blob<T>(
        &self,
        connection: &Connection,
        key: &[Parameter<'_>],
        read_only: bool,
        work: impl FnOnce(&mut Blob<'_>) -> SeamResult<T>,
    ) -> SeamResult<Option<T>> {
        if key.len() != self.key_columns {
            return Err(SeamError::invalid(format!("{} key values given, {} expected", key.len(), self.key_columns)));
        }
        let db = connection.db();
        self.lookup.bind(db, key)?;
        let _reset = ResetOnDrop(&self.lookup);
        if !self.lookup.step(db)? {
            return Ok(None);
        }
        let rowid = self.lookup.integer();
        let mut blob = connection
            .inner()
            .blob_open(c"main", self.table.as_c_str(), self.column.as_c_str(), rowid, read_only)
            .map_err(|error| SeamError::rusqlite(db, error))?;
        let result = work(&mut blob);
        // Outside a transaction the write is committed here, so closing can fail.
        let closed = blob.close().map_err(|error| SeamError::rusqlite(db, error));
        let value = result?;
        closed?;
        Ok(Some(value))
    }
}

struct ResetOnDrop<'a>(&'a Statement);

impl Drop for ResetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.reset();
    }
}
