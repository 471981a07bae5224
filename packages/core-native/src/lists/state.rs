//! What memory holds of an index.
//!
//! It belongs to one state of the file, whose number the TypeScript code knows (`FileState`). In another state the known
//! ids and the directory of vectors are read again, and the lists if their stamp has changed. Our own writes change
//! what memory holds as they change the file.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use kohakuvault_core::vector::block::{Block, Slots};
use kohakuvault_core::vector::lists::centroids::Centroids;
use kohakuvault_core::vector::lists::directory::{Directory, Place};
use kohakuvault_core::vector::lists::entries::Entries;
use kohakuvault_core::vector::lists::known_ids::KnownIds;
use kohakuvault_core::vector::lists::placing::without_list;
use kohakuvault_core::vector::lists::scan::ListCodes;
use kohakuvault_core::vector::lists::train::List;

use super::head::Head;
use super::rows::{KnownRows, RowReader};
use super::tables::Tables;
use crate::js::error::SeamResult;
use crate::kept::Kept;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;
use crate::vector::condition::Conditions;
use crate::vector::layout::{Layout, Statements};

/// The most that lists in memory may take, whatever else is allowed.
const MOST_LIST_BYTES: usize = 64 * 1024 * 1024;
/// Codes of vectors that have none any more are dropped when they are so many more than the others.
const MOST_SPARE_CODES: usize = 1024;

/// The index of a table, as a connection knows it; or that there is none.
pub(crate) struct TableIndex {
    pub(super) layout: Layout,
    pub(super) statements: Statements,
    pub(super) tables: Tables,
    pub(super) conditions: Conditions,
    loaded: RefCell<Option<Loaded>>,
    /// The state of the file in which there is no index.
    absent_in: Cell<Option<f64>>,
}

/// What memory holds.
pub(super) struct Loaded {
    /// The number of the file's state. None if nothing may be kept.
    state: Option<f64>,
    pub(super) head: Head,
    pub(super) centroids: Rc<Centroids>,
    /// Made for the second search: to make them takes longer than to search without them.
    list_codes: Option<Rc<ListCodes>>,
    was_searched: bool,
    pub(super) known: KnownIds,
    pub(super) directory: Directory,
    /// The vectors that are in no list.
    pub(super) pending: BTreeSet<i64>,
    /// The codes of those that have one.
    pub(super) codes: Entries,
    /// Those that have none yet.
    fresh: Vec<i64>,
    lists: HashMap<List, Rc<Entries>>,
    list_bytes: usize,
    pub(super) rows: KnownRows,
}

impl TableIndex {
    pub(super) fn new(layout: Layout) -> SeamResult<Self> {
        Ok(Self {
            statements: layout.statements()?,
            tables: Tables::new(&layout)?,
            conditions: Conditions::default(),
            layout,
            loaded: RefCell::new(None),
            absent_in: Cell::new(None),
        })
    }

    /// Returns what memory holds of the index in a state of the file. None if there is no index. The caller puts it back
    /// unless something failed.
    pub(super) fn take(&self, db: Db, state: Option<f64>) -> SeamResult<Option<Loaded>> {
        if self.is_absent_in(state) {
            return Ok(None);
        }
        if let Some(loaded) = self.take_current(state) {
            return Ok(Some(loaded));
        }
        // Taken out: if something fails, or comes back here in the middle, everything is read again.
        let before = self.loaded.take();
        if !self.exists(db, state)? {
            return Ok(None);
        }
        self.renew(db, state, before).map(Some)
    }

    /// Returns whether it is known that there is no index in a state.
    pub(super) fn is_absent_in(&self, state: Option<f64>) -> bool {
        state.is_some() && self.absent_in.get() == state
    }

    /// Returns what memory holds of this state of the file, if it does.
    pub(super) fn take_current(&self, state: Option<f64>) -> Option<Loaded> {
        let is_current = |loaded: &Loaded| state.is_some() && loaded.state == state;
        if self.loaded.borrow().as_ref().is_some_and(is_current) { self.loaded.take() } else { None }
    }

    /// Returns whether there is an index.
    pub(super) fn exists(&self, db: Db, state: Option<f64>) -> SeamResult<bool> {
        let exists = self.tables.exist(db)?;
        self.absent_in.set(state.filter(|_| !exists));
        Ok(exists)
    }

    /// Keeps what memory holds.
    pub(super) fn put(&self, loaded: Loaded) {
        self.loaded.replace(Some(loaded));
    }

