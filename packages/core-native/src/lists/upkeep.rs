//! Adding entries to their lists, and keeping lists as long as suits the number of vectors.
//!
//! New entries are in runs. When there are several for each list, as a rule, they are added list by list, from the first
//! to the last: a round. So the pages of a list are written once for several entries. A write takes a round a few lists
//! further; the head has how far it is. Runs that were stored meanwhile belong to the next round.

use std::sync::Arc;

use kohakuvault_core::vector::lists::centroids::MOST_LISTS;
use kohakuvault_core::vector::lists::entries::Code;
use kohakuvault_core::vector::lists::parts::{Half, ListEntries, total_of};
use kohakuvault_core::vector::lists::train::{List, list_length};

use super::shared::read_list;
use super::state::{Loaded, TableIndex};
use super::tables::{PARTS, RUNS, Tables};
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Parameter;

/// A round begins when there are so many new entries for each list.
const ENTRIES_A_LIST: usize = 4;
/// A list of so many parts is written again as one.
const MOST_PARTS: i64 = 8;
/// A list of so many halves of the length that suits it is divided.
const TOO_LONG: usize = 5;
/// A list with this part of the length that suits it is given up.
const TOO_SHORT: usize = 8;
/// A round looks for vectors that are gone in one of so many lists.
const LOOKS: i64 = 4;
/// When all is to be done, it looks in all lists.
const LOOKS_AT_ALL: i64 = 1;
/// For so many entries that are added, one list that gets none may be looked at.
const ENTRIES_A_LOOK: usize = 16;

/// Work on the lists of a table, in a write.
pub(super) struct Upkeep<'a> {
    db: Db,
    index: &'a TableIndex,
    loaded: &'a mut Loaded,
    /// How many entries a list should have.
    length: usize,
}

impl<'a> Upkeep<'a> {
    pub(super) fn new(db: Db, index: &'a TableIndex, loaded: &'a mut Loaded) -> Self {
        let (vectors, trained) =
            (loaded.shared.directory.len(), usize::try_from(loaded.head.vectors).unwrap_or_default());
        let length = list_length(vectors, trained, loaded.head.trained_lists());
        Self { db, index, loaded, length }
    }

    /// Adds about so many entries to their lists, if there are enough of them.
    pub(super) fn work(&mut self, entries: usize) -> SeamResult<()> {
        if self.loaded.head.merging == 0 {
            if self.loaded.shared.arriving.len() < self.loaded.shared.centroids.live() * ENTRIES_A_LIST {
                return Ok(());
            }
            self.begin_round()?;
        }
        let is_behind = self.loaded.shared.arriving.len() >= self.loaded.shared.centroids.live() * ENTRIES_A_LIST;
        let entries = if is_behind { entries * 2 } else { entries };
        self.advance(entries, LOOKS, entries / ENTRIES_A_LOOK + 1)
    }

    /// Adds all entries to their lists, and looks at all lists if `looks`.
    pub(super) fn finish(&mut self, looks: bool) -> SeamResult<()> {
        let mut is_due = looks;
        while is_due || self.loaded.head.merging != 0 || !self.loaded.shared.arriving.is_empty() {
            if self.loaded.head.merging == 0 {
                self.begin_round()?;
                is_due = false;
            }
            self.advance(usize::MAX, if looks { LOOKS_AT_ALL } else { i64::MAX }, usize::MAX)?;
        }
        Ok(())
    }

    fn begin_round(&mut self) -> SeamResult<()> {
        let row = self.index.tables.last_run.execute(self.db, &[])?;
        row.step()?;
        let last = row.optional_integer(0).unwrap_or(RUNS);
        drop(row);
        self.loaded.head.merging = last;
        self.loaded.head.merged = 0;
        self.loaded.shared.merging = std::mem::take(&mut self.loaded.shared.arriving);
        Ok(())
    }

    /// Takes the round further, until so many entries were added, or so many other lists looked at: one of `every`.
    fn advance(&mut self, entries: usize, every: i64, looks: usize) -> SeamResult<()> {
        let (mut added, mut looked) = (0, 0);
        // Lists that are made meanwhile have all their entries.
        let lists = i64::try_from(self.loaded.shared.centroids.len()).unwrap_or(i64::MAX);
        while added < entries && looked < looks {
            let next = self.loaded.head.merged;
            if next >= lists {
                self.index.tables.delete_runs.run(self.db, &[Parameter::Integer(self.loaded.head.merging)])?;
                self.loaded.head.merging = 0;
                self.loaded.head.merged = 0;
                return Ok(());
            }
            self.loaded.head.merged = next + 1;
            let list = List::try_from(next).unwrap_or(List::MAX);
            if !self.loaded.shared.centroids.is_live(list) {
                continue;
            }
            if !self.loaded.shared.merging.of(list).is_empty() {
                let new = Arc::make_mut(&mut self.loaded.shared.merging).take(list);
                added += new.len();
                self.add(list, new)?;
            } else if (next + self.loaded.head.merging) % every == 0 {
                looked += 1;
                self.look(list)?;
            }
        }
        Ok(())
    }

