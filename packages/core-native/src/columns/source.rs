//! The elements of one column for a scan, read a window at a time.
//!
//! No statement and no handle of a value that is read stays at its row between two windows. Each window is one state of
//! the column, because nothing else runs while it is read. Before it is read, the column is looked up again: SQL that
//! the scan itself calls may have changed it.

use std::ops::Range;
use std::rc::Rc;

use kohakuvault_core::columns::packing::{Compression, open};
use kohakuvault_core::columns::value::Value;

use super::catalog::{Catalog, ENTRY, Found, Layout, Pieces, damaged};
use super::value_bytes::ValueBytes;
use super::window::Window;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;

/// The bytes that a window has at most, unless one element is longer.
const WINDOW_BYTES: usize = 256 * 1024;
/// The elements of the first window: many scans end after a few. Each later one has twice as many.
const FIRST_WINDOW: i64 = 64;
/// No window has more elements: they take a byte at least, or eight to say where they are.
const LARGEST_WINDOW: i64 = 256 * 1024;

/// A sealed block with several elements never has more bytes. Damage may say anything.
const MOST_TOGETHER: usize = 8 * 1024 * 1024;
const MOST_ALONE: usize = 1024 * 1024 * 1024;

/// The elements that a scan visits, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    /// The index after the last one.
    pub(super) end: i64,
    pub(super) descending: bool,
}

pub(super) struct Source {
    catalog: Rc<Catalog>,
    db: Db,
    name: String,
    wanted: Option<Layout>,
    found: Found,
    data: ValueBytes,
    /// The offsets of a block, or nothing.
    offsets: ValueBytes,
    /// The chunks of the index in the old layout.
    index: ValueBytes,
    window: Window,
    /// The elements of the next window.
    wish: i64,
    is_fresh: bool,
    entries: Vec<u8>,
}

impl Source {
    pub(super) fn new(catalog: &Rc<Catalog>, db: Db, name: &str, wanted: Option<Layout>) -> SeamResult<Option<Self>> {
        let Some(found) = catalog.find(db, name, wanted)? else { return Ok(None) };
        let (table, column) = match found.layout {
            Layout::Chunks => (c"col_chunks", c"data"),
            Layout::Blocks => (c"kvault_col_data", c"payload"),
        };
        Ok(Some(Self {
            catalog: Rc::clone(catalog),
            db,
            name: name.to_owned(),
            wanted,
            found,
            data: ValueBytes::new(table, column),
            offsets: ValueBytes::new(c"kvault_col_data", c"offsets"),
            index: ValueBytes::new(c"col_chunks", c"data"),
            window: Window::default(),
            wish: FIRST_WINDOW,
            is_fresh: true,
            entries: Vec::new(),
        }))
    }

    pub(super) const fn found(&self) -> &Found {
        &self.found
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns an element of the span.
    #[inline]
    pub(super) fn value(&mut self, index: i64, span: Span) -> SeamResult<Value<'_>> {
        if !self.window.has(index) {
            self.load(index, span)?;
        }
        let value = self.found.dtype.value(self.window.element(index));
        value.map_err(|error| damaged(&self.name, format!("element {index}: {error}")))
    }

    /// Reads the window that begins with an element, in the direction of the scan.
    #[cold]
    fn load(&mut self, index: i64, span: Span) -> SeamResult<()> {
        if !std::mem::take(&mut self.is_fresh) {
            self.check_again(span)?;
        }
        for bytes in [&self.data, &self.offsets, &self.index] {
            bytes.look_again();
        }
        let range = if span.descending {
            span.first.max(index + 1 - self.wish)..index + 1
        } else {
            index..span.end.min(index + self.wish)
        };
        self.wish = LARGEST_WINDOW.min(2 * self.wish);
        if let Some(compression) = self.found.compression {
            return self.load_compressed(range, index, compression);
        }
        match (self.found.size, self.found.index) {
            (0, Some(entries)) => self.load_entries(range, index, entries),
            (0, None) => self.load_block(range, index),
            (size, _) => self.load_numbers(range, index, size),
        }
    }

