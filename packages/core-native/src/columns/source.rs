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
use super::reader::{Place, Reader, within};
use super::value_bytes::ValueBytes;
use super::window::Window;
use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;

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

fn count(range: &Range<i64>) -> usize {
    usize::try_from(range.end - range.start).unwrap_or_default()
}

fn offset(index: i64, size: usize) -> SeamResult<usize> {
    let offset = usize::try_from(index).ok().and_then(|index| index.checked_mul(size));
    offset.ok_or_else(|| SeamError::invalid(format!("there can be no element {index}")))
}
