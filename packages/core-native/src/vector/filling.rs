//! Vectors in the free slots of chunks.
//!
//! vec0 inserts into its newest chunk only, so the slots of deleted vectors in the others would stay free forever. We
//! fill the slots of any chunk.

use std::ffi::CString;

use kohakuvault_core::vector::free_slots::{free_slots, occupy};

use super::layout::Layout;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::blob_handle::BlobHandle;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement};

/// The bytes of an id in a chunk.
const ID_BYTES: usize = 8;

/// Stands for the id of a vector that gets the next one.
const NO_ID: i64 = i64::MIN;

/// Vectors to be stored, in memory of Rust's own.
pub(super) struct NewVectors {
    /// Their ids, or `NO_ID`. There may be fewer of these; the other vectors get the next ids.
    pub(super) ids: Vec<i64>,
    /// The ids of their values.
    pub(super) value_ids: Vec<i64>,
    /// Their bytes, one after another.
    pub(super) rows: Vec<u8>,
}

/// The statements and names by which slots are filled.
pub(super) struct Filling {
    /// Returns a chunk: slots, bitmap, the rowids of its vectors and value ids, the bytes of its vectors, value ids and
    /// ids.
    chunk: Statement,
    /// Returns a row if a vector is listed in a slot.
    listed: Statement,
    /// Lists a new vector, whose id is the last rowid then.
    list: Statement,
    /// Lists a new vector of an id.
    list_as: Statement,
    chunks: CString,
}

/// A chunk and its free slots.
struct Chunk {
    number: i64,
    bitmap: Vec<u8>,
    /// The rowids of its vectors and value ids.
    parts: [i64; 2],
    free: Vec<usize>,
}

impl Filling {
    pub(super) fn new(layout: &Layout) -> SeamResult<Self> {
        let [chunks, rowids, vectors, metadata] =
            ["chunks", "rowids", "vector_chunks00", "metadatachunks00"].map(|suffix| layout.part(suffix));
        Ok(Self {
            chunk: Statement::new(&format!(
                "SELECT c.size, c.validity, v._rowid_, m._rowid_, octet_length(v.vectors), octet_length(m.data), \
                 octet_length(c.rowids) FROM main.{chunks} AS c JOIN main.{vectors} AS v ON v.rowid = +c.chunk_id \
                 JOIN main.{metadata} AS m ON m.rowid = +c.chunk_id WHERE c.chunk_id = ?",
            ))?,
            listed: Statement::new(&format!(
                "SELECT 1 FROM main.{rowids} WHERE rowid = ? AND chunk_id = ? AND chunk_offset = ?",
            ))?,
            list: Statement::new(&format!("INSERT INTO main.{rowids} (chunk_id, chunk_offset) VALUES (?, ?)"))?,
            list_as: Statement::new(&format!(
                "INSERT INTO main.{rowids} (chunk_id, chunk_offset, rowid) VALUES (?, ?, ?)",
            ))?,
            chunks: CString::new(format!("{}_chunks", layout.name))
                .map_err(|_| SeamError::invalid("names must not contain NUL"))?,
        })
    }

    pub(super) fn finalize(&self) {
        for statement in [&self.chunk, &self.listed, &self.list, &self.list_as] {
            statement.finalize();
        }
    }

    /// Puts vectors into free slots of a chunk, as many as it has room for. Returns their ids. A chunk that does not
    /// exist, or is damaged, has no room.
    pub(super) fn fill(&self, db: Db, layout: &Layout, chunk: i64, new: &NewVectors) -> SeamResult<Vec<i64>> {
        let NewVectors { ids: own_ids, value_ids, rows } = new;
        let row_bytes = layout.shape.row_bytes();
        let wanted = value_ids.len().min(rows.len() / row_bytes.max(1));
        let Some(mut chunk) = self.find(db, layout, chunk, wanted)? else { return Ok(Vec::new()) };
        let mut ids = Vec::with_capacity(chunk.free.len());
        for (nth, slot) in chunk.free.iter().enumerate() {
            // JavaScript may run in here, by triggers. No BLOB is open yet that they could make useless.
            let place = [Parameter::Integer(chunk.number), Parameter::Integer(slot.cast_signed() as i64)];
            match own_ids.get(nth).copied().filter(|id| *id != NO_ID) {
                Some(id) => {
                    let [chunk, slot] = place;
                    self.list_as.run(db, &[chunk, slot, Parameter::Integer(id)])?;
                    ids.push(id);
                }
                None => {
                    self.list.run(db, &place)?;
                    ids.push(db.last_insert_rowid());
                }
            }
        }
        let [vectors, metadata] = chunk.parts;
        let (stored, value_ids) = (little_endian(&ids), little_endian(value_ids));
        let blob = BlobHandle::open(db, &layout.vectors, c"vectors", vectors, true)?;
        write_slots(&blob, &chunk.free, rows, row_bytes)?;
        drop(blob);
        write_slots(
            &BlobHandle::open(db, &layout.metadata, c"data", metadata, true)?,
            &chunk.free,
            &value_ids,
            ID_BYTES,
        )?;
        write_slots(
            &BlobHandle::open(db, &self.chunks, c"rowids", chunk.number, true)?,
            &chunk.free,
            &stored,
            ID_BYTES,
        )?;
        occupy(&mut chunk.bitmap, &chunk.free);
        BlobHandle::open(db, &self.chunks, c"validity", chunk.number, true)?.write(0, &chunk.bitmap)?;
        Ok(ids)
    }

    /// Returns a chunk with up to `most` free slots. None if it has none, or is not as long as its slots need.
    fn find(&self, db: Db, layout: &Layout, number: i64, most: usize) -> SeamResult<Option<Chunk>> {
        let key = [Parameter::Integer(number)];
        let row = self.chunk.execute(db, &key)?;
        if !row.step()? {
            return Ok(None);
        }
        let size = usize::try_from(row.integer(0)).unwrap_or_default();
        let has_length =
            |column, bytes| usize::try_from(row.integer(column)).is_ok_and(|found| found == size.saturating_mul(bytes));
        if !has_length(4, layout.shape.row_bytes()) || !has_length(5, ID_BYTES) || !has_length(6, ID_BYTES) {
            return Ok(None);
        }
        let (bitmap, parts) = (row.bytes(1).to_vec(), [row.integer(2), row.integer(3)]);
        drop(row);
        let ids = BlobHandle::open(db, &self.chunks, c"rowids", number, false)?;
        let mut free = Vec::new();
        for slot in free_slots(size, &bitmap) {
            if free.len() == most {
                break;
            }
            let mut id = [0; ID_BYTES];
            ids.read(slot * ID_BYTES, &mut id)?;
            // If the bitmap has lost a bit, the vector is still listed. It must not be overwritten.
            if !self.is_listed(db, i64::from_le_bytes(id), number, slot)? {
                free.push(slot);
            }
        }
        Ok((!free.is_empty()).then_some(Chunk { number, bitmap, parts, free }))
    }

    fn is_listed(&self, db: Db, id: i64, chunk: i64, slot: usize) -> SeamResult<bool> {
        let place = [Parameter::Integer(id), Parameter::Integer(chunk), Parameter::Integer(slot.cast_signed() as i64)];
        self.listed.execute(db, &place)?.step()
    }
}

/// Writes items into slots, each of which has as many bytes as an item.
fn write_slots(blob: &BlobHandle, slots: &[usize], items: &[u8], bytes: usize) -> SeamResult<()> {
    slots.iter().zip(items.chunks_exact(bytes)).try_for_each(|(slot, item)| blob.write(slot * bytes, item))
}

fn little_endian(numbers: &[i64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
