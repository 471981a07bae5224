//! Incremental BLOB I/O: one row found by its key, a range of one value read or written, all within one call.
//!
//! No BLOB handle outlives the call that opened it. An open writable one would block every other writer, and an open
//! readable one would pin a stale snapshot. Rowids are reused, so each call looks up the row by its key. The look-up's
//! statement is not reset before the BLOB is closed, so that both see the same state of the file.
//!
//! The one exception is a read snapshot that is held anyway. While it lasts, the handle that read last is kept and
//! moved: it knows where a long value's pages are, and finding them again is most of what reading a range costs. The
//! same holds for a run of writes inside one transaction, whose caller says when it begins and ends.
//!
//! A few bytes at a place that nothing else is read from are read in place: from the pages of the file as the held
//! snapshot sees them. SQLite would open a handle and find all pages of the value that come before.

use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::rc::Rc;

use kohakuvault_core::tree::rows::Leaf;

use super::blob_handle::BlobHandle;
use super::by_schema::BySchema;
use super::db::Db;
use super::snapshot::ReadSnapshot;
use super::statement::{Parameter, Statement, quote};
use super::view::FileView;
use crate::js::error::{SeamError, SeamResult};

/// The root of a table with rowids, and the number of a column among the values of its rows. Virtual columns have none.
const PLACE: &str = "
    SELECT entry.rootpage, (SELECT count(*) FROM pragma_table_xinfo(entry.name, 'main') AS other
        WHERE other.hidden <> 2 AND other.cid < wanted.cid)
    FROM main.sqlite_schema AS entry JOIN pragma_table_xinfo(entry.name, 'main') AS wanted
    WHERE entry.type = 'table' AND entry.name = ?1 COLLATE NOCASE AND wanted.name = ?2 COLLATE NOCASE
        AND wanted.hidden = 0 AND (SELECT wr FROM pragma_table_list(entry.name) WHERE schema = 'main') = 0
    LIMIT 1";

/// The most overflow pages that are passed in place. Farther into a value, SQLite's handle finds the way faster, which
/// it remembers for the next range.
const MOST_PASSED: usize = 64;

/// Where the values of the column are.
#[derive(Clone, Copy)]
struct Place {
    root: u32,
    column: usize,
}

/// A column of a table, whose rows are found by their key columns.
pub(crate) struct BlobSite {
    table: CString,
    column: CString,
    lookup: Statement,
    key_columns: usize,
    reader: RefCell<Option<BlobHandle>>,
    writer: RefCell<Option<BlobHandle>>,
    keeps_writer: Cell<bool>,
    place_of: Statement,
    /// None if bytes cannot be read in place.
    place: BySchema<Option<Place>>,
}

impl BlobSite {
    pub(crate) fn new(db: Db, table: &str, column: &str, key: &[String]) -> SeamResult<Self> {
        if key.is_empty() {
            return Err(SeamError::invalid("a BLOB site needs at least one key column"));
        }
        let conditions: Vec<_> = key.iter().map(|name| format!("{} = ?", quote(name))).collect();
        // The main schema is named, so that no temporary table of the same name is used instead.
        let lookup =
            Statement::new(&format!("SELECT rowid FROM main.{} WHERE {}", quote(table), conditions.join(" AND ")))?;
        lookup.prepare(db)?;
        let name = |text: &str| CString::new(text).map_err(|_| SeamError::invalid("names must not contain NUL"));
        Ok(Self {
            table: name(table)?,
            column: name(column)?,
            lookup,
            key_columns: key.len(),
            reader: RefCell::new(None),
            writer: RefCell::new(None),
            keeps_writer: Cell::new(false),
            place_of: Statement::new(PLACE)?,
            place: BySchema::new(),
        })
    }

