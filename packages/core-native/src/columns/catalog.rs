//! The columns of the file, in the tables of both layouts.

use std::ptr;

use kohakuvault_core::ErrorCode;
use kohakuvault_core::columns::packing::Compression;
use kohakuvault_core::columns::stored_type::{Kind, StoredType};
use rusqlite::ffi;

use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Column, Parameter, Statement};

/// The layout that the tables of a column have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// That of Python 0.4 to 0.9.
    Chunks,
    /// That of Python 1.x.
    Blocks,
}

impl Layout {
    const ALL: [Self; 2] = [Self::Chunks, Self::Blocks];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Chunks => "0.7",
            Self::Blocks => "1.x",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.name() == name)
    }

    /// The table that a file of this layout has.
    const fn table(self) -> &'static std::ffi::CStr {
        match self {
            Self::Chunks => c"col_meta",
            Self::Blocks => c"kvault_col_columns",
        }
    }
}

/// The dtype of the index of elements that vary in size.
const INDEX_DTYPE: &str = "adaptive_idx";
/// The bytes of an entry of that index.
pub(super) const ENTRY: usize = 12;

/// Bytes that are cut into pieces of one length: the chunks or blocks of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pieces {
    pub(super) column: i64,
    pub(super) bytes: usize,
}

/// A column that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) layout: Layout,
    pub(super) dtype: StoredType,
    /// How the blocks of a compressed column are sealed.
    pub(super) compression: Option<Compression>,
    /// The bytes of one element; 0 if they vary.
    pub(super) size: usize,
    pub(super) length: i64,
    pub(super) pieces: Pieces,
    /// The index of elements that vary in size, in the old layout.
    pub(super) index: Option<Pieces>,
}

/// A row of the table of columns. None stands for what is not an integer.
struct Row {
    id: i64,
    dtype: String,
    size: Option<usize>,
    length: Option<i64>,
    piece: Option<usize>,
}

/// The statements that read the tables.
pub(super) struct Catalog {
    chunks: Statement,
    blocks: Statement,
    names: [Statement; 2],
    pub(super) chunk: Statement,
    pub(super) block: Statement,
    pub(super) block_of_row: Statement,
}

impl Catalog {
    pub(super) fn new() -> Self {
        Self {
            chunks: Statement::fixed(
                c"SELECT col_id, CAST(dtype AS TEXT), elem_size, length, max_chunk_bytes FROM main.col_meta WHERE name = ?",
            ),
            blocks: Statement::fixed(
                c"SELECT col_id, CAST(dtype AS TEXT), elem_size, length, block_bytes FROM main.kvault_col_columns
                    WHERE name = ?",
            ),
            names: [
                Statement::fixed(c"SELECT CAST(name AS TEXT) FROM main.col_meta ORDER BY col_id"),
                Statement::fixed(c"SELECT CAST(name AS TEXT) FROM main.kvault_col_columns ORDER BY col_id"),
            ],
            chunk: Statement::fixed(c"SELECT rowid FROM main.col_chunks WHERE col_id = ? AND chunk_idx = ?"),
            block: Statement::fixed(
                c"SELECT d.block_id FROM main.kvault_col_blocks b JOIN main.kvault_col_data d ON d.block_id = b.block_id
                    WHERE b.col_id = ? AND b.block_no = ?",
            ),
            block_of_row: Statement::fixed(
                c"SELECT d.block_id, b.block_no, b.first_row, b.row_count, b.used_bytes, b.row_capacity, b.capacity_bytes
                    FROM main.kvault_col_blocks b
                    LEFT JOIN main.kvault_col_data d ON d.block_id = b.block_id
                    WHERE b.col_id = ? AND b.first_row <= ? AND b.row_count > 0 ORDER BY b.first_row DESC LIMIT 1",
            ),
        }
    }

