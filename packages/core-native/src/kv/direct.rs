//! Rows that are read in place: from the pages of the file as the held read snapshot sees them, without SQLite.
//!
//! Whatever is unusual is left to SQLite: a table of another form, keys that are not BLOBs, damage.

use std::cell::RefCell;
use std::ops::Bound;
use std::rc::Rc;

use kohakuvault_core::tree::index::{self, Walk};
use kohakuvault_core::tree::key_hints::KeyHints;
use kohakuvault_core::tree::rows::{Leaf, Value};

use super::page_rows::{Page, PageRequest, Rows, as_slice, key_of};
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::sqlite::by_schema::BySchema;
use crate::sqlite::statement::{Parameter, Statement};
use crate::sqlite::view::FileView;

/// The roots of the table and of its keys' index, if the table has the form that is read here: the columns `key` and
/// `value` come first, nothing is generated, and an index has the keys alone, ascending and compared as bytes.
const ROOTS: &str = "
    SELECT entry.rootpage, keys.rootpage
    FROM main.sqlite_schema AS entry
        JOIN pragma_index_list(entry.name, 'main') AS list
        JOIN main.sqlite_schema AS keys ON keys.type = 'index' AND keys.name = list.name
    WHERE entry.type = 'table' AND entry.name = ?1 COLLATE NOCASE AND list.\"unique\" AND NOT list.partial
        AND (SELECT wr FROM pragma_table_list(entry.name) WHERE schema = 'main') = 0
        AND (SELECT group_concat(name || ' ' || \"desc\" || ' ' || coll)
            FROM pragma_index_xinfo(list.name, 'main') WHERE \"key\") = 'key 0 BINARY'
        AND (SELECT group_concat(name) FROM (
            SELECT name FROM pragma_table_xinfo(entry.name, 'main') WHERE cid < 2 ORDER BY cid)) = 'key,value'
        AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(entry.name, 'main') WHERE hidden)
    LIMIT 1";

/// The rows of a page that are looked up side by side: few at first, since long values let fewer fit the page.
const FEWEST: usize = 16;
const MOST: usize = 256;

/// Where the two B-trees of a table begin.
#[derive(Clone, Copy)]
struct Roots {
    table: u32,
    keys: u32,
}

/// How a table is read in place.
pub(super) struct Direct {
    name: String,
    is_allowed: bool,
    roots_of: Statement,
    /// None if the table has another form.
    roots: BySchema<Option<Roots>>,
    hints: RefCell<KeyHints>,
}

/// Where a key's value is.
pub(super) enum Located<'a> {
    Missing,
    Value(Value<'a>),
}

/// The pages, and where the table begins in them. It ends before any JavaScript can run.
pub(super) struct TableView {
    pages: Rc<FileView>,
    roots: Roots,
}

impl std::ops::Deref for TableView {
    type Target = FileView;

    fn deref(&self) -> &FileView {
        &self.pages
    }
}

impl Direct {
    pub(super) fn new(name: &str, is_allowed: bool) -> SeamResult<Self> {
        Ok(Self {
            name: name.to_owned(),
            is_allowed,
            roots_of: Statement::new(ROOTS)?,
            roots: BySchema::new(),
            hints: RefCell::default(),
        })
    }

    /// Returns the pages of the held snapshot, if the table can be read in them.
    #[inline]
    pub(super) fn view(&self, connection: &Connection) -> Option<TableView> {
        if !self.is_allowed {
            return None;
        }
        let pages = connection.view()?;
        let roots = self.roots.get(&pages, || self.find_roots(connection).ok())?;
        Some(TableView { pages, roots: roots? })
    }

    fn find_roots(&self, connection: &Connection) -> SeamResult<Option<Roots>> {
        let parameters = [Parameter::Text(&self.name)];
        let row = self.roots_of.execute(connection.db()?, &parameters)?;
        if !row.step()? {
            return Ok(None);
        }
        let root = |column| u32::try_from(row.integer(column)).ok().filter(|root| *root > 1);
        Ok(root(0).zip(root(1)).map(|(table, keys)| Roots { table, keys }))
    }

    /// Finds the value of a key. Returns None if SQLite must do it.
    #[inline]
    pub(super) fn locate<'a>(&self, view: &'a TableView, key: &[u8]) -> Option<Located<'a>> {
        let pages = &*view.pages;
        let mut hints = self.hints.borrow_mut();
        let place = hints.place(key);
        if let Some(rowid) = hints.get(place)
            && let Some(value) = Leaf::find(pages, view.roots.table, rowid).and_then(|leaf| leaf.value_of(key))
        {
            return Some(Located::Value(value));
        }
        let Some(rowid) = index::find(pages, view.roots.keys, key)? else { return Some(Located::Missing) };
        hints.put(place, rowid);
        Some(Located::Value(Leaf::find(pages, view.roots.table, rowid)?.value()?))
    }

    /// Returns whether a key exists. Returns None if SQLite must tell.
    pub(super) fn has(&self, view: &TableView, key: &[u8]) -> Option<bool> {
        Some(index::find(&*view.pages, view.roots.keys, key)?.is_some())
    }

    /// Fills `target` with rows of a range, as `KvTable::page` does. Returns the page and its length, or None if SQLite
    /// must read it.
    pub(super) fn page(&self, view: &TableView, range: &PageRequest, target: &mut [u8]) -> Option<(Page, usize)> {
        let pages = &*view.pages;
        let (from, to) = if range.reverse { (&range.upper, &range.lower) } else { (&range.lower, &range.upper) };
        let mut walk = Walk::begin(pages, view.roots.keys, as_slice(from), range.reverse)?;
        let is_inside = is_before_end(to, range.reverse);
        let room = target.len();
        let mut rows = Rows { target, at: 0, count: 0 };
        let mut batch = Batch::default();
        let mut size = FEWEST;
        loop {
            batch.clear();
            let most = size.min(range.limit - rows.count);
            let mut is_behind = false;
            let has_ended = walk.visit(most, |key, rowid| {
                is_behind = !is_inside(key);
                if !is_behind {
                    batch.add(key, rowid);
                }
                !is_behind
            })?;
            let ended = has_ended || is_behind;
            let is_full = !if range.values {
                batch.add_values(pages, view.roots.table, &mut rows)?
            } else {
                batch.keys().all(|key| rows.add(key, &[], None))
            };
            if is_full || ended || rows.count >= range.limit {
                return Some((Page { rows: rows.count, is_last: ended && !is_full }, rows.at));
            }
            let average = rows.at / rows.count.max(1) + 1;
            size = ((room - rows.at) / average + 1).clamp(1, MOST);
        }
    }

    pub(super) fn finalize(&self) {
        self.roots_of.finalize();
    }
}

