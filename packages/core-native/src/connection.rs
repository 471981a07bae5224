//! What we keep open on a connection, and how all of it is finalized.
//!
//! `sqlite3_close` refuses while a statement is open, so everything kept here can be finalized at any moment and prepares
//! itself again at its next use. Nothing else may outlive a call.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::ptr;
use std::rc::Rc;

use kohakuvault_core::ErrorCode;
use rusqlite::ffi::sqlite3;

use crate::blob::BlobSite;
use crate::error::{SeamError, SeamResult};
use crate::freshness::Freshness;
use crate::kv::table::KvTable;
use crate::read_snapshot::ReadSnapshot;
use crate::statement::Statement;
use crate::vector::table::VectorTable;
use crate::witness::{self, Witness};
use crate::writing::{Writes, Writing};

/// Commands such as `BEGIN IMMEDIATE` come again and again; more distinct ones than this are DDL, not worth keeping.
const KEPT_COMMANDS: usize = 16;

/// One of better-sqlite3's connections, which it owns and closes.
pub(crate) struct Connection {
    /// Null when it is closed.
    db: Cell<*mut sqlite3>,
    commands: RefCell<Vec<(String, Rc<Statement>)>>,
    blob_sites: RefCell<Vec<Rc<BlobSite>>>,
    kv_tables: RefCell<Vec<Rc<KvTable>>>,
    vector_tables: RefCell<Vec<Rc<VectorTable>>>,
    queries: RefCell<Vec<(String, Rc<Statement>)>>,
    writes: Writes,
    snapshot: ReadSnapshot,
    freshness: Freshness,
    witness: Rc<Witness>,
    joining: Statement,
}

impl Connection {
    pub(crate) fn new(db: *mut sqlite3) -> Self {
        Self {
            db: Cell::new(db),
            commands: RefCell::default(),
            blob_sites: RefCell::default(),
            kv_tables: RefCell::default(),
            vector_tables: RefCell::default(),
            queries: RefCell::default(),
            writes: Writes::default(),
            snapshot: ReadSnapshot::new(),
            freshness: Freshness::new(),
            witness: Witness::new(),
            joining: Witness::joining_statement(),
        }
    }

    pub(crate) fn is(&self, db: *mut sqlite3) -> bool {
        self.db.get() == db
    }

    pub(crate) fn db(&self) -> *mut sqlite3 {
        self.db.get()
    }

    /// SQLite has closed it. A call that a getter of the user's did this to finds no connection any more.
    pub(crate) fn mark_closed(&self) {
        self.db.set(ptr::null_mut());
    }

    /// The file, as SQLite found it when it opened it; none where the database is in memory, or in a file that nobody else can open.
    pub(crate) fn file(&self) -> Option<CString> {
        // SAFETY: the connection is open, and the name ends in NUL. What SQLite gives lives as long as the connection, and is copied.
        unsafe {
            let name = rusqlite::ffi::sqlite3_db_filename(self.db(), c"main".as_ptr());
            (!name.is_null() && *name != 0).then(|| CStr::from_ptr(name).to_owned())
        }
    }

    /// How many rows the last statement changed, those changed by triggers left out.
    pub(crate) fn changes(&self) -> i64 {
        // SAFETY: asked right after a statement of the connection's, so it is open.
        unsafe { rusqlite::ffi::sqlite3_changes64(self.db.get()) }
    }