    /// Throws unless the column still has the elements of the scan.
    fn check_again(&mut self, span: Span) -> SeamResult<()> {
        let found = self.catalog.find(self.db, &self.name, self.wanted)?;
        match found {
            Some(found) if found.length >= span.end && found.dtype == self.found.dtype => {
                self.found = found;
                Ok(())
            }
            _ => Err(SeamError::invalid(format!(
                "column {:?} was deleted, replaced or shortened while a statement was reading it; read it before it is \
                 changed",
                self.name
            ))),
        }
    }

    /// Reads elements of one size.
    fn load_numbers(&mut self, range: Range<i64>, index: i64, size: usize) -> SeamResult<()> {
        let range = limited(range, index, within(WINDOW_BYTES / size));
        let skipped = self.skipped();
        let (bytes, _) = self.window.begin(range.start, size, skipped);
        let reader = Reader { catalog: &self.catalog, db: self.db, name: &self.name };
        let start = offset(range.start, size)?;
        let count = count(&range) * size;
        reader.pieces(self.found.layout, &self.data, self.found.pieces, start, count, bytes)?;
        self.window.filled(range.end - range.start);
        Ok(())
    }

    fn skipped(&self) -> usize {
        match self.found.layout {
            Layout::Chunks => self.found.dtype.type_bytes(),
            Layout::Blocks => 0,
        }
    }

    /// Reads elements that vary in size, through the index of the old layout.
    fn load_entries(&mut self, range: Range<i64>, index: i64, entries: Pieces) -> SeamResult<()> {
        let range = limited(range, index, within(WINDOW_BYTES / ENTRY));
        let reader = Reader { catalog: &self.catalog, db: self.db, name: &self.name };
        self.entries.clear();
        let start = offset(range.start, ENTRY)?;
        reader.pieces(Layout::Chunks, &self.index, entries, start, count(&range) * ENTRY, &mut self.entries)?;
        let (all, _) = self.entries.as_chunks::<ENTRY>();
        let mut places = Vec::with_capacity(all.len());
        for (nth, entry) in (range.start..).zip(all) {
            places.push(Place::read(*entry).ok_or_else(|| reader.wrong_entry(nth))?);
        }
        let (kept, range) = fitting(&places, |place| place.length(), range, index);
        let (bytes, bounds) = self.window.begin(range.start, 0, 0);
        bounds.push(0);
        let mut rest = kept;
        while let Some((place, _)) = rest.split_first() {
            // Elements that lie back to back are read at once.
            let mut end = place.end;
            let mut together = 1;
            for next in rest.iter().skip(1) {
                if next.chunk != place.chunk || next.start != end {
                    break;
                }
                end = next.end;
                together += 1;
            }
            let (run, others) = rest.split_at(together);
            let before = bytes.len();
            if end > place.start {
                let row = reader.chunk(self.found.pieces.column, place.chunk)?;
                let read = self.data.read(self.db, row, place.start, end - place.start, bytes)?;
                read.map_err(|length| reader.short(place.chunk, length, end))?;
            }
            bounds.extend(run.iter().map(|element| before + element.end - place.start));
            rest = others;
        }
        let count = range.end - range.start;
        self.window.filled(count);
        Ok(())
    }

