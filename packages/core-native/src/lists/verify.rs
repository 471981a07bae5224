//! Comparing an index with its table.

use std::collections::HashSet;

use kohakuvault_core::vector::lists::entries::Entries;

use super::state::TableIndex;
use super::tables::PARTS;
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Statement, quote};

/// Further problems tell nothing new.
const MOST_PROBLEMS: usize = 20;

impl TableIndex {
    /// Returns what is wrong with the index; nothing if there is none.
    pub(super) fn verify(&self, db: Db) -> SeamResult<Vec<String>> {
        let Some(loaded) = self.take(db, None)? else { return Ok(Vec::new()) };
        let mut problems = Vec::new();
        let mut listed = HashSet::new();
        let parts = Statement::new(&format!(
            "SELECT id, entries FROM main.{} ORDER BY id",
            quote(&format!("{}_index_parts", self.layout.name))
        ))?;
        let rows = parts.execute(db, &[])?;
        let lists = i64::try_from(loaded.centroids.len()).unwrap_or(i64::MAX);
        while rows.step()? && problems.len() < MOST_PROBLEMS {
            let (list, part) = (rows.integer(0).div_euclid(PARTS), rows.integer(0).rem_euclid(PARTS));
            if !(0..lists).contains(&list) {
                problems.push(format!("the index has a part of list {list}, and centroids of {lists} lists"));
            }
            let mut entries = Entries::new(self.layout.shape.dimensions);
            match entries.read(rows.bytes(1)) {
                Ok(()) => listed.extend(entries.ids().iter().copied()),
                Err(error) => problems.push(format!("part {part} of list {list} of the index: {error}")),
            }
        }
        for id in loaded.directory.ids() {
            if problems.len() >= MOST_PROBLEMS {
                break;
            }
            if loaded.known.has(id) && !listed.contains(&id) {
                problems.push(format!("the index says that it has vector {id}, which is in none of its lists"));
            }
        }
        Ok(problems)
    }
}
