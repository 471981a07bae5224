//! What a connection keeps of a table of texts.

use std::rc::Rc;

use kohakuvault_core::text::best::{Best, Match};

use super::direct::{DirectIndex, Wanted};
use super::places::function_name;
use super::rank::{self, Lengths, UsedLengths};
use super::records::{Record, Records};
use crate::connection::Connection;
use crate::js::error::{SeamError, SeamResult};
use crate::kept::Kept;
use crate::sqlite::db::Db;
use crate::sqlite::statement::{Execution, Parameter, Statement, quote};
use crate::witness::watch::Untraced;

/// So many values are inserted before their texts, so that tracing is stopped and begun rarely.
const ROWS_AT_ONCE: usize = 64;

/// A document with its ids.
struct Row<'a> {
    id: i64,
    value_id: i64,
    record: Record<'a>,
}

impl Row<'_> {
    fn value(&self) -> [Parameter<'_>; 2] {
        [Parameter::Integer(self.value_id), Parameter::Blob(self.record.value)]
    }
}

/// A search looks at the clock once in so many rows.
const ROWS_PER_LOOK: usize = 256;

/// The characters before and after a match, which show whether it is a word.
const SURROUNDING: usize = 16;

/// What is asked about documents that match.
#[derive(Clone, Copy)]
pub(super) enum Explanation {
    Places,
    Surroundings,
}

pub(super) struct TextTable {
    columns: usize,
    lengths: Rc<Lengths>,
    direct: DirectIndex,
    name: String,
    /// The name of the table of values, by which SQLite keeps the greatest id.
    values: String,
    /// Returns id and rank of each document that matches.
    matches: Statement,
    /// The same with a weight for each column.
    weighted: Statement,
    /// Returns where a document matches.
    places: Statement,
    /// Returns each match of a document with what is around it.
    surroundings: Statement,
    /// Returns a document: its id, its value, its texts.
    row: Statement,
    has_row: Statement,
    has_value: Statement,
    /// Returns the greatest id that a document or value has, or a value ever had.
    greatest: Statement,
    insert_value: Statement,
    delete_value: Statement,
    insert_row: Statement,
}

impl TextTable {
    pub(super) fn new(name: &str, columns: &[String]) -> SeamResult<Self> {
        let table = quote(name);
        let (content, values) = (quote(&format!("{name}_content")), quote(&format!("{name}_values")));
        let count = columns.len();
        let numbered = |first: usize| (first..first + count).map(|number| format!("?{number}")).collect::<Vec<_>>();
        let matching =
            |rank: String| Statement::new(&format!("SELECT rowid, {rank} FROM main.{table} WHERE {table} MATCH ?1"));
        let in_document = |argument: String| {
            let function = function_name();
            Statement::new(&format!(
                "SELECT {function}({table}{argument}) FROM main.{table} WHERE {table} MATCH ?1 AND rowid = ?2"
            ))
        };
        let texts: Vec<_> = (0..count).map(|column| format!(", doc.c{column}")).collect();
        let names: Vec<_> = columns.iter().map(|column| quote(column)).collect();
        Ok(Self {
            columns: count,
            direct: DirectIndex::new(name)?,
            name: name.to_owned(),
            values: format!("{name}_values"),
            matches: matching(format!("{}({table})", rank::function_name()))?,
            weighted: matching(format!("{}({table}, {})", rank::function_name(), numbered(2).join(", ")))?,
            lengths: Rc::default(),
            places: in_document(String::new())?,
            surroundings: in_document(format!(", {SURROUNDING}"))?,
            row: Statement::new(&format!(
                "SELECT doc.id, stored.value{} FROM main.{content} AS doc \
                 LEFT JOIN main.{values} AS stored ON stored.id = doc.c{count} WHERE doc.id = ?1",
                texts.concat(),
            ))?,
            has_row: Statement::new(&format!("SELECT 1 FROM main.{content} WHERE id = ?1"))?,
            has_value: Statement::new(&format!("SELECT 1 FROM main.{values} WHERE id = ?1"))?,
            greatest: Statement::new(&format!(
                "SELECT max(ifnull((SELECT max(id) FROM main.{content}), 0), \
                 ifnull((SELECT max(id) FROM main.{values}), 0), \
                 ifnull((SELECT max(seq) FROM main.sqlite_sequence WHERE name = ?1 COLLATE NOCASE), 0))",
            ))?,
            insert_value: Statement::new(&format!("INSERT INTO main.{values} (id, value) VALUES (?1, ?2)"))?,
            delete_value: Statement::new(&format!("DELETE FROM main.{values} WHERE id = ?1"))?,
            insert_row: Statement::new(&format!(
                "INSERT INTO main.{table} (rowid, {}, value_ref) VALUES (?1, {}, ?{})",
                names.join(", "),
                numbered(2).join(", "),
                count + 2,
            ))?,
        })
    }

