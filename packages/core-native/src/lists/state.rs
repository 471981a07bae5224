//! What memory holds of an index.
//!
//! It belongs to one state of the file, whose number the TypeScript code knows (`FileState`). In another state the known
//! ids and the directory of vectors are read again, and the lists if their stamp has changed. Our own writes change
//! what memory holds as they change the file.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use kohakuvault_core::CoreError;
use kohakuvault_core::vector::block::{Block, Slots};
use kohakuvault_core::vector::lists::directory::{Directory, Place};
use kohakuvault_core::vector::lists::known_ids::KnownIds;
use kohakuvault_core::vector::lists::placing::without_list;
use kohakuvault_core::vector::lists::recent::{Recent, read_run};
use kohakuvault_core::vector::lists::scan::ListCodes;

use super::head::Head;
use super::rows::{KnownRows, RowReader};
use super::shared::Shared;
use super::tables::Tables;
use crate::js::error::SeamResult;
use crate::kept::Kept;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;
use crate::vector::condition::Conditions;
use crate::vector::layout::{Layout, Statements};

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
    pub(super) shared: Shared,
    was_searched: bool,
    pub(super) known: KnownIds,
    /// The pending vectors that have no code yet.
    fresh: Vec<i64>,
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
        let (directory, pending) = survey(db, layout, (statements, tables), &known)?;
        let mut shared = self.renew_lists(db, &head, before)?;
        shared.directory = Arc::new(directory);
        Arc::make_mut(&mut shared.codes).retain(|id| pending.contains(&id));
        let coded: HashSet<i64> = shared.codes.ids().iter().copied().collect();
        let fresh = pending.iter().copied().filter(|id| !coded.contains(id)).collect();
        shared.pending = Arc::new(pending);
        Ok(Loaded { state, head, shared, was_searched: false, known, fresh, rows: KnownRows::default() })
    }

    /// Returns what memory holds of centroids and entries, as far as it is still right, and what was read instead.
    fn renew_lists(&self, db: Db, head: &Head, before: Option<Loaded>) -> SeamResult<Shared> {
        let before = before.filter(|before| before.head.generation == head.generation);
        let is_same =
            |stamp: fn(&Head) -> i64| before.as_ref().map(|before| &before.head).map(stamp) == Some(stamp(head));
        let (same_layout, same_entries) = (is_same(|head| head.layout), is_same(|head| head.stamp));
        let mut shared = match before {
            Some(before) if same_layout => before.shared,
            before => {
                let centroids = Arc::new(head.centroids(db, &self.tables, &self.layout)?);
                let mut shared = Shared::new(head.calibration.clone(), head.trained_lists(), centroids);
                if let Some(before) = before {
                    // They are codes without a list.
                    shared.codes = before.shared.codes;
                }
                shared
            }
        };
        if !(same_layout && same_entries) {
            shared.forget_lists();
            (shared.merging, shared.arriving) = self.read_runs(db, head, &shared)?;
        }
        Ok(shared)
    }

    /// Reads the entries that were not added to their lists yet.
    fn read_runs(&self, db: Db, head: &Head, shared: &Shared) -> SeamResult<(Arc<Recent>, Arc<Recent>)> {
        let (mut merging, mut arriving) = (Recent::default(), Recent::default());
        let runs = self.tables.runs.execute(db, &[])?;
        while runs.step()? {
            let is_merging = runs.integer(0) <= head.merging;
            read_run(self.layout.shape.dimensions, runs.bytes(1), |list, id, code| {
                if list as usize >= shared.centroids.len() {
                    return Err(CoreError::Corrupt(format!("new entries belong to list {list}, which does not exist")));
                }
                // Those of a list that was divided were added to it before.
                if shared.centroids.is_live(list) && !(is_merging && i64::from(list) < head.merged) {
                    (if is_merging { &mut merging } else { &mut arriving }).push(list, id, code);
                }
                Ok(())
            })
            .map_err(|error| self.tables.damaged(&error.to_string()))?;
        }
        Ok((Arc::new(merging), Arc::new(arriving)))
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
            Arc::make_mut(&mut loaded.shared.directory).remove(id);
            Arc::make_mut(&mut loaded.shared.pending).remove(&id);
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
        Arc::make_mut(&mut self.shared.pending).insert(id);
        self.fresh.push(id);
    }

    /// Makes the codes of the centroids, if it pays to have them.
    pub(super) fn encode_lists(&mut self) {
        let Shared { list_codes, centroids, .. } = &mut self.shared;
        if list_codes.is_none() && self.was_searched {
            *list_codes = Some(Arc::new(ListCodes::of(centroids)));
        }
        self.was_searched = true;
    }

    /// Makes the codes of vectors that have none yet.
    pub(super) fn encode_fresh(&mut self, db: Db, layout: &Layout, tables: &Tables, view: View) -> SeamResult<()> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let fresh = std::mem::take(&mut self.fresh);
        let block = self.read(db, layout, tables, view, fresh.into_iter())?;
        let codes = Arc::make_mut(&mut self.shared.codes);
        for (id, code) in block.ids().iter().zip(without_list(&self.shared.centroids, &block)) {
            codes.push(*id, &code);
        }
        if codes.len() > self.shared.pending.len() * 2 + MOST_SPARE_CODES {
            let pending = &self.shared.pending;
            codes.retain(|id| pending.contains(&id));
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
    ) -> SeamResult<Block> {
        let mut places = Vec::new();
        for id in ids {
            if let Some(place) = self.place(db, tables, id)? {
                places.push((place, id));
            }
        }
        places.sort_unstable_by_key(|(place, _)| (place.chunk, place.slot));
        places.dedup_by_key(|(_, id)| *id);
        RowReader::new(db, layout, tables, &mut self.rows, view)?.vectors(&places)
    }

    /// Returns the place of a vector. Only that of one of ours that is new must be asked for.
    fn place(&mut self, db: Db, tables: &Tables, id: i64) -> SeamResult<Option<Place>> {
        if let Some(place) = self.shared.directory.get(id) {
            return Ok(Some(place));
        }
        if !self.shared.pending.contains(&id) {
            return Ok(None);
        }
        let place = stored_place(db, tables, id)?;
        if let Some(place) = place {
            Arc::make_mut(&mut self.shared.directory).add(id, place);
        }
        Ok(place)
    }

    /// Notes that vectors are in lists now.
    pub(super) fn note_placed(&mut self, ids: &[i64]) {
        let pending = Arc::make_mut(&mut self.shared.pending);
        for id in ids {
            self.known.insert(*id);
            pending.remove(id);
        }
        self.fresh.retain(|id| pending.contains(id));
        Arc::make_mut(&mut self.shared.codes).retain(|id| pending.contains(&id));
    }

    /// Takes vectors out of all lists. Their entries stay, and do not count.
    pub(super) fn note_displaced(&mut self, ids: impl Iterator<Item = i64>) {
        for id in ids {
            if self.known.remove(id) {
                self.note_pending(id);
            }
        }
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
    (statements, tables): (&Statements, &Tables),
    known: &KnownIds,
) -> SeamResult<(Directory, BTreeSet<i64>)> {
    let first = tables.first_id.execute(db, &[])?;
    first.step()?;
    let mut directory = Directory::starting_at(first.integer(0));
    drop(first);
    let mut pending = BTreeSet::new();
    let rows = statements.slots.execute(db, &[])?;
    while rows.step()? {
        let chunk = rows.integer(0);
        let size = usize::try_from(rows.integer(1)).unwrap_or_default();
        let (validity, rowids) = (rows.bytes(2), rows.bytes(3));
        if let Some(first) = Slots::first_of_run(size, validity, rowids) {
            directory.add_full_chunk(chunk, first, size);
            known.unknown_of_run(first, size, |id| _ = pending.insert(id));
            continue;
        }
        let slots = Slots::read(size, validity, rowids).map_err(|error| {
            CoreError::Corrupt(format!(
                "the vectors of {} are damaged: chunk {chunk}: {error}. Restore a backup",
                layout.part("chunks")
            ))
        })?;
        directory.add_chunk(chunk, slots.used());
        known.unknown(slots.ids(), |id| _ = pending.insert(id));
    }
    Ok((directory, pending))
}
