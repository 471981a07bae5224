//! Chunks, one after another, checked.

use std::collections::HashMap;
use std::ops::ControlFlow;

use kohakuvault_core::CoreError;
use kohakuvault_core::vector::block::{Block, Slots};

use super::layout::{Layout, Statements};
use crate::js::error::{SeamError, SeamResult};
use crate::js::memory::about_to_fill;
use crate::sqlite::blob_handle::BlobHandle;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Execution, Parameter};

/// Returns how many vectors the table has.
pub(crate) fn count(db: Db, statements: &Statements) -> SeamResult<usize> {
    let row = statements.count.execute(db, &[])?;
    row.step()?;
    Ok(usize::try_from(row.integer(0)).unwrap_or_default())
}

/// Calls `visit` with all vectors of a table, from one state of the file. A block has `block_bytes` bytes, or those of
/// one chunk if that is more. A block that `visit` does not take is used for the next vectors.
pub(crate) fn read_blocks(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    block_bytes: usize,
    mut visit: impl FnMut(&mut Block) -> ControlFlow<()>,
) -> SeamResult<()> {
    // While this statement runs, its read transaction holds the state that everything below reads.
    let chunks = statements.chunks.execute(db, &[])?;
    let expected = count(db, statements)?;
    let Some(total) = read_chunks(db, layout, &chunks, expected, block_bytes, &mut visit)? else { return Ok(()) };
    // Otherwise a bitmap that lost or gained a bit would hide a vector or show one that was deleted.
    if total == expected {
        return Ok(());
    }
    Err(CoreError::Corrupt(format!(
        "the vectors of {} are damaged: its chunks hold {total} vectors, {} has {expected}. Restore a backup",
        layout.part("chunks"),
        layout.part("rowids"),
    ))
    .into())
}

/// A chunk that was read alone.
pub(crate) struct ReadChunk {
    pub(crate) block: Block,
    /// Whether the rows of its parts have the number of the chunk as their rowid, as vec0 makes them.
    pub(crate) is_regular: bool,
}

/// Reads one chunk. Returns None if there is no such chunk.
pub(crate) fn read_chunk(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    chunk: i64,
) -> SeamResult<Option<ReadChunk>> {
    let parameters = [Parameter::Integer(chunk)];
    let chunks = statements.chunk.execute(db, &parameters)?;
    if !chunks.step()? {
        return Ok(None);
    }
    let is_regular = [4, 5].iter().all(|column| chunks.optional_integer(*column) == Some(chunk));
    drop(chunks);
    let chunks = statements.chunk.execute(db, &parameters)?;
    let mut block = Block::with_room(layout.shape, 0);
    read_chunks(db, layout, &chunks, usize::MAX, 0, &mut |read| {
        std::mem::swap(read, &mut block);
        ControlFlow::Continue(())
    })?;
    Ok(Some(ReadChunk { block, is_regular }))
}

/// Returns which vectors each chunk has.
pub(crate) fn read_slots(db: Db, layout: &Layout, statements: &Statements) -> SeamResult<HashMap<i64, Vec<i64>>> {
    let chunks = statements.slots.execute(db, &[])?;
    let mut placed = HashMap::new();
    while chunks.step()? {
        placed.insert(chunks.integer(0), ids_of(layout, &chunks)?);
    }
    Ok(placed)
}

/// Returns which vectors a chunk has, or None if there is no such chunk.
pub(crate) fn read_chunk_slots(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    chunk: i64,
) -> SeamResult<Option<Vec<i64>>> {
    let parameters = [Parameter::Integer(chunk)];
    let chunks = statements.chunk.execute(db, &parameters)?;
    if chunks.step()? { ids_of(layout, &chunks).map(Some) } else { Ok(None) }
}

/// Returns the ids of a chunk's vectors. The first columns of the statement are number, slots, bitmap and ids.
fn ids_of(layout: &Layout, chunks: &Execution<'_>) -> SeamResult<Vec<i64>> {
    let size = usize::try_from(chunks.integer(1)).unwrap_or_default();
    let slots = Slots::read(size, chunks.bytes(2), chunks.bytes(3)).map_err(|error| {
        let (table, chunk) = (layout.part("chunks"), chunks.integer(0));
        CoreError::Corrupt(format!("the vectors of {table} are damaged: chunk {chunk}: {error}. Restore a backup"))
    })?;
    Ok(slots.ids().collect())
}

