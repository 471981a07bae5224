//! Bytes of rows, from pages in place if possible.
//!
//! To read a vector through SQLite means to open a handle on its chunk and to follow the pages of the chunk up to it.
//! Where the pages of the file can be read in place, the way through a chunk is found once and kept as long as the file
//! stays as it is.

use std::collections::HashMap;
use std::ffi::CStr;
use std::rc::Rc;

use kohakuvault_core::CoreError;
use kohakuvault_core::tree::chain::Chain;
use kohakuvault_core::tree::rows::{Leaf, Value};
use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::lists::directory::Place;

use super::tables::Tables;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::blob_handle::BlobHandle;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement};
use crate::sqlite::view::{FileView, HeadWords};
use crate::vector::layout::Layout;

/// The column of the bytes, in all tables that are read here.
const COLUMN: usize = 1;
/// A value of fewer bytes is not worth a chain.
const LEAST_CHAINED: usize = 64 * 1024;
/// So few pages may be passed on the way to bytes near the beginning of a value.
const FEW: usize = 4;
const VALUE_ID_BYTES: usize = 8;

/// The roots of the tables that are read in place.
#[derive(Clone, Copy)]
struct Roots {
    vectors: u32,
    value_ids: u32,
}

/// Where the parts of a chunk are.
struct ChunkRows {
    vectors: i64,
    value_ids: i64,
    slots: usize,
    /// None if it was not looked for, or there is none. To find it takes twice as long as to read one vector.
    chain: Option<Chain>,
    /// Whether a vector was read before.
    was_read: bool,
}

/// What is known of chunks. Their rows are known until others change the file, and the pages until anybody does.
#[derive(Default)]
pub(super) struct KnownRows {
    head: Option<HeadWords>,
    roots: Option<Roots>,
    chunks: HashMap<i64, ChunkRows>,
}

/// Reads rows in one state of the file.
pub(super) struct RowReader<'a> {
    db: Db,
    layout: &'a Layout,
    tables: &'a Tables,
    known: &'a mut KnownRows,
    view: Option<Rc<FileView>>,
    vectors: Option<BlobHandle>,
    value_ids: Option<BlobHandle>,
}

impl<'a> RowReader<'a> {
    /// `view` has the pages as the connection's reads see them, if they can be read in place.
    pub(super) fn new(
        db: Db,
        layout: &'a Layout,
        tables: &'a Tables,
        known: &'a mut KnownRows,
        view: Option<Rc<FileView>>,
    ) -> SeamResult<Self> {
        let head = view.as_ref().map(|view| *view.head());
        if head.is_some() && head != known.head {
            for chunk in known.chunks.values_mut() {
                (chunk.chain, chunk.was_read) = (None, false);
            }
            known.roots = find_roots(db, layout)?;
            known.head = head;
        }
        Ok(Self { db, layout, tables, known, view, vectors: None, value_ids: None })
    }

    /// Returns the vectors at some places. Places of one chunk are best one after another.
    pub(super) fn vectors(&mut self, places: &[(Place, i64)]) -> SeamResult<Block> {
        let mut block = Block::with_room(self.layout.shape, places.len());
        for (place, id) in places {
            self.push(&mut block, *place, *id)?;
        }
        Ok(block)
    }

    /// Adds a vector to others.
    pub(super) fn push(&mut self, block: &mut Block, place: Place, id: i64) -> SeamResult<()> {
        block.push_filled(id, |target| self.vector(place, target))
    }

    /// Fills the target with a vector. Places of one chunk are best one after another.
    fn vector(&mut self, place: Place, target: &mut [u8]) -> SeamResult<()> {
        let bytes = self.layout.shape.row_bytes();
        let offset = place.slot * bytes;
        let roots = self.known.roots;
        self.chunk(place)?;
        let Some(chunk) = self.known.chunks.get_mut(&place.chunk) else { return Err(self.damaged(place, "chunks")) };
        if let (Some(view), Some(roots)) = (&self.view, roots) {
            let is_first = !std::mem::replace(&mut chunk.was_read, true);
            if !is_first && chunk.chain.is_none() && chunk.slots * bytes >= LEAST_CHAINED {
                let value = Leaf::find(&**view, roots.vectors, chunk.vectors).and_then(|leaf| leaf.column(COLUMN));
                chunk.chain = value.and_then(|value| value.chain(&**view));
            }
            let expected = chunk.slots * bytes;
            let chain = chunk.chain.as_ref().filter(|chain| chain.length() == expected);
            if chain.is_some_and(|chain| chain.copy_range(&**view, offset, target).is_some()) {
                return Ok(());
            }
            let value = Leaf::find(&**view, roots.vectors, chunk.vectors).and_then(|leaf| leaf.column(COLUMN));
            if is_first && let Some(first) = value.as_ref().and_then(Value::first_overflow) {
                // The way to the vector, and later the chain, follow the pages of the chunk.
                view.read_ahead(first, expected);
            }
            let most_passed = if is_first { usize::MAX } else { FEW };
            if value
                .filter(|value| value.length == expected)
                .is_some_and(|value| value.copy_range(&**view, offset, target, most_passed).is_some())
            {
                return Ok(());
            }
        }
        let (rowid, expected) = (chunk.vectors, chunk.slots * bytes);
        let blob = at(&mut self.vectors, self.db, &self.layout.vectors, c"vectors", rowid)?;
        if blob.len() != expected || blob.read(offset, target)? != target.len() {
            return Err(self.damaged(place, "vector_chunks00"));
        }
        Ok(())
    }