    /// Returns the best matches, the best first. `is_plain`: whether the expression is words of which a document has at
    /// least one.
    pub(super) fn best(
        &self,
        connection: &Connection,
        wanted: &Wanted<'_>,
        version: f64,
        is_plain: bool,
    ) -> SeamResult<Vec<Match>> {
        let _used = UsedLengths::begin(&self.lengths, version);
        if is_plain && let Some(found) = self.direct.best(connection, &self.lengths, wanted)? {
            return Ok(found);
        }
        let Wanted { expression, weights, count, only } = *wanted;
        let statement = if weights.is_empty() { &self.matches } else { &self.weighted };
        let parameters: Vec<_> = [Parameter::Text(expression)]
            .into_iter()
            .chain(weights.iter().map(|weight| Parameter::Real(*weight)))
            .collect();
        let rows = statement.execute(connection.db()?, &parameters)?;
        let mut best = Best::new(count);
        let mut seen = 0_usize;
        while rows.step()? {
            seen += 1;
            if seen.is_multiple_of(ROWS_PER_LOOK) {
                connection.time_limit().check()?;
            }
            let id = rows.integer(0);
            if only.is_none_or(|only| only.binary_search(&id).is_ok()) {
                // FTS5's rank is less for a better match.
                best.offer(Match { id, score: -rows.real(1) });
            }
        }
        Ok(best.into_sorted())
    }

    /// Forgets what is kept of a document that is changed, or of all.
    pub(super) fn forget(&self, id: Option<i64>) {
        match id {
            Some(id) => self.lengths.forget(id),
            None => self.lengths.clear(),
        }
    }

    /// Returns where documents match, or what is around the matches: for each document `| bytes u32 |` and what our
    /// function returns.
    pub(super) fn explain(&self, db: Db, expression: &str, ids: &[i64], what: Explanation) -> SeamResult<Vec<u8>> {
        let statement = match what {
            Explanation::Places => &self.places,
            Explanation::Surroundings => &self.surroundings,
        };
        let mut all = Vec::new();
        for id in ids {
            let parameters = [Parameter::Text(expression), Parameter::Integer(*id)];
            let row = statement.execute(db, &parameters)?;
            let found = if row.step()? { row.bytes(0) } else { &[] };
            all.extend(u32::try_from(found.len()).unwrap_or(u32::MAX).to_le_bytes());
            all.extend(found);
        }
        Ok(all)
    }