    /// Refuses in the middle of another write.
    pub(crate) fn begin_write(&self) -> SeamResult<Writing<'_>> {
        self.writes.begin(self.db())
    }

    pub(crate) fn snapshot(&self) -> &ReadSnapshot {
        &self.snapshot
    }

    pub(crate) fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    pub(crate) fn witness(&self) -> &Rc<Witness> {
        &self.witness
    }

    /// Has SQLite tell us of the transaction that is open, until it ends: whether one is.
    pub(crate) fn join(&self) -> SeamResult<bool> {
        if !witness::in_transaction(self.db()) {
            return Ok(false);
        }
        if !self.witness.has_joined() {
            self.witness.as_ours(|| self.joining.run(self.db(), &[]))?;
        }
        Ok(true)
    }

    /// Where the head of the WAL's index is; null where the file has none that is shared.
    pub(crate) fn find_wal_index(&self) -> SeamResult<*mut std::ffi::c_void> {
        // A read first: only then does the pager know the mode, and has the index mapped.
        self.freshness.data_version(self.db())?;
        let is_wal = self.witness.as_ours(|| self.freshness.is_wal(self.db()))?;
        Ok(self.witness.find_wal_index(self.db(), is_wal))
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
        statement.run(self.db(), &[])
    }

    pub(crate) fn add_blob_site(&self, site: BlobSite) -> u32 {
        let mut sites = self.blob_sites.borrow_mut();
        sites.push(Rc::new(site));
        (sites.len() - 1) as u32
    }

    pub(crate) fn blob_site(&self, number: u32) -> SeamResult<Rc<BlobSite>> {
        self.blob_sites
            .borrow()
            .get(number as usize)
            .cloned()
            .ok_or_else(|| SeamError::invalid(format!("no BLOB site {number} on this connection")))
    }

    pub(crate) fn add_kv_table(&self, table: KvTable) -> u32 {
        let mut tables = self.kv_tables.borrow_mut();
        tables.push(Rc::new(table));
        (tables.len() - 1) as u32
    }

    pub(crate) fn kv_table(&self, number: u32) -> SeamResult<Rc<KvTable>> {
        self.kv_tables
            .borrow()
            .get(number as usize)
            .cloned()
            .ok_or_else(|| SeamError::invalid(format!("no key-value table {number} on this connection")))
    }

    pub(crate) fn add_vector_table(&self, table: VectorTable) -> u32 {
        let mut tables = self.vector_tables.borrow_mut();
        tables.push(Rc::new(table));
        (tables.len() - 1) as u32
    }

    pub(crate) fn vector_table(&self, number: u32) -> SeamResult<Rc<VectorTable>> {
        self.vector_tables
            .borrow()
            .get(number as usize)
            .cloned()
            .ok_or_else(|| SeamError::invalid(format!("no vector table {number} on this connection")))
    }

    /// The number of the query with this text, which all that ask for it share.
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
        known.ok_or_else(|| SeamError::invalid(format!("no query {number} on this connection")))
    }

    /// Ends the read snapshot, and what was kept open because of it.
    pub(crate) fn release_snapshot(&self) {
        for site in self.blob_sites.borrow().iter() {
            site.close_kept();
        }
        for table in self.kv_tables.borrow().iter() {
            table.leave();
        }
        self.snapshot.release();
    }

    /// Refuses while other calls are in progress on the connection: a function of the user's that a trigger calls runs in the middle of one.
    pub(crate) fn refuse_during_calls(self: &Rc<Self>) -> SeamResult<()> {
        // The table of handles has the connection, and so has each call; this one too.
        if Rc::strong_count(self) <= 2 {
            return Ok(());
        }
        Err(SeamError::coded(ErrorCode::Busy, "a statement is running on this connection: close after it has returned"))
    }

    /// Drops every BLOB site and table: the numbers that named them name others from here on.
    pub(crate) fn forget_tables(&self) {
        self.release_snapshot();
        let dropped = (self.blob_sites.take(), self.kv_tables.take(), self.vector_tables.take(), self.queries.take());
        drop(dropped);
    }

    /// Finalizes every statement, so that `sqlite3_close` succeeds. All of them can be used again afterwards.
    pub(crate) fn finalize_all(&self) {
        self.snapshot.finalize();
        self.freshness.finalize();
        self.joining.finalize();
        for (_, statement) in self.commands.borrow().iter().chain(self.queries.borrow().iter()) {
            statement.finalize();
        }
        for site in self.blob_sites.borrow().iter() {
            site.finalize();
        }
        for table in self.kv_tables.borrow().iter() {
            table.finalize();
        }
        for table in self.vector_tables.borrow().iter() {
            table.finalize();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.finalize_all();
    }
}