    /// Returns the column of a name, in a layout or in the first that has it.
    pub(super) fn find(&self, db: Db, name: &str, wanted: Option<Layout>) -> SeamResult<Option<Found>> {
        for layout in Layout::ALL {
            if wanted.is_some_and(|wanted| wanted != layout) || !has_table(db, layout) {
                continue;
            }
            let found = match layout {
                Layout::Chunks => self.in_chunks(db, name)?,
                Layout::Blocks => match row(&self.blocks, db, name)? {
                    Some(row) => Some(in_blocks(name, row)?),
                    None => None,
                },
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Returns the names that the columns of a frame have in it, in the order of their creation.
    pub(super) fn names_of_frame(&self, db: Db, frame: &str) -> SeamResult<Vec<String>> {
        let head = format!("{frame}.");
        let mut names: Vec<String> = Vec::new();
        for (layout, statement) in Layout::ALL.into_iter().zip(&self.names) {
            if !has_table(db, layout) {
                continue;
            }
            let rows = statement.execute(db, &[])?;
            while rows.step()? {
                let Column::Text(name) = rows.column(0) else { continue };
                let name = String::from_utf8_lossy(name);
                let Some(own) = name.strip_prefix(&head) else { continue };
                // Elements that vary in size have two rows.
                let part = own.strip_suffix("_data").or_else(|| own.strip_suffix("_idx")).filter(|own| !own.is_empty());
                let own = match part {
                    Some(part) if layout == Layout::Chunks && self.is_pair(db, &format!("{head}{part}"))? => part,
                    _ => own,
                };
                if !own.is_empty() && !names.iter().any(|known| known == own) {
                    names.push(own.to_owned());
                }
            }
        }
        Ok(names)
    }

    fn in_chunks(&self, db: Db, name: &str) -> SeamResult<Option<Found>> {
        let index = |name: &str| -> SeamResult<Option<Row>> {
            Ok(row(&self.chunks, db, &format!("{name}_idx"))?.filter(|row| row.dtype == INDEX_DTYPE))
        };
        if let Some(data) = row(&self.chunks, db, &format!("{name}_data"))?
            && let Some(index) = index(name)?
        {
            let dtype = known(name, &data.dtype)?;
            if dtype.size.is_some() {
                return Err(damaged(name, format!("it has the dtype {}, but also an element index", data.dtype)));
            }
            let pieces = pieces(name, index.id, index.piece)?;
            let length = length(name, index.length)?;
            let data = Pieces { column: data.id, bytes: pieces.bytes };
            let index = Some(pieces);
            let layout = Layout::Chunks;
            return Ok(Some(Found { layout, dtype, compression: None, size: 0, length, pieces: data, index }));
        }
        let Some(plain) = row(&self.chunks, db, name)? else { return Ok(None) };
        for end in ["_data", "_idx"] {
            if let Some(whole) = name.strip_suffix(end).filter(|whole| !whole.is_empty())
                && self.is_pair(db, whole)?
            {
                return Ok(None);
            }
        }
        let dtype = known(name, &plain.dtype)?;
        let Some(size) = dtype.size else {
            return Err(damaged(name, format!("it is the data of a {} column without an index", plain.dtype)));
        };
        let size = size + dtype.type_bytes();
        if plain.size != Some(size) {
            return Err(wrong_size(name, &plain, size));
        }
        let pieces = pieces(name, plain.id, plain.piece)?;
        let length = length(name, plain.length)?;
        Ok(Some(Found { layout: Layout::Chunks, dtype, compression: None, size, length, pieces, index: None }))
    }

    fn is_pair(&self, db: Db, whole: &str) -> SeamResult<bool> {
        let has_data = row(&self.chunks, db, &format!("{whole}_data"))?.is_some();
        let index = row(&self.chunks, db, &format!("{whole}_idx"))?;
        Ok(has_data && index.is_some_and(|index| index.dtype == INDEX_DTYPE))
    }
}

fn in_blocks(name: &str, row: Row) -> SeamResult<Found> {
    let (dtype, compression) = compressed(name, &row.dtype)?;
    let size = dtype.size.unwrap_or_default();
    // The blocks of a compressed column have any number of elements.
    let expected = if compression.is_some() { 0 } else { size };
    if row.size != Some(expected) {
        return Err(wrong_size(name, &row, expected));
    }
    let block = pieces(name, row.id, row.piece)?;
    // Python computes the elements of a block like this.
    let bytes = block.bytes.checked_div(size).map_or(block.bytes, |elements| elements.max(1) * size);
    let pieces = Pieces { bytes, ..block };
    let length = length(name, row.length)?;
    Ok(Found { layout: Layout::Blocks, dtype, compression, size, length, pieces, index: None })
}

fn row(statement: &Statement, db: Db, name: &str) -> SeamResult<Option<Row>> {
    let parameters = [Parameter::Text(name)];
    let row = statement.execute(db, &parameters)?;
    if !row.step()? {
        return Ok(None);
    }
    let integer = |column| match row.column(column) {
        Column::Integer(value) => Some(value),
        _ => None,
    };
    let unsigned = |column| integer(column).and_then(|value| usize::try_from(value).ok());
    let dtype = match row.column(1) {
        Column::Text(dtype) => String::from_utf8_lossy(dtype).into_owned(),
        _ => String::new(),
    };
    Ok(Some(Row { id: row.integer(0), dtype, size: unsigned(2), length: integer(3), piece: unsigned(4) }))
}

fn known(name: &str, dtype: &str) -> SeamResult<StoredType> {
    StoredType::parse(dtype)
        .ok_or_else(|| damaged(name, format!("it has the dtype {dtype:?}, which this release does not know")))
}

/// Returns the type of a column in the new layout, and how it is compressed.
fn compressed(name: &str, dtype: &str) -> SeamResult<(StoredType, Option<Compression>)> {
    if let Some(plain) = dtype.strip_prefix("zstd:") {
        return Ok((known(name, plain)?, Some(Compression::Zstd)));
    }
    let Some(plain) = dtype.strip_prefix("delta:") else { return Ok((known(name, dtype)?, None)) };
    let plain = known(name, plain)?;
    match plain.kind {
        Kind::Number(element) => Ok((plain, Some(Compression::Delta(element)))),
        _ => Err(damaged(name, format!("it has the dtype {dtype:?}, which this release does not know"))),
    }
}

fn pieces(name: &str, column: i64, bytes: Option<usize>) -> SeamResult<Pieces> {
    match bytes {
        Some(bytes) if bytes > 0 => Ok(Pieces { column, bytes }),
        _ => Err(damaged(name, "the limit of its chunks is not a number of bytes".to_owned())),
    }
}

/// The longest column.
const LONGEST: i64 = 1 << 53;

fn length(name: &str, length: Option<i64>) -> SeamResult<i64> {
    length
        .filter(|length| (0..=LONGEST).contains(length))
        .ok_or_else(|| damaged(name, "its length is not a number of elements".to_owned()))
}

fn wrong_size(name: &str, row: &Row, expected: usize) -> SeamError {
    let size = row.size.map_or_else(|| "an unknown number of".to_owned(), |size| size.to_string());
    damaged(name, format!("its elements of {} have {size} bytes; expected {expected}", row.dtype))
}

#[cold]
pub(super) fn damaged(name: &str, what: String) -> SeamError {
    SeamError::coded(ErrorCode::Corrupt, format!("column {name:?} is damaged: {what}; restore a backup"))
}

fn has_table(db: Db, layout: Layout) -> bool {
    // SAFETY: the connection is open, and the names end in NUL. Without a column SQLite tells whether the table exists.
    let code = unsafe {
        ffi::sqlite3_table_column_metadata(
            db.raw(),
            c"main".as_ptr(),
            layout.table().as_ptr(),
            ptr::null(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    code == ffi::SQLITE_OK
}