    /// Reads elements of a compressed column. A sealed block is opened as a whole.
    fn load_compressed(&mut self, range: Range<i64>, index: i64, compression: Compression) -> SeamResult<()> {
        let reader = Reader { catalog: &self.catalog, db: self.db, name: &self.name };
        let block = reader.block_of(self.found.pieces.column, index)?;
        let (size, elements) = (self.found.size, usize::try_from(block.count).unwrap_or_default());
        if size > 0 && block.used / size != elements {
            return Err(reader.wrong_bound(block.number));
        }
        if block.rows > 0 {
            // It is the last one, and takes more elements.
            if size == 0 {
                return self.load_block(range, index);
            }
            let range = range.start.max(block.first)..range.end.min(block.first + block.count);
            let range = limited(range, index, within(WINDOW_BYTES / size));
            let (bytes, _) = self.window.begin(range.start, size, 0);
            let (start, length) = (offset(range.start - block.first, size)?, count(&range) * size);
            let read = self.data.read(self.db, block.id, start, length, bytes)?;
            read.map_err(|has| reader.short(block.number, has, start + length))?;
            self.window.filled(range.end - range.start);
            return Ok(());
        }
        if block.used > if elements > 1 { MOST_TOGETHER } else { MOST_ALONE } {
            return Err(reader.wrong_bound(block.number));
        }
        self.entries.clear();
        let read = self.data.read(self.db, block.id, 0, block.capacity, &mut self.entries)?;
        read.map_err(|has| reader.short(block.number, has, block.capacity))?;
        let opened = open(compression, &self.entries, elements, block.used, size == 0);
        let opened = opened.map_err(|error| damaged(&self.name, format!("chunk {}: {error}", block.number)))?;
        let (bytes, bounds) = self.window.begin(block.first, size, 0);
        *bytes = opened.data;
        bounds.extend(opened.bounds.into_iter().map(|bound| usize::try_from(bound).unwrap_or_default()));
        self.window.filled(block.count);
        Ok(())
    }

    /// Reads elements that vary in size, from the block of the new layout that has the first of them.
    fn load_block(&mut self, range: Range<i64>, index: i64) -> SeamResult<()> {
        let reader = Reader { catalog: &self.catalog, db: self.db, name: &self.name };
        let block = reader.block_of(self.found.pieces.column, index)?;
        let range = range.start.max(block.first)..range.end.min(block.first + block.count);
        let range = limited(range, index, within(WINDOW_BYTES / size_of::<u64>()));
        let from = offset(range.start - block.first, size_of::<u64>())?;
        let length = (count(&range) + 1) * size_of::<u64>();
        self.entries.clear();
        let read = self.offsets.read(self.db, block.id, from, length, &mut self.entries)?;
        read.map_err(|has| reader.short(block.number, has, from + length))?;
        let mut ends = Vec::with_capacity(count(&range) + 1);
        for bound in self.entries.as_chunks::<8>().0 {
            let bound = usize::try_from(u64::from_le_bytes(*bound)).ok().filter(|bound| *bound <= block.used);
            let least = ends.last().copied().unwrap_or_default();
            ends.push(bound.filter(|bound| *bound >= least).ok_or_else(|| reader.wrong_bound(block.number))?);
        }
        let length = |pair: &[usize]| if let [start, end] = pair { end - start } else { 0 };
        let lengths: Vec<usize> = ends.windows(2).map(length).collect();
        let (kept, fitted) = fitting(&lengths, |length| *length, range.clone(), index);
        let skipped = usize::try_from(fitted.start - range.start).unwrap_or_default();
        let start = ends.get(skipped).copied().unwrap_or_default();
        let (bytes, bounds) = self.window.begin(fitted.start, 0, 0);
        let end = ends.get(skipped + kept.len()).copied().unwrap_or_default();
        if end > start {
            let read = self.data.read(self.db, block.id, start, end - start, bytes)?;
            read.map_err(|has| reader.short(block.number, has, end))?;
        }
        bounds.extend(ends.iter().skip(skipped).take(kept.len() + 1).map(|bound| bound - start));
        self.window.filled(fitted.end - fitted.start);
        Ok(())
    }
}

/// Where an element is that varies in size.
struct Place {
    chunk: i64,
    start: usize,
    end: usize,
}

