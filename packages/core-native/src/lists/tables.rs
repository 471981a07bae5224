//! The tables of an index, and their statements.

use kohakuvault_core::vector::lists::parts::TOTAL_BYTES;

use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Parameter, Statement, quote};
use crate::vector::layout::Layout;

/// How many parts a list may have: its number times this, plus the number of the part, is the part's id.
pub(super) const PARTS: i64 = 4096;

/// Behind the parts of all lists come the runs: entries that were not added to their lists yet.
pub(super) const RUNS: i64 = 1 << 40;

/// The ends of the names of the tables.
const SUFFIXES: [&str; 4] = ["index", "index_lists", "index_parts", "index_ids"];

/// The statements that read and write an index, prepared on one connection.
pub(super) struct Tables {
    name: String,
    exists: Statement,
    pub(super) head: Statement,
    /// Changes the numbers that tell whether memory is right, and how far entries were added to lists.
    pub(super) set_head: Statement,
    pub(super) lists: Statement,
    /// Returns the entries of the parts of a list.
    pub(super) parts: Statement,
    /// Returns the id and the beginning of the last part of a list.
    pub(super) last_part: Statement,
    pub(super) add_part: Statement,
    pub(super) delete_parts: Statement,
    pub(super) put_list: Statement,
    /// Returns the ids and entries of the runs.
    pub(super) runs: Statement,
    /// Returns the id of the last run.
    pub(super) last_run: Statement,
    /// Deletes the runs up to an id.
    pub(super) delete_runs: Statement,
    pub(super) ids: Statement,
    /// Returns the known ids of a block.
    pub(super) ids_of: Statement,
    pub(super) put_ids: Statement,
    pub(super) delete_ids: Statement,
    /// Returns the bytes of all parts, and of all centroids.
    pub(super) bytes: Statement,
    /// Returns the least id of a vector.
    pub(super) first_id: Statement,
    /// Returns the chunk and slot of a vector.
    pub(super) place: Statement,
    /// Returns the rowids of a chunk's vectors and of its value ids, and its number of slots.
    pub(super) chunk_rows: Statement,
}

impl Tables {
    pub(super) fn new(layout: &Layout) -> SeamResult<Self> {
        let [head, lists, parts, ids] = SUFFIXES.map(|suffix| format!("main.{}", layout.part(suffix)));
        let [chunks, rowids, vectors, metadata] =
            ["chunks", "rowids", "vector_chunks00", "metadatachunks00"].map(|suffix| layout.part(suffix));
        let in_list = "id BETWEEN ?1 AND ?2";
        Ok(Self {
            name: layout.name.clone(),
            exists: Statement::new(
                "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
            )?,
            head: Statement::new(&format!(
                "SELECT version, generation, stamp, dimensions, type, metric, lists, vectors, trained, \
                 recall, layout, trained_lists, merging, merged FROM {head} \
                 WHERE id = 1"
            ))?,
            set_head: Statement::new(&format!(
                "UPDATE {head} SET stamp = random(), layout = iif(?1, random(), layout), lists = ?2, merging = ?3, \
                 merged = ?4 WHERE id = 1"
            ))?,
            lists: Statement::new(&format!("SELECT id, centroids FROM {lists} ORDER BY id"))?,
            parts: Statement::new(&format!("SELECT entries FROM {parts} WHERE {in_list} ORDER BY id"))?,
            last_part: Statement::new(&format!(
                "SELECT id, substr(entries, 1, {TOTAL_BYTES}) FROM {parts} WHERE {in_list} ORDER BY id DESC LIMIT 1"
            ))?,
            add_part: Statement::new(&format!("INSERT INTO {parts} (id, entries) VALUES (?, ?)"))?,
            delete_parts: Statement::new(&format!("DELETE FROM {parts} WHERE {in_list}"))?,
            put_list: Statement::new(&format!("INSERT OR REPLACE INTO {lists} (id, centroids) VALUES (?, ?)"))?,
            runs: Statement::new(&format!("SELECT id, entries FROM {parts} WHERE id >= {RUNS} ORDER BY id"))?,
            last_run: Statement::new(&format!("SELECT max(id) FROM {parts} WHERE id >= {RUNS}"))?,
            delete_runs: Statement::new(&format!("DELETE FROM {parts} WHERE id BETWEEN {RUNS} AND ?"))?,
            ids: Statement::new(&format!("SELECT id, ids FROM {ids} ORDER BY id"))?,
            ids_of: Statement::new(&format!("SELECT ids FROM {ids} WHERE id = ?"))?,
            put_ids: Statement::new(&format!("INSERT OR REPLACE INTO {ids} (id, ids) VALUES (?, ?)"))?,
            delete_ids: Statement::new(&format!("DELETE FROM {ids} WHERE id = ?"))?,
            bytes: Statement::new(&format!(
                "SELECT (SELECT coalesce(sum(length(entries)), 0) FROM {parts}) + \
                 (SELECT coalesce(sum(length(centroids)), 0) FROM {lists}) + \
                 (SELECT coalesce(sum(length(ids)), 0) FROM {ids})"
            ))?,
            first_id: Statement::new(&format!("SELECT min(rowid) FROM main.{rowids}"))?,
            place: Statement::new(&format!("SELECT chunk_id, chunk_offset FROM main.{rowids} WHERE rowid = ?"))?,
            chunk_rows: Statement::new(&format!(
                "SELECT v._rowid_, m._rowid_, c.size FROM main.{chunks} AS c \
                 JOIN main.{vectors} AS v ON v.rowid = +c.chunk_id \
                 JOIN main.{metadata} AS m ON m.rowid = +c.chunk_id WHERE c.chunk_id = ?"
            ))?,
        })
    }

