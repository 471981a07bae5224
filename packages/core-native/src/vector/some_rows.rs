//! Some vectors of a table, read one by one from the file.
//!
//! A search with few allowed vectors reads only those. What each chunk says is checked as in a read of all chunks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use kohakuvault_core::CoreError;
use kohakuvault_core::vector::block::{Block, Slots};
use kohakuvault_core::vector::id_set::IdSet;
use kohakuvault_core::vector::nearest::{Nearest, Neighbor};

use super::layout::{Layout, Statements};
use super::reader::expect_length;
use super::request::PreparedSearch;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::blob_handle::BlobHandle;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;

/// To find a vector and read it alone takes as long as to read so many in a row.
const ROWS_PER_PLACE: usize = 5;
/// So many vectors are compared at a time.
const ROWS_AT_A_TIME: usize = 1024;
/// The bytes of an id in a chunk.
const ID_BYTES: usize = 8;

/// The slots of the allowed vectors in one chunk, and their ids.
type Places = Vec<(usize, i64)>;

/// Searches only the vectors that may be found. Returns None if that would take longer than to read all.
pub(super) fn search_some(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    search: &PreparedSearch,
    cancelled: &AtomicBool,
) -> SeamResult<Option<Vec<Vec<Neighbor>>>> {
    let Some(only) = search.only() else { return Ok(None) };
    // While this statement is at its row, its read transaction holds the state that everything below reads.
    let held = statements.count.execute(db, &[])?;
    held.step()?;
    let total = usize::try_from(held.integer(0)).unwrap_or_default();
    if only.len() > total / ROWS_PER_PLACE {
        return Ok(None);
    }
    let search = search.search(cancelled);
    let mut found = search.begin();
    let mut gathered = Block::with_room(layout.shape, 0);
    for (chunk, places) in places_of(db, statements, only)? {
        if cancelled.load(Ordering::Relaxed) {
            break;
        }
        gather(db, layout, statements, chunk, &places, &mut gathered)?;
        if gathered.len() >= ROWS_AT_A_TIME {
            search.scan(&gathered, &mut found);
            gathered.clear();
        }
    }
    search.scan(&gathered, &mut found);
    drop(held);
    Ok(Some(found.into_iter().map(Nearest::into_sorted).collect()))
}

/// Returns where the vectors of a set are, by chunk. Ids without a vector have no place.
fn places_of(db: Db, statements: &Statements, ids: &IdSet) -> SeamResult<BTreeMap<i64, Places>> {
    let mut places = BTreeMap::<i64, Places>::new();
    for id in ids.iter() {
        let key = [Parameter::Integer(id)];
        let row = statements.place.execute(db, &key)?;
        if row.step()? {
            // A slot that is not a number becomes one that no chunk has.
            let slot = usize::try_from(row.optional_integer(1).unwrap_or(-1)).unwrap_or(usize::MAX);
            places.entry(row.integer(0)).or_default().push((slot, id));
        }
    }
    places.values_mut().for_each(|places| places.sort_unstable());
    Ok(places)
}

/// Adds the vectors in some slots of a chunk to a block.
fn gather(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    number: i64,
    places: &Places,
    gathered: &mut Block,
) -> SeamResult<()> {
    let damaged = |part: &str, what: &dyn std::fmt::Display| {
        let table = layout.part(part);
        SeamError::from(CoreError::Corrupt(format!(
            "the vectors of {table} are damaged: chunk {number}: {what}. Restore a backup"
        )))
    };
    let key = [Parameter::Integer(number)];
    let chunk = statements.chunk.execute(db, &key)?;
    if !chunk.step()? {
        return Err(damaged("chunks", &"its row is missing"));
    }
    let size = usize::try_from(chunk.integer(1)).unwrap_or_default();
    let slots = Slots::read(size, chunk.bytes(2), chunk.bytes(3)).map_err(|error| damaged("chunks", &error))?;
    if let Some((slot, id)) = places.iter().find(|(slot, id)| !slots.holds(*slot, *id)) {
        return Err(damaged("chunks", &format!("slot {slot} does not hold vector {id}, which is listed there")));
    }
    let row_bytes = layout.shape.row_bytes();
    let rowid = chunk.optional_integer(4).ok_or_else(|| damaged("vector_chunks00", &"its row is missing"))?;
    let vectors = BlobHandle::open(db, &layout.vectors, c"vectors", rowid, false)?;
    expect_length(vectors.len(), size.saturating_mul(row_bytes)).map_err(|error| damaged("vector_chunks00", &error))?;
    let rowid = chunk.optional_integer(5).ok_or_else(|| damaged("metadatachunks00", &"its row is missing"))?;
    let value_ids = BlobHandle::open(db, &layout.metadata, c"data", rowid, false)?;
    expect_length(value_ids.len(), size.saturating_mul(ID_BYTES))
        .map_err(|error| damaged("metadatachunks00", &error))?;

    let mut value_id_bytes = vec![0; places.len() * ID_BYTES];
    let rows = gathered.room_mut(places.len()).chunks_exact_mut(row_bytes.max(1));
    for ((slot, _), (row, value_id)) in places.iter().zip(rows.zip(value_id_bytes.chunks_exact_mut(ID_BYTES))) {
        vectors.read(slot * row_bytes, row)?;
        value_ids.read(slot * ID_BYTES, value_id)?;
    }
    let ids: Vec<i64> = places.iter().map(|(_, id)| *id).collect();
    Ok(gathered.accept_chunk(&Slots::gathered(&ids), &value_id_bytes)?)
}
