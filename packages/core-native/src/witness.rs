//! How SQLite tells us of everything that happens on a connection, no matter who does it.
//!
//! A virtual table takes part in transactions: SQLite calls it at each savepoint, release and rollback from the first write to
//! it on, and at the transaction's end. Writing to it is how we *join*. A trace tells of every statement that begins, so that
//! a write of the user's is noticed without counting rows, and DDL too. What was told stands on a *board* that JavaScript
//! reads as it reads any array: a look that finds nothing new costs no call.

mod board;
mod calls;
mod module;
mod wal_index;

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_int, c_uint, c_void};
use std::rc::Rc;

use kohakuvault_core::transaction_log::{Step, TransactionLog};
use rusqlite::ffi::{self, sqlite3};

use crate::registry;
use crate::statement::Statement;

use board::{Board, Place, attention};
pub(crate) use calls::register;

/// What a trigger's beginning is traced as.
const TRIGGER: &[u8] = b"-- TRIGGER ";
/// Triggers of ours are called so, and change nothing that is kept in memory.
const OWN_TRIGGER: &[u8] = b"-- TRIGGER kohakuvault_";

/// What one connection is told.
pub(crate) struct Witness {
    board: Rc<Board>,
    log: RefCell<TransactionLog>,
    /// Where the WAL's index was when somebody last looked; null where there was none.
    wal_index: Cell<*mut c_void>,
}

/// The name of the virtual table: each copy of this library has its own.
pub(super) fn table_name() -> String {
    format!("kohakuvault_witness_{}", registry::mark_of_this_copy())
}

impl Witness {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            board: Rc::new(Board::new()),
            log: RefCell::default(),
            wal_index: Cell::new(std::ptr::null_mut()),
        })
    }

    /// The statement whose run makes the connection's witness take part in the transaction that is open.
    pub(crate) fn joining_statement() -> Statement {
        Statement::of_ours(format!("INSERT INTO {} VALUES (0)", table_name()))
    }

    /// Runs a statement that is not to be taken for the user's.
    pub(crate) fn as_ours<T>(&self, run: impl FnOnce() -> T) -> T {
        let before = self.board.get(Place::Attention) & attention::WRITING;
        self.board.raise(attention::WRITING);
        let ran = run();
        self.board.lower(attention::WRITING);
        self.board.raise(before);
        ran
    }

    pub(crate) fn has_joined(&self) -> bool {
        self.board.get(Place::Joined) != 0
    }

    pub(crate) fn wal_index(&self) -> *mut c_void {
        self.wal_index.get()
    }

    /// Looks again, on a connection of which is known whether it is in WAL mode.
    pub(crate) fn find_wal_index(&self, db: *mut sqlite3, is_wal: bool) -> *mut c_void {
        let found = if is_wal { wal_index::find(db) } else { std::ptr::null_mut() };
        self.wal_index.set(found);
        found
    }

    pub(crate) fn board(&self) -> &Rc<Board> {
        &self.board
    }

    /// Has SQLite call this witness until the connection closes. It has to live that long: the module that is registered keeps it.
    pub(crate) fn watch(self: &Rc<Self>, db: *mut sqlite3) -> c_int {
        let code = module::register(db, Rc::clone(self));
        if code != ffi::SQLITE_OK {
            return code;
        }
        // SAFETY: the module just registered keeps the witness for as long as the connection is open, and a closed one traces nothing.
        unsafe {
            ffi::sqlite3_trace_v2(
                db,
                ffi::SQLITE_TRACE_STMT as c_uint,
                Some(traced),
                Rc::as_ptr(self).cast_mut().cast(),
            )
        }
    }

    /// What has happened to the transaction since the last call, as far as there is room for it.
    pub(crate) fn take_steps(&self, target: &mut [i32]) -> usize {
        let mut log = self.log.borrow_mut();
        let count = log.take(target);
        if log.is_empty() {
            self.board.lower(attention::NEWS);
        }
        count
    }

    /// Called by SQLite, by way of the virtual table.
    fn tell(&self, step: Step) {
        self.log.borrow_mut().push(step);
        self.board.raise(attention::NEWS);
        match step {
            Step::Begin(_) => {
                self.board.put(Place::Joined, 1);
                self.board.advance(Place::Transactions);
            }
            Step::Commit => self.board.put(Place::Joined, 0),
            Step::Rollback => {
                self.board.put(Place::Joined, 0);
                self.board.advance(Place::Epoch);
            }
            Step::RollbackTo(_) => self.board.advance(Place::Epoch),
            Step::Savepoint(_) | Step::Release(_) => {}
        }
    }

    /// A statement that may write begins, or a trigger of it.
    fn begins(&self, sql: &[u8]) {
        let told = self.board.get(Place::Attention);
        // Statements inside a statement are a trigger function's; only virtual tables of ours have some of their own.
        let inner: &[u8] = if told & attention::NESTED == 0 { b"--" } else { TRIGGER };
        let is_ours = told & attention::WRITING != 0 && (!sql.starts_with(inner) || sql.starts_with(OWN_TRIGGER));
        // BEGIN IMMEDIATE takes the lock, and writes nothing.
        let first = sql.trim_ascii_start().first();
        if is_ours || first.is_some_and(|letter| letter.eq_ignore_ascii_case(&b'b')) {
            return;
        }
        self.board.advance(Place::Epoch);
        self.board.advance(Place::Foreign);
        self.board.raise(attention::UNSETTLED);
    }
}

