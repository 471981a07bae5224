//! What we keep open on a connection, and how all of it is finalized.
//!
//! `sqlite3_close` refuses while a statement is open. So everything kept here can be finalized at any moment, and its
//! next use prepares it again. Nothing else may outlive a call.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::rc::Rc;

use kohakuvault_core::ErrorCode;
use kohakuvault_core::pages::wal_frames::WalFrames;

use rusqlite::ffi;

use crate::js::error::{SeamError, SeamResult};
use crate::kept::KeptThings;
use crate::sqlite::db::Db;
use crate::sqlite::file_pragmas::FilePragmas;
use crate::sqlite::snapshot::ReadSnapshot;
use crate::sqlite::statement::Statement;
use crate::sqlite::time_limit::TimeLimit;
use crate::sqlite::view::{FileView, HeadWords, WalCopies, head_words};
use crate::sqlite::wal_mover::WalMover;
use crate::sqlite::writing::{Writes, Writing};
use crate::witness::Witness;

/// Commands such as `BEGIN IMMEDIATE` come again and again. If there are more of them than this, they are DDL, which is
/// not worth keeping.
const KEPT_COMMANDS: usize = 16;

/// The pages of the file as the held read snapshot sees them.
#[derive(Default)]
enum SnapshotView {
    /// Pages cannot be read in place, or no snapshot is held.
    #[default]
    Unavailable,
    /// Nobody has read a page yet. The head of the WAL's index was read before the snapshot began.
    Unread(HeadWords),
    Ready(Rc<FileView>),
}

/// A connection of better-sqlite3, which owns and closes it.
pub(crate) struct Connection {
    /// None when it is closed.
    db: Cell<Option<Db>>,
    commands: RefCell<Vec<(String, Rc<Statement>)>>,
    queries: RefCell<Vec<(String, Rc<Statement>)>>,
    kept: KeptThings,
    writes: Writes,
    snapshot: ReadSnapshot,
    view: RefCell<SnapshotView>,
    wal_copies: Rc<RefCell<WalCopies>>,
    /// Held while pages are read, if nothing else holds a state of the file.
    page_snapshot: ReadSnapshot,
    wal_frames: RefCell<WalFrames>,
    file_pragmas: FilePragmas,
    witness: Rc<Witness>,
    joining: Statement,
    wal_mover: WalMover,
    time_limit: TimeLimit,
}

impl Connection {
    pub(crate) fn new(db: Db) -> Self {
        Self {
            db: Cell::new(Some(db)),
            commands: RefCell::default(),
            queries: RefCell::default(),
            kept: KeptThings::default(),
            writes: Writes::default(),
            snapshot: ReadSnapshot::new(),
            view: RefCell::default(),
            wal_copies: Rc::default(),
            page_snapshot: ReadSnapshot::new(),
            wal_frames: RefCell::default(),
            file_pragmas: FilePragmas::new(),
            witness: Witness::new(),
            joining: Witness::joining_statement(),
            wal_mover: WalMover::default(),
            time_limit: TimeLimit::default(),
        }
    }

    /// Returns the connection for SQLite. A getter of the user's may have closed it in the middle of a call.
    #[inline]
    pub(crate) fn db(&self) -> SeamResult<Db> {
        self.db.get().ok_or_else(SeamError::closed)
    }

    /// Notes that SQLite has closed the connection. A call that is in progress finds no connection from here on.
    pub(crate) fn mark_closed(&self) {
        self.db.set(None);
    }