    /// Hands `work` a document. Its columns are id, value, texts.
    pub(super) fn row<T>(
        &self,
        db: Db,
        id: i64,
        work: impl FnOnce(&Execution<'_>) -> SeamResult<T>,
    ) -> SeamResult<Option<T>> {
        let parameters = [Parameter::Integer(id)];
        let row = self.row.execute(db, &parameters)?;
        if row.step()? { work(&row).map(Some) } else { Ok(None) }
    }

    /// Inserts documents. Returns their ids. A document and its value have one id, unless another value has it.
    pub(super) fn insert(&self, connection: &Connection, records: &[u8]) -> SeamResult<Vec<i64>> {
        let _writing = connection.begin_write()?;
        let mut greatest = self.greatest(connection.db()?)?;
        let mut ids = Vec::new();
        let mut group = Vec::with_capacity(ROWS_AT_ONCE);
        for record in Records::new(records, self.columns) {
            let record = record?;
            let next =
                greatest.checked_add(1).ok_or_else(|| SeamError::invalid("the ids of this table are used up"))?;
            let (id, value_id) = match record.id {
                None => (next, next),
                Some(id) if id > greatest => (id, id),
                Some(id) => {
                    // What is not written yet may have it.
                    self.insert_group(connection, &mut group)?;
                    (id, self.value_id_for(connection.db()?, id, next)?)
                }
            };
            greatest = greatest.max(id).max(value_id);
            ids.push(id);
            group.push(Row { id, value_id, record });
            if group.len() == ROWS_AT_ONCE {
                self.insert_group(connection, &mut group)?;
            }
        }
        self.insert_group(connection, &mut group)?;
        Ok(ids)
    }

    /// Returns the id of the value of a document with an id that was given.
    fn value_id_for(&self, db: Db, id: i64, next: i64) -> SeamResult<i64> {
        let key = [Parameter::Integer(id)];
        if self.has_row.execute(db, &key)?.step()? {
            return Err(SeamError::invalid(format!("document {id} exists already; update it, or leave the id out")));
        }
        Ok(if self.has_value.execute(db, &key)?.step()? { next } else { id })
    }

    /// Inserts values, then texts. The group is empty afterwards. If the values of several fail, some may stay: the
    /// caller has a transaction for those.
    fn insert_group(&self, connection: &Connection, group: &mut Vec<Row<'_>>) -> SeamResult<()> {
        // One by one: a statement that inserts several rows is a savepoint, at which FTS5 writes out its index.
        for row in group.iter() {
            self.insert_value.run(connection.db()?, &row.value())?;
        }
        if group.is_empty() {
            return Ok(());
        }
        // A function that a trigger of the values calls may have closed the connection.
        let db = connection.db()?;
        // FTS5 runs no SQL but its own, and its tables have no triggers.
        let _untraced = Untraced::begin(connection.witness(), db);
        let mut parameters = Vec::with_capacity(self.columns + 2);
        for (place, Row { id, value_id, record }) in group.iter().enumerate() {
            parameters.clear();
            parameters.push(Parameter::Integer(*id));
            parameters.extend(record.texts.iter().map(|text| Parameter::Text(text)));
            parameters.push(Parameter::Integer(*value_id));
            if let Err(error) = self.insert_row.run(db, &parameters) {
                // Without their texts, the values must not stay. If this fails too, SQLite has undone everything.
                for row in group.iter().skip(place) {
                    let _ = self.delete_value.run(db, &[Parameter::Integer(row.value_id)]);
                }
                return Err(error.or_damage(&self.name));
            }
        }
        group.clear();
        Ok(())
    }

    fn greatest(&self, db: Db) -> SeamResult<i64> {
        let parameters = [Parameter::Text(&self.values)];
        let row = self.greatest.execute(db, &parameters)?;
        row.step()?;
        Ok(row.integer(0).max(0))
    }
}

impl Kept for TextTable {
    fn what() -> &'static str {
        "table of texts"
    }

    fn finalize(&self) {
        self.direct.finalize();
        for statement in [
            &self.matches,
            &self.weighted,
            &self.places,
            &self.surroundings,
            &self.row,
            &self.has_row,
            &self.has_value,
            &self.greatest,
            &self.insert_value,
            &self.delete_value,
            &self.insert_row,
        ] {
            statement.finalize();
        }
    }
}