/// # Safety
/// SQLite calls this with the witness that `watch` gave it, a statement and its SQL.
unsafe extern "C" fn traced(_kind: c_uint, witness: *mut c_void, statement: *mut c_void, sql: *mut c_void) -> c_int {
    // SAFETY: see `watch`; the statement runs, and the text ends in NUL.
    unsafe {
        let witness = &*witness.cast::<Witness>();
        witness.board.advance(Place::Statements);
        if ffi::sqlite3_stmt_readonly(statement.cast()) == 0 && !sql.is_null() {
            witness.begins(CStr::from_ptr(sql.cast()).to_bytes());
        }
    }
    0
}

/// Whether a statement that may write is running on the connection.
pub(crate) fn has_writer(db: *mut sqlite3) -> bool {
    // SAFETY: `some_statement` gives statements of the connection. Without a text it is a BLOB handle of ours.
    some_statement(db, |statement| unsafe {
        ffi::sqlite3_stmt_readonly(statement) == 0 && !ffi::sqlite3_sql(statement).is_null()
    })
}

fn some_statement(db: *mut sqlite3, wanted: impl Fn(*mut ffi::sqlite3_stmt) -> bool) -> bool {
    // SAFETY: `db` is an open connection of this thread, whose list of statements changes only by calls of this thread.
    unsafe {
        let mut statement = ffi::sqlite3_next_stmt(db, std::ptr::null_mut());
        while !statement.is_null() {
            if ffi::sqlite3_stmt_busy(statement) != 0 && wanted(statement) {
                return true;
            }
            statement = ffi::sqlite3_next_stmt(db, statement);
        }
    }
    false
}

/// Whether any statement is running on the connection.
pub(crate) fn is_busy(db: *mut sqlite3) -> bool {
    some_statement(db, |_| true)
}

/// Whether a transaction is open that somebody began.
pub(crate) fn in_transaction(db: *mut sqlite3) -> bool {
    // SAFETY: `db` is an open connection of this thread.
    unsafe { ffi::sqlite3_get_autocommit(db) == 0 }
}

/// 0: no transaction of any kind on the main database; 1: one that reads; 2: one that writes.
pub(crate) fn lock_state(db: *mut sqlite3) -> i32 {
    // SAFETY: `db` is an open connection of this thread, and the name ends in NUL.
    unsafe { ffi::sqlite3_txn_state(db, c"main".as_ptr()) }
}