    /// Adds entries to a list.
    fn add(&mut self, list: List, new: Vec<(i64, Code)>) -> SeamResult<()> {
        let tables = &self.index.tables;
        let (first, range) = (i64::from(list) * PARTS, Tables::range(list));
        let row = tables.last_part.execute(self.db, &range)?;
        let (next, total) = if row.step()? {
            let total = total_of(row.bytes(1)).map_err(|error| tables.damaged(&format!("list {list}: {error}")))?;
            (row.integer(0) + 1, total)
        } else {
            (first, 0)
        };
        drop(row);
        self.loaded.shared.forget_list(list);
        if next - first >= MOST_PARTS || total + new.len() > self.length * TOO_LONG / 2 {
            let entries = self.with(list, new)?;
            return self.rewrite(list, entries);
        }
        let mut part = ListEntries::new(self.index.layout.shape.dimensions);
        new.iter().for_each(|(id, code)| part.push(list, *id, code));
        let part = part.write(total);
        tables.add_part.run(self.db, &[Parameter::Integer(next), Parameter::Blob(&part)])
    }

    /// Reads a list without what is gone, and with new entries in place of older ones of the same vectors.
    fn with(&self, list: List, new: Vec<(i64, Code)>) -> SeamResult<ListEntries> {
        let Loaded { shared, known, .. } = &*self.loaded;
        let mut entries = read_list(self.db, &self.index.tables, &shared.centroids, list)?;
        let ids: std::collections::HashSet<i64> = new.iter().map(|(id, _)| *id).collect();
        let counts = |id: i64| shared.directory.has(id) && known.has(id);
        entries.retain(|id| counts(id) && !ids.contains(&id));
        new.iter().filter(|(id, _)| counts(*id)).for_each(|(id, code)| entries.push(list, *id, code));
        Ok(entries)
    }

    /// Writes a list again. If it is too long, it becomes two lists.
    fn rewrite(&mut self, list: List, entries: ListEntries) -> SeamResult<()> {
        if entries.len() > self.length * TOO_LONG / 2 && self.loaded.shared.centroids.len() + 2 <= MOST_LISTS {
            let mut all = entries;
            // A list that is given up has no new entries any more.
            for (id, code) in Arc::make_mut(&mut self.loaded.shared.arriving).take(list) {
                all.retain(|known| known != id);
                all.push(list, id, &code);
            }
            if let Some(halves) = all.halves(&self.loaded.shared.centroids) {
                return self.divide(list, halves);
            }
            return self.write(list, &all);
        }
        self.write(list, &entries)
    }

    fn divide(&mut self, list: List, halves: [Half; 2]) -> SeamResult<()> {
        self.index.tables.delete_parts.run(self.db, &Tables::range(list))?;
        self.loaded.shared.forget_list(list);
        let centroids = Arc::make_mut(&mut self.loaded.shared.centroids);
        let halves = halves.map(|Half { centre, entries }| (centroids.add(centre, list), entries));
        centroids.retire(list);
        if let Some(codes) = &mut self.loaded.shared.list_codes {
            Arc::make_mut(codes).follow(&self.loaded.shared.centroids);
        }
        // After many inserts at once, a half may be too long too.
        halves.into_iter().try_for_each(|(list, entries)| self.rewrite(list, entries))
    }

    /// Writes a list as one part.
    fn write(&self, list: List, entries: &ListEntries) -> SeamResult<()> {
        let tables = &self.index.tables;
        tables.delete_parts.run(self.db, &Tables::range(list))?;
        if entries.is_empty() {
            return Ok(());
        }
        let part = entries.write(0);
        tables.add_part.run(self.db, &[Parameter::Integer(i64::from(list) * PARTS), Parameter::Blob(&part)])
    }

    /// Writes a list again if much of it is gone. If little is left, its vectors are put into other lists.
    fn look(&mut self, list: List) -> SeamResult<()> {
        let (before, entries) = {
            let Loaded { shared, known, .. } = &*self.loaded;
            let mut entries = read_list(self.db, &self.index.tables, &shared.centroids, list)?;
            let before = entries.len();
            entries.retain(|id| shared.directory.has(id) && known.has(id));
            (before, entries)
        };
        if entries.len() * TOO_SHORT < self.length && entries.len() < before && self.loaded.shared.centroids.live() > 1
        {
            let arriving = Arc::make_mut(&mut self.loaded.shared.arriving).take(list);
            let ids: Vec<i64> = entries.ids().iter().copied().chain(arriving.iter().map(|(id, _)| *id)).collect();
            self.loaded.note_displaced(ids.into_iter());
            Arc::make_mut(&mut self.loaded.shared.centroids).retire(list);
            self.loaded.shared.forget_list(list);
            return self.index.tables.delete_parts.run(self.db, &Tables::range(list));
        }
        if before > entries.len() * 3 / 2 {
            self.loaded.shared.forget_list(list);
            return self.write(list, &entries);
        }
        Ok(())
    }
}