    /// Returns the id of a vector's value.
    pub(super) fn value_id(&mut self, place: Place) -> SeamResult<i64> {
        let mut bytes = [0; VALUE_ID_BYTES];
        let offset = place.slot * VALUE_ID_BYTES;
        let roots = self.known.roots;
        self.chunk(place)?;
        let Some(chunk) = self.known.chunks.get(&place.chunk) else { return Err(self.damaged(place, "chunks")) };
        let (rowid, expected) = (chunk.value_ids, chunk.slots * VALUE_ID_BYTES);
        let in_place = self.view.as_ref().zip(roots).and_then(|(view, roots)| {
            let value = Leaf::find(&**view, roots.value_ids, rowid)?.column(COLUMN)?;
            if value.length != expected {
                return None;
            }
            value.copy_range(&**view, offset, &mut bytes, FEW)
        });
        if in_place.is_none() {
            let blob = at(&mut self.value_ids, self.db, &self.layout.metadata, c"data", rowid)?;
            if blob.len() != expected || blob.read(offset, &mut bytes)? != bytes.len() {
                return Err(self.damaged(place, "metadatachunks00"));
            }
        }
        Ok(i64::from_le_bytes(bytes))
    }

    /// Finds the rows of a place's chunk, unless they are known.
    fn chunk(&mut self, place: Place) -> SeamResult<()> {
        if !self.known.chunks.contains_key(&place.chunk) {
            let parameters = [Parameter::Integer(place.chunk)];
            let row = self.tables.chunk_rows.execute(self.db, &parameters)?;
            if row.step()? {
                let slots = usize::try_from(row.integer(2)).unwrap_or_default();
                let (vectors, value_ids) = (row.integer(0), row.integer(1));
                let found = ChunkRows { vectors, value_ids, slots, chain: None, was_read: false };
                self.known.chunks.insert(place.chunk, found);
            }
        }
        if self.known.chunks.get(&place.chunk).is_some_and(|chunk| place.slot < chunk.slots) {
            return Ok(());
        }
        Err(self.damaged(place, "chunks"))
    }

    fn damaged(&self, place: Place, part: &str) -> SeamError {
        SeamError::from(CoreError::Corrupt(format!(
            "the vectors of {} are damaged: chunk {} has no slot {}, or parts of other lengths. Restore a backup",
            self.layout.part(part),
            place.chunk,
            place.slot
        )))
    }
}

/// Returns a handle at a row: the one that is there, moved, or a new one.
fn at<'a>(
    kept: &'a mut Option<BlobHandle>,
    db: Db,
    table: &CStr,
    column: &CStr,
    rowid: i64,
) -> SeamResult<&'a BlobHandle> {
    let handle = match kept.take() {
        Some(handle) => {
            handle.reopen(rowid)?;
            handle
        }
        None => BlobHandle::open(db, table, column, rowid, false)?,
    };
    Ok(kept.insert(handle))
}

fn find_roots(db: Db, layout: &Layout) -> SeamResult<Option<Roots>> {
    let root_of =
        Statement::new("SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE")?;
    let root = |suffix: &str| -> SeamResult<Option<u32>> {
        let name = format!("{}_{suffix}", layout.name);
        let parameters = [Parameter::Text(&name)];
        let row = root_of.execute(db, &parameters)?;
        Ok(if row.step()? { u32::try_from(row.integer(0)).ok().filter(|root| *root > 1) } else { None })
    };
    let (vectors, value_ids) = (root("vector_chunks00")?, root("metadatachunks00")?);
    Ok(vectors.zip(value_ids).map(|(vectors, value_ids)| Roots { vectors, value_ids }))
}
