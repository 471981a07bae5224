//! Putting vectors into lists.
//!
//! A new vector is in no list at first. When there are many of them, all are put into lists in the transaction of the
//! write that made them many. So a list is written once for several vectors.

use std::collections::BTreeMap;

use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::lists::entries::Entries;
use kohakuvault_core::vector::lists::known_ids::KnownIds;
use kohakuvault_core::vector::lists::placing::place;
use kohakuvault_core::vector::lists::train::List;

use super::state::{Loaded, TableIndex};
use super::tables::{PARTS, Tables};
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;

/// A list of so many parts is written again as one.
const MOST_PARTS: i64 = 8;
/// So many vectors are read at a time.
const BATCH: usize = 4096;
/// With fewer vectors in no list, or fewer for each list, they stay where they are.
const LEAST_PENDING: usize = 256;
const MOST_PENDING: usize = 4096;

impl TableIndex {
    /// Puts the vectors that are in no list into lists, if there are many, or at least `least`. Returns how many. The
    /// caller has begun a write, in a transaction.
    pub(super) fn grow(&self, db: Db, state: Option<f64>, least: Option<usize>) -> SeamResult<usize> {
        let Some(mut loaded) = self.take(db, state)? else { return Ok(0) };
        let usual = loaded.centroids.len().clamp(LEAST_PENDING, MOST_PENDING);
        let mut placed = 0;
        if loaded.pending.len() >= least.unwrap_or(usual).max(1) {
            let pending: Vec<i64> = loaded.pending.iter().copied().collect();
            for ids in pending.chunks(BATCH) {
                placed += self.place(db, &mut loaded, ids)?;
            }
            self.tables.set_stamp.run(db, &[])?;
            loaded.head.stamp = super::head::Head::read(db, &self.tables, &self.layout)?.stamp;
        }
        self.put(loaded);
        Ok(placed)
    }

    fn place(&self, db: Db, loaded: &mut Loaded, ids: &[i64]) -> SeamResult<usize> {
        let layout = &self.layout;
        let (ids, rows) = loaded.read(db, layout, &self.tables, None, ids.iter().copied())?;
        let block = Block::of_rows(layout.shape, &ids, &rows);
        let mut lists: BTreeMap<List, Entries> = BTreeMap::new();
        for (id, placed) in ids.iter().zip(place(&loaded.centroids, &block)) {
            let [(first, code), (second, other)] = placed;
            let dimensions = layout.shape.dimensions;
            lists.entry(first).or_insert_with(|| Entries::new(dimensions)).push(*id, &code);
            if second != first {
                lists.entry(second).or_insert_with(|| Entries::new(dimensions)).push(*id, &other);
            }
        }
        for (list, entries) in &lists {
            self.add_to_list(db, loaded, *list, entries)?;
            loaded.forget_list(*list);
        }
        loaded.note_placed(&ids);
        for block in loaded.known.take_changed() {
            self.write_known(db, &loaded.known, block)?;
        }
        Ok(ids.len())
    }

    fn add_to_list(&self, db: Db, loaded: &Loaded, list: List, added: &Entries) -> SeamResult<()> {
        let first = i64::from(list) * PARTS;
        let range = Tables::range(list);
        let row = self.tables.last_part.execute(db, &range)?;
        row.step()?;
        let last = row.optional_integer(0);
        drop(row);
        let next = last.map_or(first, |last| last + 1);
        if next - first < MOST_PARTS {
            let part = added.write();
            return self.tables.add_part.run(db, &[Parameter::Integer(next), Parameter::Blob(&part)]);
        }
        let mut all = Entries::new(loaded.centroids.dimensions());
        let parts = self.tables.parts.execute(db, &range)?;
        while parts.step()? {
            all.read(parts.bytes(0)).map_err(|error| self.tables.damaged(&format!("list {list}: {error}")))?;
        }
        drop(parts);
        // Without those that are gone, and those that were changed and are written again.
        let new: std::collections::HashSet<i64> = added.ids().iter().copied().collect();
        all.retain(|id| loaded.directory.has(id) && !new.contains(&id));
        all.read(&added.write()).map_err(|error| self.tables.damaged(&error.to_string()))?;
        let part = all.write();
        self.tables.delete_parts.run(db, &range)?;
        self.tables.add_part.run(db, &[Parameter::Integer(first), Parameter::Blob(&part)])
    }

    fn write_known(&self, db: Db, known: &KnownIds, block: i64) -> SeamResult<()> {
        let ids = known.write(block);
        if ids.is_empty() {
            return self.tables.delete_ids.run(db, &[Parameter::Integer(block)]);
        }
        self.tables.put_ids.run(db, &[Parameter::Integer(block), Parameter::Blob(&ids)])
    }

    /// Notes in the file and in memory that a vector was changed, so that its entries do not fit it any more. The caller
    /// has begun a write.
    pub(super) fn touch(&self, db: Db, state: Option<f64>, id: i64) -> SeamResult<()> {
        if self.is_absent_in(state) {
            return Ok(());
        }
        if let Some(mut loaded) = self.take_current(state) {
            if loaded.known.remove(id) {
                for block in loaded.known.take_changed() {
                    self.write_known(db, &loaded.known, block)?;
                }
            }
            loaded.note_pending(id);
            self.put(loaded);
            return Ok(());
        }
        if !self.exists(db, state)? {
            return Ok(());
        }
        let mut known = KnownIds::default();
        let block = KnownIds::block_of(id);
        let parameters = [Parameter::Integer(block)];
        let row = self.tables.ids_of.execute(db, &parameters)?;
        if row.step()? {
            known.read(block, row.bytes(0)).map_err(|error| self.tables.damaged(&error.to_string()))?;
        }
        drop(row);
        if known.remove(id) { self.write_known(db, &known, block) } else { Ok(()) }
    }
}