    fn renew(&self, db: Db, state: Option<f64>, before: Option<Loaded>) -> SeamResult<Loaded> {
        let Self { layout, statements, tables, .. } = self;
        let head = Head::read(db, tables, layout)?;
        let mut known = KnownIds::default();
        let blocks = tables.ids.execute(db, &[])?;
        while blocks.step()? {
            known.read(blocks.integer(0), blocks.bytes(1)).map_err(|error| tables.damaged(&error.to_string()))?;
        }
        drop(blocks);
        let (directory, pending) = survey(db, layout, statements, &known)?;
        let before = before.filter(|before| before.head.generation == head.generation);
        let (centroids, list_codes, lists, list_bytes, mut codes) = match before {
            Some(before) if before.head.stamp == head.stamp => {
                (before.centroids, before.list_codes, before.lists, before.list_bytes, before.codes)
            }
            Some(before) => (before.centroids, before.list_codes, HashMap::new(), 0, before.codes),
            None => {
                let centroids = Rc::new(head.centroids(db, tables, layout)?);
                let codes = Entries::new(centroids.dimensions());
                (centroids, None, HashMap::new(), 0, codes)
            }
        };
        codes.retain(|id| pending.contains(&id));
        let coded: std::collections::HashSet<i64> = codes.ids().iter().copied().collect();
        let fresh = pending.iter().copied().filter(|id| !coded.contains(id)).collect();
        let rows = KnownRows::default();
        Ok(Loaded {
            state,
            head,
            centroids,
            list_codes,
            was_searched: false,
            known,
            directory,
            pending,
            codes,
            fresh,
            lists,
            list_bytes,
            rows,
        })
    }

    /// Follows the insert of vectors.
    pub(super) fn note_inserted(&self, ids: impl Iterator<Item = i64>) {
        if let Some(loaded) = self.loaded.borrow_mut().as_mut() {
            for id in ids {
                loaded.note_pending(id);
            }
        }
    }

    /// Follows the removal of a vector.
    pub(super) fn note_removed(&self, id: i64) {
        if let Some(loaded) = self.loaded.borrow_mut().as_mut() {
            loaded.directory.remove(id);
            loaded.pending.remove(&id);
        }
    }

    /// Forgets everything but that which is read again at little cost.
    pub(super) fn forget(&self) {
        self.absent_in.set(None);
        self.loaded.take();
    }
}

impl Kept for TableIndex {
    fn what() -> &'static str {
        "vector index"
    }

    fn finalize(&self) {
        self.forget();
        self.statements.finalize();
        self.tables.finalize();
        self.conditions.finalize();
    }
}

impl Loaded {
    /// Notes that a vector is in no list.
    pub(super) fn note_pending(&mut self, id: i64) {
        self.pending.insert(id);
        self.fresh.push(id);
    }

    /// Returns the codes of the centroids, if it pays to have them.
    pub(super) fn list_codes(&mut self) -> Option<Rc<ListCodes>> {
        if self.list_codes.is_none() && self.was_searched {
            self.list_codes = Some(Rc::new(ListCodes::of(&self.centroids)));
        }
        self.was_searched = true;
        self.list_codes.clone()
    }

