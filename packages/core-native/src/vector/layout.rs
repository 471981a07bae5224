//! The names and statements by which a table's chunks are read.

use std::ffi::CString;

use kohakuvault_core::vector::shape::Shape;

use crate::error::{SeamError, SeamResult};
use crate::statement::{Statement, quote};

/// Where the parts of one vec0 table lie.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) vectors: CString,
    pub(crate) metadata: CString,
}

/// What reads a table, prepared on one connection.
pub(crate) struct Statements {
    /// The chunks with the rows that belong to them: number, slots, bitmap, ids, row of the vectors, row of the value ids.
    pub(crate) chunks: Statement,
    /// How many vectors there are.
    pub(crate) count: Statement,
}

impl Layout {
    pub(crate) fn new(name: &str, shape: Shape) -> SeamResult<Self> {
        let part = |suffix: &str| {
            CString::new(format!("{name}_{suffix}")).map_err(|_| SeamError::invalid("names must not contain NUL"))
        };
        // Numbered by the position of the column among its kind; there is one of each.
        Ok(Self {
            name: name.to_owned(),
            shape,
            vectors: part("vector_chunks00")?,
            metadata: part("metadatachunks00")?,
        })
    }

    /// The name of one of the tables, for messages.
    pub(crate) fn part(&self, suffix: &str) -> String {
        quote(&format!("{}_{suffix}", self.name))
    }

    pub(crate) fn statements(&self) -> SeamResult<Statements> {
        // The column named rowid is not the rowid in these tables, though the two are equal until something changes that.
        Ok(Statements {
            chunks: Statement::new(&format!(
                "SELECT c.chunk_id, c.size, c.validity, c.rowids, v._rowid_, m._rowid_ FROM main.{} AS c \
                 LEFT JOIN main.{} AS v ON v.rowid = c.chunk_id LEFT JOIN main.{} AS m ON m.rowid = c.chunk_id \
                 ORDER BY c.chunk_id",
                self.part("chunks"),
                self.part("vector_chunks00"),
                self.part("metadatachunks00"),
            ))?,
            count: Statement::new(&format!("SELECT count(*) FROM main.{}", self.part("rowids")))?,
        })
    }

    /// What leaves a table without vectors. `sqlite_sequence` stays as it is: ids are not used again.
    pub(crate) fn clearing(&self) -> SeamResult<[Statement; 4]> {
        let deletes = |suffix| Statement::new(&format!("DELETE FROM main.{}", self.part(suffix)));
        Ok([deletes("rowids")?, deletes("chunks")?, deletes("vector_chunks00")?, deletes("metadatachunks00")?])
    }
}

impl Statements {
    pub(crate) fn finalize(&self) {
        self.chunks.finalize();
        self.count.finalize();
    }
}
