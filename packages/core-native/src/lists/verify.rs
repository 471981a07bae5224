//! Comparing an index with its table.

use std::collections::HashSet;

use kohakuvault_core::vector::lists::parts::{ListEntries, total_of};
use kohakuvault_core::vector::lists::recent::read_run;
use kohakuvault_core::vector::lists::train::List;

use super::state::TableIndex;
use super::tables::{PARTS, RUNS};
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Statement, quote};

/// Further problems tell nothing new.
const MOST_PROBLEMS: usize = 20;

impl TableIndex {
    /// Returns what is wrong with the index; nothing if there is none.
    pub(super) fn verify(&self, db: Db) -> SeamResult<Vec<String>> {
        let Some(loaded) = self.take(db, None)? else { return Ok(Vec::new()) };
        let centroids = &loaded.shared.centroids;
        let (mut problems, mut listed) = (Vec::new(), HashSet::new());
        let parts = Statement::new(&format!(
            "SELECT id, entries FROM main.{} ORDER BY id",
            quote(&format!("{}_index_parts", self.layout.name))
        ))?;
        let rows = parts.execute(db, &[])?;
        let mut total = (0, 0);
        while rows.step()? && problems.len() < MOST_PROBLEMS {
            if rows.integer(0) >= RUNS {
                // A list that is not in use any more has got its entries before.
                let visit = |list: List, id, _| {
                    if centroids.is_live(list) {
                        listed.insert(id);
                    }
                    Ok(())
                };
                if let Err(error) = read_run(self.layout.shape.dimensions, rows.bytes(1), visit) {
                    problems.push(format!("run {} of the index: {error}", rows.integer(0) - RUNS));
                }
                continue;
            }
            let (list, part) = (rows.integer(0).div_euclid(PARTS), rows.integer(0).rem_euclid(PARTS));
            if !List::try_from(list).is_ok_and(|list| centroids.is_live(list)) {
                problems.push(format!("the index has a part of list {list}, which is not in use"));
            }
            if total.0 != list {
                total = (list, 0);
            }
            let mut entries = ListEntries::new(self.layout.shape.dimensions);
            match entries.read(rows.bytes(1), centroids.len()).and_then(|()| total_of(rows.bytes(1))) {
                Ok(stated) => {
                    total.1 += entries.len();
                    if stated != total.1 {
                        problems.push(format!(
                            "part {part} of list {list} of the index says that there are {stated} entries so far, and \
                             there are {}",
                            total.1
                        ));
                    }
                    listed.extend(entries.ids());
                }
                Err(error) => problems.push(format!("part {part} of list {list} of the index: {error}")),
            }
        }
        for id in loaded.shared.directory.ids() {
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
