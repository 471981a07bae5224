//! What a connection keeps of the rows that are watched.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use kohakuvault_core::pages::page_watch::{PageWatch, ValueRead};
use kohakuvault_core::pages::state::State;
use kohakuvault_core::pages::wal_frames::{Source, WalFrames};
use kohakuvault_core::pages::wal_head::{DATABASE_HEAD, WalHead};
use rusqlite::ffi;

use super::explained::written_roots;
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::kept::Kept;
use crate::sqlite::db::Db;
use crate::sqlite::files::{Files, read_head};
use crate::sqlite::statement::{Parameter, Statement};

/// The rows of a copy in memory.
pub(super) struct Watch {
    rows: RefCell<Option<PageWatch>>,
    /// The roots of the watched tables, by name.
    roots: RefCell<HashMap<String, u32>>,
    root_of: Statement,
    /// How many statements of the user had begun at the last look.
    seen: Cell<u64>,
    /// The transaction in which the copy was last changed as the file was, until its commit was tested.
    own: Cell<Option<u32>>,
}

/// One committed state of a connection's file, held while `work` runs.
fn with_state<T>(
    connection: &Connection,
    work: impl FnOnce(&WalFrames, &mut State<'_, Files>, &WalHead) -> Option<T>,
) -> SeamResult<Option<T>> {
    let db = connection.db()?;
    let index = connection.witness().wal_index();
    if index.is_null() {
        return Ok(None);
    }
    let Some(_held) = connection.hold_pages(db) else { return Ok(None) };
    // SAFETY: the TypeScript code looks for the index again after each statement that may have ended WAL mode.
    let find_head = || unsafe { read_head(index) };
    let (Some(head), Some(files)) = (find_head(), Files::of(db)) else { return Ok(None) };
    let mut database = [0; DATABASE_HEAD];
    if head.page_size == 0 && !files.read_file(0, &mut database) {
        return Ok(None);
    }
    let Some(head) = head.completed(&database) else { return Ok(None) };
    let mut frames = connection.wal_frames().borrow_mut();
    if frames.read_to(&files, &head).is_none() {
        *frames = WalFrames::default();
        return Ok(None);
    }
    let Some(mut state) = State::new(&files, &frames, head) else { return Ok(None) };
    let result = work(&frames, &mut state, &head);
    // A WAL that started over while it was read has other salts.
    if find_head().is_none_or(|after| after.salts != head.salts) {
        drop(state);
        *frames = WalFrames::default();
        return Ok(None);
    }
    Ok(result)
}

fn may_write(db: Db) -> bool {
    db.lock_state() == ffi::SQLITE_TXN_WRITE
}

impl Watch {
    pub(super) fn new() -> SeamResult<Self> {
        Ok(Self {
            rows: RefCell::new(None),
            roots: RefCell::default(),
            root_of: Statement::new(
                "SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
            )?,
            seen: Cell::new(0),
            own: Cell::new(None),
        })
    }

    /// Begins to watch, with no row. `read` is a head that is not newer than what the copy was read from. Returns
    /// whether it is possible: it is not in a transaction that may write.
    pub(super) fn begin(&self, connection: &Connection, read: Option<WalHead>) -> SeamResult<bool> {
        self.end();
        // A copy may have what the transaction has written. Nobody could tell later whether others have deleted it.
        let mark = if may_write(connection.db()?) { None } else { with_state(connection, |_, _, _| read)? };
        self.seen.set(connection.witness().statements().borrow().count());
        self.rows.replace(mark.map(PageWatch::new));
        Ok(mark.is_some())
    }

    /// Watches nothing any more.
    pub(super) fn end(&self) {
        self.rows.take();
        self.roots.take();
        self.own.set(None);
    }

    /// Returns the root of a table.
    fn root(&self, db: Db, table: &str) -> SeamResult<Option<u32>> {
        if let Some(root) = self.roots.borrow().get(table) {
            return Ok(Some(*root));
        }
        let parameters = [Parameter::Text(table)];
        let row = self.root_of.execute(db, &parameters)?;
        let root = if row.step()? { u32::try_from(row.integer(0)).ok().filter(|root| *root > 1) } else { None };
        if let Some(root) = root {
            self.roots.borrow_mut().insert(table.to_owned(), root);
        }
        Ok(root)
    }

    /// Watches all rows of a table. The owner of each is its rowid. Returns false, and watches nothing any more, if
    /// that is not possible.
    pub(super) fn watch_table(&self, connection: &Connection, table: &str) -> SeamResult<bool> {
        let root = self.root(connection.db()?, table)?;
        let watched = with_state(connection, |_, state, _| self.rows.borrow_mut().as_mut()?.watch_table(state, root?))?;
        if watched.is_none() {
            self.end();
        }
        Ok(watched.is_some())
    }

    /// Watches one row of a table. Returns whether that is possible.
    pub(super) fn watch_row(&self, connection: &Connection, table: &str, rowid: i64, owner: i64) -> SeamResult<bool> {
        let root = self.root(connection.db()?, table)?;
        let watched = with_state(connection, |_, state, _| {
            self.rows.borrow_mut().as_mut()?.watch_row(state, root?, rowid, owner)
        })?;
        Ok(watched.is_some())
    }

    /// Fills `target` with bytes of a value of a watched row, from `offset` on, and reads only the pages that have them.
    /// None means that the value must be read through SQLite.
    pub(super) fn read_value(
        &self,
        connection: &Connection,
        (table, rowid): (&str, i64),
        column: usize,
        offset: usize,
        target: &mut [u8],
    ) -> SeamResult<Option<ValueRead>> {
        let root = self.roots.borrow().get(table).copied();
        // What a transaction has written is not in the WAL yet.
        let Some(root) = root.filter(|_| self.rows.borrow().is_some()) else { return Ok(None) };
        if may_write(connection.db()?) {
            return Ok(None);
        }
        with_state(connection, |_, state, _| {
            self.rows.borrow_mut().as_mut()?.read_value(state, (root, rowid), column, offset, target)
        })
    }

    pub(super) fn forget_owner(&self, owner: i64) {
        if let Some(rows) = self.rows.borrow_mut().as_mut() {
            rows.forget_owner(owner);
        }
    }

    /// Returns the pages of an owner's rows.
    pub(super) fn pages_of(&self, owner: i64) -> Vec<u32> {
        self.rows.borrow().as_ref().map(|rows| rows.pages_of(owner)).unwrap_or_default()
    }

    /// Returns the owners of the rows that may have changed since the last look. None means that all may have, and
    /// nothing is watched any more.
    pub(super) fn changes(&self, connection: &Connection, read: Option<WalHead>) -> SeamResult<Option<Vec<i64>>> {
        let changed = if self.rows.borrow().is_some() && self.statements_are_harmless(connection)? {
            let is_writer = may_write(connection.db()?);
            with_state(connection, |frames, state, head| {
                let read = if is_writer { Some(*head) } else { read };
                let mut rows = self.rows.borrow_mut();
                let rows = rows.as_mut()?;
                if rows.is_other_wal(head) && self.has_left_wal_mode(connection) {
                    return None;
                }
                rows.changes(frames, state, head, read.as_ref())
            })?
        } else {
            None
        };
        if changed.is_none() {
            self.end();
        }
        self.seen.set(connection.witness().statements().borrow().count());
        Ok(changed)
    }

    /// Notes that the open transaction changes the copy as it has changed the file. Returns false, and watches nothing
    /// any more, if that cannot be told from what others do.
    pub(super) fn note_own(&self, connection: &Connection) -> SeamResult<bool> {
        let noted = may_write(connection.db()?)
            && with_state(connection, |frames, state, head| {
                let mut rows = self.rows.borrow_mut();
                let rows = rows.as_mut()?;
                let changed = rows.changes(frames, state, head, Some(head))?;
                rows.note_own(head).filter(|()| changed.is_empty())
            })?
            .is_some();
        if noted {
            self.own.set(Some(connection.witness().transaction()));
        } else {
            self.end();
        }
        Ok(noted)
    }

    /// Returns whether the user may have left WAL mode since the last look. The numbers of the index start over then.
    /// Nobody else can, as long as the connection is open.
    fn has_left_wal_mode(&self, connection: &Connection) -> bool {
        const PRAGMA: &[u8] = b"journal_mode";
        let texts = connection.witness().statements().borrow().between(self.seen.get(), u64::MAX);
        texts.is_none_or(|texts| {
            texts.iter().any(|text| text.windows(PRAGMA.len()).any(|word| word.eq_ignore_ascii_case(PRAGMA)))
        })
    }

    /// Returns whether the user's statements since the last look have changed nothing that frames do not show: what the
    /// open transaction has written is not in the WAL yet, and our own commits are not tested.
    fn statements_are_harmless(&self, connection: &Connection) -> SeamResult<bool> {
        let db = connection.db()?;
        let witness = connection.witness();
        let own = self.own.get();
        let until = match own {
            _ if may_write(db) => u64::MAX,
            Some(own) => witness.statements_at_commit(own).unwrap_or(u64::MAX),
            None => return Ok(true),
        };
        if !may_write(db) || own != Some(witness.transaction()) {
            self.own.set(None);
        }
        let texts = witness.statements().borrow().between(self.seen.get(), until);
        let Some(texts) = texts else { return Ok(false) };
        let roots = self.roots.borrow();
        Ok(texts.iter().all(|text| {
            let written = written_roots(db, witness, text);
            written.is_some_and(|written| !roots.values().any(|root| written.contains(root)))
        }))
    }
}

impl Kept for Watch {
    fn what() -> &'static str {
        "watch"
    }

    fn finalize(&self) {
        self.root_of.finalize();
    }
}
