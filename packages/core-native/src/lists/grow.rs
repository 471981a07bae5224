//! Putting vectors into lists.
//!
//! A new vector is in no list at first. Each write puts a few vectors into lists, in its own transaction, so that no
//! write takes much longer than others. Their entries are stored together, in a run; [`super::upkeep`] adds them to
//! their lists.

use std::sync::Arc;

use kohakuvault_core::vector::lists::entries::Code;
use kohakuvault_core::vector::lists::known_ids::KnownIds;
use kohakuvault_core::vector::lists::placing::place;
use kohakuvault_core::vector::lists::recent::write_run;
use kohakuvault_core::vector::lists::train::List;

use super::state::{Loaded, TableIndex};
use super::tables::RUNS;
use super::upkeep::Upkeep;
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;

/// With fewer vectors in no list they stay where they are.
const LEAST_PENDING: usize = 64;
/// So many vectors are put into lists at a time.
const BATCH: usize = 1024;
/// A write may put so many times as many vectors into lists as it has inserted, so that it catches up.
const CATCHING_UP: usize = 2;
/// A vector has two entries.
const ENTRIES: usize = 2;
/// So many more entries than there are new ones are added to their lists, so that a round ends before the next begins.
const SPARE_ENTRIES: usize = 16;

/// How much a write may do for the lists.
#[derive(Clone, Copy)]
pub(super) enum Effort {
    /// As much as suits the insert of so many vectors.
    Inserted(usize),
    /// All that there is to do.
    Whole,
}

impl TableIndex {
    /// Puts vectors that are in no list into lists. Returns how many. The caller has begun a write, in a transaction.
    pub(super) fn grow(&self, db: Db, state: Option<f64>, effort: Effort) -> SeamResult<usize> {
        let Some(mut loaded) = self.take(db, state)? else { return Ok(0) };
        let (least, most) = match effort {
            Effort::Inserted(count) => (LEAST_PENDING, count.max(LEAST_PENDING) * CATCHING_UP),
            Effort::Whole => (1, usize::MAX),
        };
        let is_whole = matches!(effort, Effort::Whole);
        let (mut placed, mut looks) = (0, is_whole);
        let mut has_changed = is_whole;
        loop {
            while loaded.shared.pending.len() >= least && placed < most {
                let some: Vec<i64> = loaded.shared.pending.iter().copied().take(BATCH.min(most - placed)).collect();
                placed += self.place(db, &mut loaded, &some)?;
                has_changed = true;
                if !is_whole {
                    Upkeep::new(db, self, &mut loaded).work(some.len() * ENTRIES + SPARE_ENTRIES)?;
                }
            }
            if !is_whole {
                break;
            }
            Upkeep::new(db, self, &mut loaded).finish(std::mem::take(&mut looks))?;
            // A list that was given up may have left vectors in no list.
            if loaded.shared.pending.is_empty() {
                break;
            }
        }
        if has_changed {
            let changed = Arc::make_mut(&mut loaded.shared.centroids).take_changed();
            loaded.head.update(db, (&self.tables, &self.layout), &loaded.shared.centroids, &changed)?;
            for block in loaded.known.take_changed() {
                self.write_known(db, &loaded.known, block)?;
            }
        }
        self.put(loaded);
        Ok(placed)
    }

    fn place(&self, db: Db, loaded: &mut Loaded, wanted: &[i64]) -> SeamResult<usize> {
        let layout = &self.layout;
        let block = loaded.read(db, layout, &self.tables, None, wanted.iter().copied())?;
        let mut entries: Vec<(List, i64, Code)> = Vec::with_capacity(block.len() * ENTRIES);
        for (id, placed) in block.ids().iter().zip(place(&loaded.shared.centroids, &block)) {
            let [(first, code), (second, other)] = placed;
            entries.push((first, *id, code));
            if second != first {
                entries.push((second, *id, other));
            }
        }
        if !entries.is_empty() {
            let row = self.tables.last_run.execute(db, &[])?;
            row.step()?;
            let next = row.optional_integer(0).map_or(RUNS, |last| last + 1).max(loaded.head.merging + 1);
            drop(row);
            let run = write_run(&entries);
            self.tables.add_part.run(db, &[Parameter::Integer(next), Parameter::Blob(&run)])?;
            let arriving = Arc::make_mut(&mut loaded.shared.arriving);
            entries.into_iter().for_each(|(list, id, code)| arriving.push(list, id, code));
        }
        // What was not read is gone.
        let pending = Arc::make_mut(&mut loaded.shared.pending);
        wanted.iter().for_each(|id| _ = pending.remove(id));
        loaded.note_placed(block.ids());
        Ok(block.len())
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
