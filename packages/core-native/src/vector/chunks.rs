//! Chunks that are made, and vectors that are taken out of them, as vec0 does both.
//!
//! So vectors can be written where sqlite-vec has no binary. vec0 of 0.1.9 deletes a chunk with its last vector; so do
//! we.

use std::ffi::CString;

use kohakuvault_core::CoreError;

use super::layout::{Layout, Statements};
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::blob_handle::BlobHandle;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement};

/// The bytes of an id in a chunk.
const ID_BYTES: usize = 8;

/// The statements that make and empty chunks.
pub(super) struct Chunks {
    make: Statement,
    /// Make the rows of a chunk's parts.
    make_parts: [Statement; 2],
    unlist: Statement,
    /// Delete the rows of a chunk.
    delete: [Statement; 3],
    name: CString,
}

impl Chunks {
    pub(super) fn new(layout: &Layout) -> SeamResult<Self> {
        let [chunks, rowids, vectors, metadata] =
            ["chunks", "rowids", "vector_chunks00", "metadatachunks00"].map(|suffix| layout.part(suffix));
        // The column named rowid is not the rowid of these tables. vec0 makes both the number of the chunk.
        let part = |table: &str, column: &str| {
            Statement::new(&format!(
                "INSERT INTO main.{table} (_rowid_, rowid, {column}) VALUES (?1, ?1, zeroblob(?2))"
            ))
        };
        let delete = |table: &str, key: &str| Statement::new(&format!("DELETE FROM main.{table} WHERE {key} = ?"));
        Ok(Self {
            make: Statement::new(&format!(
                "INSERT INTO main.{chunks} (size, validity, rowids) VALUES (?1, zeroblob(?1 / 8), zeroblob(?1 * 8))"
            ))?,
            make_parts: [part(&vectors, "vectors")?, part(&metadata, "data")?],
            unlist: delete(&rowids, "rowid")?,
            delete: [delete(&vectors, "rowid")?, delete(&metadata, "rowid")?, delete(&chunks, "chunk_id")?],
            name: CString::new(format!("{}_chunks", layout.name))
                .map_err(|_| SeamError::invalid("names must not contain NUL"))?,
        })
    }

    pub(super) fn finalize(&self) {
        let parts = self.make_parts.iter().chain(&self.delete);
        for statement in [&self.make, &self.unlist].into_iter().chain(parts) {
            statement.finalize();
        }
    }

    /// Makes a chunk with so many free slots. Returns its number.
    pub(super) fn make(&self, db: Db, layout: &Layout, slots: i64) -> SeamResult<i64> {
        self.make.run(db, &[Parameter::Integer(slots)])?;
        let number = db.last_insert_rowid();
        let row_bytes = layout.shape.row_bytes().cast_signed() as i64;
        for (part, bytes) in self.make_parts.iter().zip([row_bytes, ID_BYTES.cast_signed() as i64]) {
            part.run(db, &[Parameter::Integer(number), Parameter::Integer(slots * bytes)])?;
        }
        Ok(number)
    }

    /// Takes a vector out of its chunk, and deletes the chunk if that was its last one. Its bytes become zeros. Returns
    /// false if there is no such vector.
    pub(super) fn take_out(&self, db: Db, layout: &Layout, statements: &Statements, id: i64) -> SeamResult<bool> {
        let key = [Parameter::Integer(id)];
        let row = statements.place.execute(db, &key)?;
        if !row.step()? {
            return Ok(false);
        }
        let (number, slot) = (row.integer(0), usize::try_from(row.optional_integer(1).unwrap_or(-1)));
        drop(row);
        let damaged = |what: &str| {
            let table = layout.part("chunks");
            SeamError::from(CoreError::Corrupt(format!(
                "the vectors of {table} are damaged: chunk {number}: {what}. Restore a backup"
            )))
        };
        let slot = slot.map_err(|_| damaged(&format!("vector {id} has no slot in it")))?;
        let key = [Parameter::Integer(number)];
        let chunk = statements.chunk.execute(db, &key)?;
        if !chunk.step()? {
            return Err(damaged("its row is missing"));
        }
        let mut bitmap = chunk.bytes(2).to_vec();
        let parts = (chunk.optional_integer(4), chunk.optional_integer(5));
        drop(chunk);
        let (Some(vectors), Some(metadata)) = parts else { return Err(damaged("one of its parts is missing")) };
        match bitmap.get_mut(slot / 8) {
            Some(byte) if *byte >> (slot % 8) & 1 == 1 => *byte &= !(1 << (slot % 8)),
            _ => return Err(damaged(&format!("slot {slot}, which has vector {id}, is not in use"))),
        }
        self.unlist.run(db, &[Parameter::Integer(id)])?;
        if bitmap.iter().all(|byte| *byte == 0) {
            self.delete.iter().try_for_each(|delete| delete.run(db, &[Parameter::Integer(number)]))?;
            return Ok(true);
        }
        let row_bytes = layout.shape.row_bytes();
        clear(&BlobHandle::open(db, &layout.vectors, c"vectors", vectors, true)?, slot, row_bytes)?;
        clear(&BlobHandle::open(db, &layout.metadata, c"data", metadata, true)?, slot, ID_BYTES)?;
        clear(&BlobHandle::open(db, &self.name, c"rowids", number, true)?, slot, ID_BYTES)?;
        BlobHandle::open(db, &self.name, c"validity", number, true)?.write(0, &bitmap)?;
        Ok(true)
    }
}

/// Fills a slot with zeros.
fn clear(blob: &BlobHandle, slot: usize, bytes: usize) -> SeamResult<()> {
    blob.write(slot * bytes, &vec![0; bytes])
}
