//! The chunks and blocks of one column: where they are, and what is wrong with them.

use super::catalog::{Catalog, ENTRY, Layout, Pieces, damaged};
use super::value_bytes::ValueBytes;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;

/// Where an element is that varies in size.
pub(super) struct Place {
    pub(super) chunk: i64,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Place {
    pub(super) fn read(entry: [u8; ENTRY]) -> Option<Self> {
        let ([chunk, start, end], []) = entry.as_chunks::<4>() else { return None };
        let [chunk, start, end] = [chunk, start, end].map(|bytes| i32::from_le_bytes(*bytes));
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        (chunk >= 0 && end >= start).then_some(Self { chunk: chunk.into(), start, end })
    }

    pub(super) const fn length(&self) -> usize {
        self.end - self.start
    }
}

/// A block of the new layout.
pub(super) struct Block {
    pub(super) id: i64,
    pub(super) number: i64,
    pub(super) first: i64,
    pub(super) count: i64,
    pub(super) used: usize,
    /// The elements that it has room for; 0 if it is sealed.
    pub(super) rows: i64,
    /// The bytes of its payload.
    pub(super) capacity: usize,
}

/// What is needed to read, and to name what is wrong.
pub(super) struct Reader<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) db: Db,
    pub(super) name: &'a str,
}

impl Reader<'_> {
    /// Adds bytes of a column that is cut into pieces of one length.
    pub(super) fn pieces(
        &self,
        layout: Layout,
        values: &ValueBytes,
        Pieces { column, bytes: piece }: Pieces,
        start: usize,
        count: usize,
        target: &mut Vec<u8>,
    ) -> SeamResult<()> {
        let (mut at, end) = (start, start.saturating_add(count));
        while at < end {
            let (number, inside) = (within(at / piece), at % piece);
            let part = (end - at).min(piece - inside);
            let row = match layout {
                Layout::Chunks => self.chunk(column, number)?,
                Layout::Blocks => self.block(column, number)?,
            };
            let read = values.read(self.db, row, inside, part, target)?;
            read.map_err(|length| self.short(number, length, inside + part))?;
            at += part;
        }
        Ok(())
    }

    pub(super) fn chunk(&self, column: i64, number: i64) -> SeamResult<i64> {
        let parameters = [Parameter::Integer(column), Parameter::Integer(number)];
        let row = self.catalog.chunk.execute(self.db, &parameters)?;
        if row.step()? { Ok(row.integer(0)) } else { Err(self.missing(number)) }
    }

    pub(super) fn block(&self, column: i64, number: i64) -> SeamResult<i64> {
        let parameters = [Parameter::Integer(column), Parameter::Integer(number)];
        let row = self.catalog.block.execute(self.db, &parameters)?;
        if row.step()? { Ok(row.integer(0)) } else { Err(self.missing(number)) }
    }

    pub(super) fn block_of(&self, column: i64, index: i64) -> SeamResult<Block> {
        let parameters = [Parameter::Integer(column), Parameter::Integer(index)];
        let row = self.catalog.block_of_row.execute(self.db, &parameters)?;
        if !row.step()? {
            return Err(damaged(self.name, format!("no block has its element {index}")));
        }
        let number = row.integer(1);
        let (first, count) = (row.integer(2), row.integer(3));
        let Some(id) = row.optional_integer(0) else { return Err(self.missing(number)) };
        let used = usize::try_from(row.integer(4)).unwrap_or_default();
        let has = first >= 0 && count > 0 && index - first < count && first.checked_add(count).is_some();
        if has {
            let capacity = usize::try_from(row.integer(6)).unwrap_or_default();
            Ok(Block { id, number, first, count, used, rows: row.integer(5), capacity })
        } else {
            Err(damaged(self.name, format!("no block has its element {index}")))
        }
    }

    #[cold]
    pub(super) fn missing(&self, number: i64) -> SeamError {
        damaged(self.name, format!("chunk {number} is missing, and elements should be in it"))
    }

    #[cold]
    pub(super) fn short(&self, number: i64, length: usize, needed: usize) -> SeamError {
        damaged(self.name, format!("chunk {number} ends after {length} bytes; its elements need {needed}"))
    }

    #[cold]
    pub(super) fn wrong_entry(&self, index: i64) -> SeamError {
        damaged(self.name, format!("the index says of element {index} where it cannot be"))
    }

    #[cold]
    pub(super) fn wrong_bound(&self, number: i64) -> SeamError {
        damaged(self.name, format!("chunk {number} has an element where none can be"))
    }
}

/// Returns a count or number as SQLite has it. Nothing in a file has more than 2^63.
pub(super) fn within(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