impl Place {
    fn read(entry: [u8; ENTRY]) -> Option<Self> {
        let ([chunk, start, end], []) = entry.as_chunks::<4>() else { return None };
        let [chunk, start, end] = [chunk, start, end].map(|bytes| i32::from_le_bytes(*bytes));
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        (chunk >= 0 && end >= start).then_some(Self { chunk: chunk.into(), start, end })
    }

    const fn length(&self) -> usize {
        self.end - self.start
    }
}

/// A block of the new layout.
struct Block {
    id: i64,
    number: i64,
    first: i64,
    count: i64,
    used: usize,
    /// The elements that it has room for; 0 if it is sealed.
    rows: i64,
    /// The bytes of its payload.
    capacity: usize,
}

/// What is needed to read, and to name what is wrong.
struct Reader<'a> {
    catalog: &'a Catalog,
    db: Db,
    name: &'a str,
}

impl Reader<'_> {
    /// Adds bytes of a column that is cut into pieces of one length.
    fn pieces(
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

    fn chunk(&self, column: i64, number: i64) -> SeamResult<i64> {
        let parameters = [Parameter::Integer(column), Parameter::Integer(number)];
        let row = self.catalog.chunk.execute(self.db, &parameters)?;
        if row.step()? { Ok(row.integer(0)) } else { Err(self.missing(number)) }
    }

    fn block(&self, column: i64, number: i64) -> SeamResult<i64> {
        let parameters = [Parameter::Integer(column), Parameter::Integer(number)];
        let row = self.catalog.block.execute(self.db, &parameters)?;
        if row.step()? { Ok(row.integer(0)) } else { Err(self.missing(number)) }
    }

    fn block_of(&self, column: i64, index: i64) -> SeamResult<Block> {
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
    fn missing(&self, number: i64) -> SeamError {
        damaged(self.name, format!("chunk {number} is missing, and elements should be in it"))
    }

    #[cold]
    fn short(&self, number: i64, length: usize, needed: usize) -> SeamError {
        damaged(self.name, format!("chunk {number} ends after {length} bytes; its elements need {needed}"))
    }

    #[cold]
    fn wrong_entry(&self, index: i64) -> SeamError {
        damaged(self.name, format!("the index says of element {index} where it cannot be"))
    }

    #[cold]
    fn wrong_bound(&self, number: i64) -> SeamError {
        damaged(self.name, format!("chunk {number} has an element where none can be"))
    }
}

/// Returns the part of a range with an element that has at most so many elements; at least the one.
fn limited(range: Range<i64>, index: i64, most: i64) -> Range<i64> {
    let most = most.max(1);
    if index == range.start {
        range.start..range.end.min(index + most)
    } else {
        range.start.max(range.end - most)..range.end
    }
}

/// Returns the elements from `index` on, to one side, that have at most the bytes of a window; at least the one.
fn fitting<T>(all: &[T], length: impl Fn(&T) -> usize, range: Range<i64>, index: i64) -> (&[T], Range<i64>) {
    let mut left = WINDOW_BYTES;
    let mut fits = |element: &T| {
        let length = length(element);
        let is_within = length <= left;
        left = left.saturating_sub(length);
        is_within
    };
    if index == range.start {
        let count = all.iter().take_while(|element| fits(element)).count().max(1).min(all.len());
        (all.get(..count).unwrap_or_default(), range.start..range.start + within(count))
    } else {
        let count = all.iter().rev().take_while(|element| fits(element)).count().max(1).min(all.len());
        (all.get(all.len() - count..).unwrap_or_default(), range.end - within(count)..range.end)
    }
}

/// Returns a count or number as SQLite has it. Nothing in a file has more than 2^63.
fn within(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(range: &Range<i64>) -> usize {
    usize::try_from(range.end - range.start).unwrap_or_default()
}

fn offset(index: i64, size: usize) -> SeamResult<usize> {
    let offset = usize::try_from(index).ok().and_then(|index| index.checked_mul(size));
    offset.ok_or_else(|| SeamError::invalid(format!("there can be no element {index}")))
}