/// Reads the chunks that a statement returns. Returns how many vectors they have, or None if `visit` wants no more.
fn read_chunks(
    db: Db,
    layout: &Layout,
    chunks: &Execution<'_>,
    expected: usize,
    block_bytes: usize,
    visit: &mut impl FnMut(&mut Block) -> ControlFlow<()>,
) -> SeamResult<Option<usize>> {
    let mut vectors = ChunkColumn { table: &layout.vectors, column: c"vectors", handle: None };
    let mut value_ids = ChunkColumn { table: &layout.metadata, column: c"data", handle: None };
    let row_bytes = layout.shape.row_bytes();
    let (mut gathered, mut value_id_bytes, mut total) = (Block::with_room(layout.shape, 0), Vec::new(), 0);
    let mut more = chunks.step()?;
    while more {
        let chunk = chunks.integer(0);
        let damaged = |part: &str, what: &dyn std::fmt::Display| {
            let table = layout.part(part);
            SeamError::from(CoreError::Corrupt(format!(
                "the vectors of {table} are damaged: chunk {chunk}: {what}. Restore a backup"
            )))
        };
        let size = usize::try_from(chunks.integer(1)).unwrap_or_default();
        let slots = Slots::read(size, chunks.bytes(2), chunks.bytes(3)).map_err(|error| damaged("chunks", &error))?;
        total += slots.len();
        if slots.is_empty() {
            more = chunks.step()?;
            continue;
        }
        let rowid = chunks.optional_integer(4).ok_or_else(|| damaged("vector_chunks00", &"its row is missing"))?;
        let blob = vectors.at(db, rowid)?;
        // Checked before memory is taken, because a damaged size must not ask for more than the file holds.
        expect_length(blob.len(), size.saturating_mul(row_bytes))
            .map_err(|error| damaged("vector_chunks00", &error))?;
        if !gathered.has_room(slots.reach()) {
            if !gathered.is_empty() {
                if visit(&mut gathered).is_break() {
                    return Ok(None);
                }
                gathered.clear();
            }
            if !gathered.has_room(slots.reach()) {
                let left = expected.saturating_sub(total - slots.len());
                let room = slots.reach().max(left.min(block_bytes / row_bytes.max(1)));
                gathered = Block::with_room(layout.shape, room);
                about_to_fill(gathered.room_mut(room));
            }
        }
        blob.read(0, gathered.room_mut(slots.reach()))?;

        let rowid = chunks.optional_integer(5).ok_or_else(|| damaged("metadatachunks00", &"its row is missing"))?;
        let blob = value_ids.at(db, rowid)?;
        expect_length(blob.len(), size.saturating_mul(8)).map_err(|error| damaged("metadatachunks00", &error))?;
        value_id_bytes.resize(slots.reach() * 8, 0);
        blob.read(0, &mut value_id_bytes)?;

        gathered.accept_chunk(&slots, &value_id_bytes).map_err(|error| damaged("metadatachunks00", &error))?;
        more = chunks.step()?;
    }
    if !gathered.is_empty() && visit(&mut gathered).is_break() {
        return Ok(None);
    }
    Ok(Some(total))
}

/// A column whose values belong to chunks, and the handle that read the last of them.
struct ChunkColumn<'a> {
    table: &'a std::ffi::CStr,
    column: &'a std::ffi::CStr,
    handle: Option<BlobHandle>,
}

impl ChunkColumn<'_> {
    fn at(&mut self, db: Db, rowid: i64) -> SeamResult<&BlobHandle> {
        let handle = match self.handle.take() {
            Some(handle) => {
                handle.reopen(rowid)?;
                handle
            }
            None => BlobHandle::open(db, self.table, self.column, rowid, false)?,
        };
        Ok(self.handle.insert(handle))
    }
}

pub(super) fn expect_length(length: usize, expected: usize) -> Result<(), String> {
    if length == expected { Ok(()) } else { Err(format!("it has {length} bytes; expected {expected}")) }
}