    /// Returns the ids between which the parts of a list are.
    pub(super) fn range(list: u32) -> [Parameter<'static>; 2] {
        let first = i64::from(list) * PARTS;
        [Parameter::Integer(first), Parameter::Integer(first + PARTS - 1)]
    }

    /// Returns whether there is an index. It is damaged if some of its tables are missing.
    pub(super) fn exist(&self, db: Db) -> SeamResult<bool> {
        let has = |suffix: &str| self.has(db, &format!("{}_{suffix}", self.name));
        let [head, others @ ..] = SUFFIXES;
        if !has(head)? {
            return Ok(false);
        }
        for suffix in others {
            if !has(suffix)? {
                return Err(self.damaged(&format!("its table {}_{suffix} is missing", self.name)));
            }
        }
        Ok(true)
    }

    /// Returns an error that says what is wrong with the index, and what to do.
    pub(super) fn damaged(&self, what: &str) -> SeamError {
        SeamError::from(kohakuvault_core::CoreError::Corrupt(format!(
            "the index of {} is damaged: {what}. No vector is lost: call dropIndex() and createIndex()",
            quote(&self.name)
        )))
    }

    /// Makes the tables, empty.
    pub(super) fn create(&self, db: Db) -> SeamResult<()> {
        let table = |suffix: &str| format!("main.{}", quote(&format!("{}_{suffix}", self.name)));
        let [head, lists, parts, ids] = SUFFIXES.map(table);
        for sql in [
            format!(
                "CREATE TABLE {head} (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, generation INTEGER NOT NULL, \
                 stamp INTEGER NOT NULL, dimensions INTEGER NOT NULL, type INTEGER NOT NULL, metric INTEGER NOT NULL, \
                 lists INTEGER NOT NULL, vectors INTEGER NOT NULL, trained INTEGER NOT NULL, recall BLOB NOT NULL, \
                 layout INTEGER NOT NULL, trained_lists INTEGER NOT NULL, merging INTEGER NOT NULL, \
                 merged INTEGER NOT NULL)"
            ),
            format!("CREATE TABLE {lists} (id INTEGER PRIMARY KEY, centroids BLOB NOT NULL)"),
            format!("CREATE TABLE {parts} (id INTEGER PRIMARY KEY, entries BLOB NOT NULL)"),
            format!("CREATE TABLE {ids} (id INTEGER PRIMARY KEY, ids BLOB NOT NULL)"),
        ] {
            Statement::new(&sql)?.run(db, &[])?;
        }
        Ok(())
    }

    /// Removes the tables that there are. Returns whether there were any.
    pub(super) fn drop_all(&self, db: Db) -> SeamResult<bool> {
        let mut was_there = false;
        for suffix in SUFFIXES {
            let name = format!("{}_{suffix}", self.name);
            if self.has(db, &name)? {
                was_there = true;
                Statement::new(&format!("DROP TABLE main.{}", quote(&name)))?.run(db, &[])?;
            }
        }
        Ok(was_there)
    }

    fn has(&self, db: Db, name: &str) -> SeamResult<bool> {
        let parameters = [Parameter::Text(name)];
        let row = self.exists.execute(db, &parameters)?;
        row.step()?;
        Ok(row.integer(0) > 0)
    }

    /// Removes all entries, and keeps the centroids.
    pub(super) fn clear(&self, db: Db) -> SeamResult<()> {
        for suffix in ["index_parts", "index_ids"] {
            let name = quote(&format!("{}_{suffix}", self.name));
            Statement::new(&format!("DELETE FROM main.{name}"))?.run(db, &[])?;
        }
        let head = format!("main.{}", quote(&format!("{}_index", self.name)));
        Statement::new(&format!("UPDATE {head} SET stamp = random(), merging = 0, merged = 0"))?.run(db, &[])
    }

    pub(super) fn finalize(&self) {
        for statement in [
            &self.exists,
            &self.head,
            &self.set_head,
            &self.lists,
            &self.parts,
            &self.last_part,
            &self.add_part,
            &self.delete_parts,
            &self.put_list,
            &self.runs,
            &self.last_run,
            &self.delete_runs,
            &self.ids,
            &self.ids_of,
            &self.put_ids,
            &self.delete_ids,
            &self.bytes,
            &self.first_id,
            &self.place,
            &self.chunk_rows,
        ] {
            statement.finalize();
        }
    }
}