    /// Makes the codes of vectors that have none yet.
    pub(super) fn encode_fresh(&mut self, db: Db, layout: &Layout, tables: &Tables, view: View) -> SeamResult<()> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let fresh = std::mem::take(&mut self.fresh);
        let (ids, rows) = self.read(db, layout, tables, view, fresh.into_iter())?;
        let block = Block::of_rows(layout.shape, &ids, &rows);
        for (id, code) in ids.iter().zip(without_list(&self.centroids, &block)) {
            self.codes.push(*id, &code);
        }
        if self.codes.len() > self.pending.len() * 2 + MOST_SPARE_CODES {
            let pending = &self.pending;
            self.codes.retain(|id| pending.contains(&id));
        }
        Ok(())
    }

    /// Reads vectors, in the order of their places. Those that are gone are left out.
    pub(super) fn read(
        &mut self,
        db: Db,
        layout: &Layout,
        tables: &Tables,
        view: View,
        ids: impl Iterator<Item = i64>,
    ) -> SeamResult<(Vec<i64>, Vec<u8>)> {
        let mut places = Vec::new();
        for id in ids {
            if let Some(place) = self.place(db, tables, id)? {
                places.push((place, id));
            }
        }
        places.sort_unstable_by_key(|(place, _)| (place.chunk, place.slot));
        places.dedup_by_key(|(_, id)| *id);
        let bytes = layout.shape.row_bytes();
        let mut rows = vec![0; places.len() * bytes];
        let mut reader = RowReader::new(db, layout, tables, &mut self.rows, view)?;
        for ((place, _), row) in places.iter().zip(rows.chunks_exact_mut(bytes.max(1))) {
            reader.vector(*place, row)?;
        }
        Ok((places.into_iter().map(|(_, id)| id).collect(), rows))
    }

    /// Returns the place of a vector. Only that of one of ours that is new must be asked for.
    pub(super) fn place(&mut self, db: Db, tables: &Tables, id: i64) -> SeamResult<Option<Place>> {
        if let Some(place) = self.directory.get(id) {
            return Ok(Some(place));
        }
        if !self.pending.contains(&id) {
            return Ok(None);
        }
        let place = stored_place(db, tables, id)?;
        if let Some(place) = place {
            self.directory.add(id, place);
        }
        Ok(place)
    }

    /// Returns the entries of a list.
    pub(super) fn list(&mut self, db: Db, tables: &Tables, list: List, most: usize) -> SeamResult<Rc<Entries>> {
        if let Some(entries) = self.lists.get(&list) {
            return Ok(Rc::clone(entries));
        }
        let mut entries = Entries::new(self.centroids.dimensions());
        let range = Tables::range(list);
        let parts = tables.parts.execute(db, &range)?;
        while parts.step()? {
            entries.read(parts.bytes(0)).map_err(|error| tables.damaged(&format!("list {list}: {error}")))?;
        }
        let entries = Rc::new(entries);
        let most = most.min(MOST_LIST_BYTES);
        if self.list_bytes + entries.memory() > most {
            self.forget_lists();
        }
        if entries.memory() <= most {
            self.list_bytes += entries.memory();
            self.lists.insert(list, Rc::clone(&entries));
        }
        Ok(entries)
    }

    /// Forgets a list that was changed.
    pub(super) fn forget_list(&mut self, list: List) {
        if let Some(entries) = self.lists.remove(&list) {
            self.list_bytes -= entries.memory();
        }
    }

    fn forget_lists(&mut self) {
        self.lists.clear();
        self.list_bytes = 0;
    }

    /// Notes that vectors are in lists now.
    pub(super) fn note_placed(&mut self, ids: &[i64]) {
        for id in ids {
            self.known.insert(*id);
            self.pending.remove(id);
        }
        let pending = &self.pending;
        self.codes.retain(|id| pending.contains(&id));
        self.fresh.retain(|id| pending.contains(id));
    }
}

/// The pages of the file, if they can be read in place.
pub(super) type View = Option<Rc<crate::sqlite::view::FileView>>;

/// Returns where the table says that a vector is.
pub(super) fn stored_place(db: Db, tables: &Tables, id: i64) -> SeamResult<Option<Place>> {
    let parameters = [Parameter::Integer(id)];
    let row = tables.place.execute(db, &parameters)?;
    if !row.step()? {
        return Ok(None);
    }
    let place = row.optional_integer(0).zip(usize::try_from(row.integer(1)).ok());
    Ok(place.map(|(chunk, slot)| Place { chunk, slot }))
}

/// Finds all vectors, and those that the index does not know.
fn survey(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    known: &KnownIds,
) -> SeamResult<(Directory, BTreeSet<i64>)> {
    let rows = statements.slots.execute(db, &[])?;
    let mut chunks: Vec<(i64, Slots)> = Vec::new();
    while rows.step()? {
        let chunk = rows.integer(0);
        let size = usize::try_from(rows.integer(1)).unwrap_or_default();
        let slots = Slots::read(size, rows.bytes(2), rows.bytes(3)).map_err(|error| {
            kohakuvault_core::CoreError::Corrupt(format!(
                "the vectors of {} are damaged: chunk {chunk}: {error}. Restore a backup",
                layout.part("chunks")
            ))
        })?;
        chunks.push((chunk, slots));
    }
    let first = chunks.iter().flat_map(|(_, slots)| slots.ids()).min().unwrap_or_default();
    let mut directory = Directory::starting_at(first);
    let mut pending = BTreeSet::new();
    for (chunk, slots) in &chunks {
        directory.add_chunk(*chunk, slots.used());
        known.unknown(slots.ids(), |id| {
            pending.insert(id);
        });
    }
    Ok((directory, pending))
}