    /// Returns the value's length in bytes, or None without such a row.
    pub(crate) fn size(&self, db: Db, snapshot: &ReadSnapshot, key: &[Parameter<'_>]) -> SeamResult<Option<usize>> {
        self.with_reader(db, snapshot, key, |blob| Ok(blob.len()))
    }

    /// Fills the target from the value's byte `offset` on. Returns how many bytes there were, or None without such a
    /// row. The target is asked for after the look-up, because a function that a generated column calls may free it
    /// before.
    pub(crate) fn read<'a>(
        &self,
        db: Db,
        snapshot: &ReadSnapshot,
        key: &[Parameter<'_>],
        offset: usize,
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
    ) -> SeamResult<Option<usize>> {
        self.with_reader(db, snapshot, key, |blob| blob.read(offset, target()?))
    }

    /// Fills the target with the value's bytes from `offset` on, from the pages that `view` returns. Returns false if
    /// they must be read in another way, as if there is no such row or the value is shorter.
    pub(crate) fn read_in_place<'a>(
        &self,
        db: Db,
        key: &[Parameter<'_>],
        offset: usize,
        target: impl FnOnce() -> SeamResult<&'a mut [u8]>,
        view: impl FnOnce() -> Option<Rc<FileView>>,
    ) -> SeamResult<bool> {
        let is_read = self.with_row(db, key, |rowid| {
            // From here on no JavaScript runs: to find the place reads the schema only.
            let Some(pages) = view() else { return Ok(false) };
            let Some(Place { root, column }) = self.place.get(&pages, || self.find_place(db).ok()).flatten() else {
                return Ok(false);
            };
            let target = target()?;
            let value = Leaf::find(&*pages, root, rowid).and_then(|leaf| leaf.column(column));
            Ok(value.and_then(|value| value.copy_range(&*pages, offset, target, MOST_PASSED)).is_some())
        })?;
        Ok(is_read.unwrap_or(false))
    }

    fn find_place(&self, db: Db) -> SeamResult<Option<Place>> {
        let (Ok(table), Ok(column)) = (self.table.to_str(), self.column.to_str()) else { return Ok(None) };
        let parameters = [Parameter::Text(table), Parameter::Text(column)];
        let row = self.place_of.execute(db, &parameters)?;
        if !row.step()? {
            return Ok(None);
        }
        let root = u32::try_from(row.integer(0)).ok().filter(|root| *root > 1);
        let column = usize::try_from(row.integer(1)).ok();
        Ok(root.zip(column).map(|(root, column)| Place { root, column }))
    }

    /// Overwrites the value from byte `offset` on. The value keeps its length, and bytes past its end are refused. The
    /// source is asked for after the look-up, as the target of a read is. The caller has begun a write.
    pub(crate) fn write<'a>(
        &self,
        db: Db,
        key: &[Parameter<'_>],
        offset: usize,
        source: impl FnOnce() -> SeamResult<&'a [u8]>,
    ) -> SeamResult<Option<usize>> {
        self.with_row(db, key, |rowid| {
            let kept = self.writer.borrow_mut().take();
            let blob = match kept {
                Some(blob) if blob.reopen(rowid).is_ok() => blob,
                _ => BlobHandle::open(db, &self.table, &self.column, rowid, true)?,
            };
            let source = source()?;
            let (length, end) = (blob.len(), offset.saturating_add(source.len()));
            if end > length {
                return Err(SeamError::invalid(format!(
                    "bytes {offset} to {end} do not fit: the value has {length} bytes, and a range write does not change \
                     its length"
                )));
            }
            blob.write(offset, source)?;
            if self.keeps_writer.get() {
                self.writer.replace(Some(blob));
            } else {
                blob.close()?;
            }
            Ok(source.len())
        })
    }

    /// Says whether the handle of a write is kept for the next one. A kept handle bars COMMIT, so the run of writes
    /// ends with `false` before the transaction does.
    pub(crate) fn keep_writer(&self, keep: bool) -> SeamResult<()> {
        self.keeps_writer.set(keep);
        let kept = self.writer.borrow_mut().take();
        kept.map_or(Ok(()), BlobHandle::close)
    }

    /// Closes the handle that was kept while the read snapshot was held.
    pub(crate) fn close_reader(&self) {
        self.reader.borrow_mut().take();
    }

    pub(crate) fn finalize(&self) {
        self.close_reader();
        self.writer.borrow_mut().take();
        self.lookup.finalize();
        self.place_of.finalize();
    }

    fn with_reader<T>(
        &self,
        db: Db,
        snapshot: &ReadSnapshot,
        key: &[Parameter<'_>],
        work: impl FnOnce(&BlobHandle) -> SeamResult<T>,
    ) -> SeamResult<Option<T>> {
        self.with_row(db, key, |rowid| {
            let kept = self.reader.borrow_mut().take();
            let blob = match kept {
                Some(blob) if blob.reopen(rowid).is_ok() => blob,
                _ => BlobHandle::open(db, &self.table, &self.column, rowid, false)?,
            };
            let result = work(&blob);
            if snapshot.is_held() {
                self.reader.replace(Some(blob));
            }
            result
        })
    }

    /// Finds the row and works on it, with the look-up's read transaction still open.
    fn with_row<T>(
        &self,
        db: Db,
        key: &[Parameter<'_>],
        work: impl FnOnce(i64) -> SeamResult<T>,
    ) -> SeamResult<Option<T>> {
        if key.len() != self.key_columns {
            return Err(SeamError::invalid(format!("the key has {} values; expected {}", key.len(), self.key_columns)));
        }
        let row = self.lookup.execute(db, key)?;
        if !row.step()? {
            return Ok(None);
        }
        work(row.integer(0)).map(Some)
    }
}
