//! The names and statements by which a table's chunks are read.

use std::ffi::CString;

use kohakuvault_core::vector::shape::Shape;

use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::statement::{Statement, quote};

/// The tables that a vec0 table consists of.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) vectors: CString,
    pub(crate) metadata: CString,
}

/// The statements that read a table, prepared on one connection.
pub(crate) struct Statements {
    /// Returns the chunks with their rows: number, slots, bitmap, ids, rowid of the vectors, rowid of the value ids.
    pub(crate) chunks: Statement,
    /// Returns the same of one chunk.
    pub(crate) chunk: Statement,
    /// Returns which vectors the chunks have: number, slots, bitmap, ids.
    pub(crate) slots: Statement,
    /// Returns how many vectors there are.
    pub(crate) count: Statement,
    /// Returns the chunk and the slot of a vector.
    pub(crate) place: Statement,
}

impl Layout {
    pub(crate) fn new(name: &str, shape: Shape) -> SeamResult<Self> {
        let part = |suffix: &str| {
            CString::new(format!("{name}_{suffix}")).map_err(|_| SeamError::invalid("names must not contain NUL"))
        };
        // vec0 numbers the columns of each kind, and there is one of each.
        Ok(Self {
            name: name.to_owned(),
            shape,
            vectors: part("vector_chunks00")?,
            metadata: part("metadatachunks00")?,
        })
    }

    /// Returns the quoted name of one of the tables.
    pub(crate) fn part(&self, suffix: &str) -> String {
        quote(&format!("{}_{suffix}", self.name))
    }

    pub(crate) fn statements(&self) -> SeamResult<Statements> {
        // The column named rowid is not the rowid of these tables, though the two are equal until something changes
        // that. The column has no type. Without the plus SQLite would compare it as numbers with `chunk_id`, for which
        // its index is of no use.
        let chunks = format!(
            "SELECT c.chunk_id, c.size, c.validity, c.rowids, v._rowid_, m._rowid_ FROM main.{} AS c \
             LEFT JOIN main.{} AS v ON v.rowid = +c.chunk_id LEFT JOIN main.{} AS m ON m.rowid = +c.chunk_id",
            self.part("chunks"),
            self.part("vector_chunks00"),
            self.part("metadatachunks00"),
        );
        Ok(Statements {
            chunks: Statement::new(&format!("{chunks} ORDER BY c.chunk_id"))?,
            chunk: Statement::new(&format!("{chunks} WHERE c.chunk_id = ?"))?,
            slots: Statement::new(&format!(
                "SELECT chunk_id, size, validity, rowids FROM main.{}",
                self.part("chunks"),
            ))?,
            count: Statement::new(&format!("SELECT count(*) FROM main.{}", self.part("rowids")))?,
            place: Statement::new(&format!(
                "SELECT chunk_id, chunk_offset FROM main.{} WHERE rowid = ?",
                self.part("rowids"),
            ))?,
        })
    }

    /// Returns the statements that remove all vectors. `sqlite_sequence` stays as it is: ids are not used again.
    pub(crate) fn clearing(&self) -> SeamResult<[Statement; 4]> {
        let deletes = |suffix| Statement::new(&format!("DELETE FROM main.{}", self.part(suffix)));
        Ok([deletes("rowids")?, deletes("chunks")?, deletes("vector_chunks00")?, deletes("metadatachunks00")?])
    }
}

impl Statements {
    pub(crate) fn finalize(&self) {
        self.chunks.finalize();
        self.chunk.finalize();
        self.slots.finalize();
        self.count.finalize();
        self.place.finalize();
    }
}