    /// Begins a write. It is refused in the middle of another one.
    pub(crate) fn begin_write(&self) -> SeamResult<Writing<'_>> {
        self.writes.begin(self.db()?)
    }

    pub(crate) fn kept(&self) -> &KeptThings {
        &self.kept
    }

    pub(crate) fn snapshot(&self) -> &ReadSnapshot {
        &self.snapshot
    }

    /// Holds a read snapshot, in which successive reads see one state of the file.
    pub(crate) fn hold_snapshot(&self) -> SeamResult<()> {
        if self.snapshot.is_held() {
            return Ok(());
        }
        let db = self.db()?;
        let index = self.witness.wal_index();
        // A statement that is running holds an older state, which the snapshot joins.
        let is_first = !index.is_null() && db.lock_state() == ffi::SQLITE_TXN_NONE;
        // SAFETY: the TypeScript code looks for the index again after each statement that may have ended WAL mode.
        let before = is_first.then(|| unsafe { head_words(index) });
        self.snapshot.hold(db)?;
        self.view.replace(before.map_or(SnapshotView::Unavailable, SnapshotView::Unread));
        Ok(())
    }

    /// Returns the pages of the file as the held snapshot sees them. Returns None if they cannot be read in place, or
    /// no snapshot is held. The caller drops the result before any JavaScript can run.
    #[inline]
    pub(crate) fn view(&self) -> Option<Rc<FileView>> {
        match &*self.view.borrow() {
            SnapshotView::Ready(view) => return Some(Rc::clone(view)),
            SnapshotView::Unavailable => return None,
            SnapshotView::Unread(_) => {}
        }
        self.make_view()
    }

    #[cold]
    fn make_view(&self) -> Option<Rc<FileView>> {
        let SnapshotView::Unread(before) = self.view.take() else { return None };
        let (db, index) = (self.db().ok()?, self.witness.wal_index());
        if index.is_null() || !self.snapshot.is_held() {
            return None;
        }
        // SAFETY: as in `hold_snapshot`. `end_snapshot` drops the view first.
        let view = Rc::new(unsafe { FileView::new(db, index, &before, &self.wal_copies) }?);
        self.view.replace(SnapshotView::Ready(Rc::clone(&view)));
        Some(view)
    }

    /// Ends the snapshot. What it has mapped is given back before.
    fn end_snapshot(&self) {
        self.view.take();
        self.snapshot.release();
    }

    /// Holds a state of the file until the result is dropped. Returns None if that is not possible.
    pub(crate) fn hold_pages(&self, db: Db) -> Option<HeldPages<'_>> {
        if db.lock_state() > ffi::SQLITE_TXN_NONE {
            return Some(HeldPages(None));
        }
        self.page_snapshot.hold(db).ok()?;
        Some(HeldPages(Some(&self.page_snapshot)))
    }

    /// The frames of the WAL that were read so far.
    pub(crate) fn wal_frames(&self) -> &RefCell<WalFrames> {
        &self.wal_frames
    }

    pub(crate) fn wal_mover(&self) -> &WalMover {
        &self.wal_mover
    }

    pub(crate) fn time_limit(&self) -> &TimeLimit {
        &self.time_limit
    }

    pub(crate) fn witness(&self) -> &Rc<Witness> {
        &self.witness
    }

    /// Returns a number that changes when another connection has committed since the last call.
    pub(crate) fn data_version(&self) -> SeamResult<i64> {
        self.file_pragmas.data_version(self.db()?)
    }

    /// Has SQLite report the open transaction to us, until it ends. Returns whether a transaction is open.
    pub(crate) fn join(&self) -> SeamResult<bool> {
        let db = self.db()?;
        if !db.in_transaction() {
            return Ok(false);
        }
        if !self.witness.has_joined() {
            self.witness.as_ours(|| self.joining.run(db, &[]))?;
        }
        Ok(true)
    }

    /// Returns where the head of the WAL's index is, or null if the file has none in shared memory.
    pub(crate) fn find_wal_index(&self) -> SeamResult<*mut c_void> {
        let db = self.db()?;
        // A read comes first: only after it does the pager know the mode, and has the index mapped.
        self.file_pragmas.data_version(db)?;
        let is_wal = self.witness.as_ours(|| self.file_pragmas.is_wal(db))?;
        Ok(self.witness.find_wal_index(db, is_wal))
    }

    /// Runs one SQL statement that returns no rows.
    pub(crate) fn execute(&self, sql: &str) -> SeamResult<()> {
        let _writing = self.begin_write()?;
        let known = self.commands.borrow().iter().find(|(text, _)| text == sql).map(|(_, kept)| Rc::clone(kept));
        let statement = match known {
            Some(statement) => statement,
            None => {
                let statement = Rc::new(Statement::new(sql)?);
                let mut commands = self.commands.borrow_mut();
                if commands.len() < KEPT_COMMANDS {
                    commands.push((sql.to_owned(), Rc::clone(&statement)));
                }
                statement
            }
        };
        statement.run(self.db()?, &[])
    }

    /// Returns the number of the query with this text. All that ask for the same text share the query.
    pub(crate) fn query_of(&self, sql: String) -> SeamResult<usize> {
        let mut queries = self.queries.borrow_mut();
        if let Some(number) = queries.iter().position(|(text, _)| *text == sql) {
            return Ok(number);
        }
        let statement = Rc::new(Statement::new(&sql)?);
        queries.push((sql, statement));
        Ok(queries.len() - 1)
    }

    pub(crate) fn query(&self, number: usize) -> SeamResult<Rc<Statement>> {
        let known = self.queries.borrow().get(number).map(|(_, statement)| Rc::clone(statement));
        known.ok_or_else(|| SeamError::invalid(format!("this connection has no query {number}")))
    }

    /// Ends the read snapshot, and what was kept open because of it.
    pub(crate) fn release_snapshot(&self) {
        self.kept.for_each(|kept| kept.release_snapshot());
        self.end_snapshot();
    }

    /// Refuses while other calls are in progress on the connection: a function of the user's that a trigger calls runs
    /// in the middle of one.
    pub(crate) fn refuse_during_calls(self: &Rc<Self>) -> SeamResult<()> {
        // The table of handles has the connection, and so has each call, including this one.
        if Rc::strong_count(self) <= 2 {
            return Ok(());
        }
        Err(SeamError::coded(ErrorCode::Busy, "a statement is running on this connection: close after it has returned"))
    }

    /// Drops every BLOB site, table and query. Their numbers are given out again.
    pub(crate) fn forget_tables(&self) {
        self.release_snapshot();
        self.kept.clear();
        drop(self.queries.take());
    }

    /// Finalizes every statement, so that `sqlite3_close` succeeds. All of them can be used again afterwards. The last
    /// connection of a file removes its WAL, so the thread that moves it must have ended before.
    pub(crate) fn finalize_all(&self) {
        self.wal_mover.finish();
        self.end_snapshot();
        self.snapshot.finalize();
        self.page_snapshot.finalize();
        self.file_pragmas.finalize();
        self.joining.finalize();
        for (_, statement) in self.commands.borrow().iter().chain(self.queries.borrow().iter()) {
            statement.finalize();
        }
        self.kept.for_each(|kept| kept.finalize());
    }
}

/// A state of the file that is held for a call.
pub(crate) struct HeldPages<'a>(Option<&'a ReadSnapshot>);

impl Drop for HeldPages<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.0 {
            held.release();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.finalize_all();
    }
}