/// Returns what tells whether a key comes before the end of a range.
fn is_before_end(end: &Bound<Vec<u8>>, is_reverse: bool) -> impl Fn(&[u8]) -> bool {
    let includes = !matches!(end, Bound::Excluded(_));
    let end = key_of(end);
    move |key| {
        end.is_none_or(|end| {
            let order = if is_reverse { end.cmp(key) } else { key.cmp(end) };
            order.is_lt() || (includes && order.is_eq())
        })
    }
}

/// Keys in a row, and the rowids of their rows.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    rowids: Vec<i64>,
}

impl Batch {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.rowids.clear();
    }

    #[inline]
    fn add(&mut self, key: &[u8], rowid: i64) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        self.rowids.push(rowid);
    }

    fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }

    /// Adds the rows with their values. Each step is made for all of them, so that the processor waits for the memory
    /// of many rows at once. Returns false if the page is full.
    fn add_values(&self, pages: &FileView, root: u32, rows: &mut Rows<'_>) -> Option<bool> {
        let leaves: Vec<_> = self.rowids.iter().map(|rowid| Leaf::find(pages, root, *rowid)).collect::<Option<_>>()?;
        let touched = leaves.iter().map(|leaf| leaf.touch().unwrap_or(0)).fold(0, usize::wrapping_add);
        std::hint::black_box(touched);
        let values: Vec<_> = leaves.into_iter().map(Leaf::value).collect::<Option<_>>()?;
        for (key, value) in self.keys().zip(&values) {
            if !rows.add_filled(key, value.length, |place| value.copy_to(pages, place))? {
                return Some(false);
            }
        }
        Some(true)
    }
}
