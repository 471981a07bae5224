//! The witness: how SQLite reports to us everything that happens on a connection, no matter who does it.
//!
//! A virtual table takes part in transactions. From the first write to it on, SQLite calls it at each savepoint,
//! release and rollback, and at the transaction's end. To *join* a transaction, we write to the table. A trace reports
//! every statement that begins, so that we notice the user's writes and DDL without counting rows. The witness writes
//! what it hears on a *board* that JavaScript reads as an array, so a look that finds nothing new costs no call.
//!
//! | module | what it holds |
//! |---|---|
//! | [`board`] | the board |
//! | [`module`] | the virtual table |
//! | [`user_statements`] | the texts of the statements of the user that may have written |
//! | [`watch`] | how SQLite comes to call the witness |
//! | [`wal_index`] | the head of the WAL's index |

mod board;
mod module;
pub(crate) mod user_statements;
pub(crate) mod wal_index;
pub(crate) mod watch;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::rc::Rc;

use kohakuvault_core::boundary::attention;
use kohakuvault_core::transaction_log::{Step, TransactionLog};
use rusqlite::ffi::sqlite3;

use crate::sqlite::db::Db;
use crate::sqlite::names;
use crate::sqlite::statement::Statement;

use board::{Board, Place};
use user_statements::UserStatements;

/// How SQLite traces that a trigger begins.
const TRIGGER: &[u8] = b"-- TRIGGER ";
/// How it traces triggers of ours, which change nothing that is kept in memory.
const OWN_TRIGGER: &[u8] = b"-- TRIGGER kohakuvault_";

/// What is called when SQLite is about to close a connection.
pub(crate) type Closing = fn(NonNull<sqlite3>);

/// What SQLite has reported of one connection.
pub(crate) struct Witness {
    board: Rc<Board>,
    log: RefCell<TransactionLog>,
    /// Where the WAL's index was at the last look, or null if there was none.
    wal_index: Cell<*mut c_void>,
    closing: Cell<Option<Closing>>,
    statements: RefCell<UserStatements>,
    /// The last transaction that was committed, and how many statements of the user had begun then.
    committed: Cell<(u32, u64)>,
}

/// Returns the name of the virtual table.
fn table_name() -> String {
    names::of_this_copy("witness")
}

impl Witness {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            board: Rc::new(Board::new()),
            log: RefCell::default(),
            wal_index: Cell::new(std::ptr::null_mut()),
            closing: Cell::new(None),
            statements: RefCell::default(),
            committed: Cell::default(),
        })
    }

    /// Returns the statement that makes the connection's witness take part in the open transaction.
    pub(crate) fn joining_statement() -> Statement {
        Statement::of_ours(format!("INSERT INTO {} VALUES (0)", table_name()))
    }

    /// Runs a statement that must not count as the user's.
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

    /// Looks for the WAL's index again.
    pub(crate) fn find_wal_index(&self, db: Db, is_wal: bool) -> *mut c_void {
        let found = if is_wal { wal_index::find(db) } else { std::ptr::null_mut() };
        self.wal_index.set(found);
        found
    }

    pub(crate) fn board(&self) -> &Rc<Board> {
        &self.board
    }

    /// Moves the steps of transactions since the last call to `target`, as many as fit. Returns how many.
    pub(crate) fn take_steps(&self, target: &mut [i32]) -> usize {
        let mut log = self.log.borrow_mut();
        let count = log.take(target);
        if log.is_empty() {
            self.board.lower(attention::NEWS);
        }
        count
    }

    /// Notes a step that SQLite reports through the virtual table.
    fn note(&self, step: Step) {
        self.log.borrow_mut().push(step);
        self.board.raise(attention::NEWS);
        match step {
            Step::Begin(_) => {
                self.board.put(Place::Joined, 1);
                self.board.advance(Place::Transactions);
            }
            Step::Commit => {
                self.board.put(Place::Joined, 0);
                self.committed.set((self.transaction(), self.statements.borrow().count()));
            }
            Step::Rollback => {
                self.board.put(Place::Joined, 0);
                self.board.advance(Place::Epoch);
            }
            Step::RollbackTo(_) => self.board.advance(Place::Epoch),
            Step::Savepoint(_) | Step::Release(_) => {}
        }
    }

    /// The statements of the user that may have written.
    pub(crate) fn statements(&self) -> &RefCell<UserStatements> {
        &self.statements
    }

    /// Returns the number of the transaction that SQLite reports, or reported last.
    pub(crate) fn transaction(&self) -> u32 {
        self.board.get(Place::Transactions)
    }

    /// Returns how many statements of the user had begun when a transaction was committed, if it was the last.
    pub(crate) fn statements_at_commit(&self, transaction: u32) -> Option<u64> {
        let (last, count) = self.committed.get();
        (last == transaction).then_some(count)
    }

    /// Notes that a statement begins.
    fn note_statement(&self) {
        self.board.advance(Place::Statements);
    }

    /// Notes that a statement that may write begins, or a trigger of it.
    fn note_writer(&self, sql: &[u8]) {
        let bits = self.board.get(Place::Attention);
        // Statements inside a statement belong to a trigger's function. Only virtual tables of ours have some of their
        // own.
        let inner: &[u8] = if bits & attention::NESTED == 0 { b"--" } else { TRIGGER };
        let is_ours = bits & attention::WRITING != 0 && (!sql.starts_with(inner) || sql.starts_with(OWN_TRIGGER));
        // BEGIN IMMEDIATE takes the lock and writes nothing.
        let first = sql.trim_ascii_start().first();
        if is_ours || first.is_some_and(|letter| letter.eq_ignore_ascii_case(&b'b')) {
            return;
        }
        // A trigger, or a statement inside one, belongs to a statement that was noted, unless that is ours.
        let mut statements = self.statements.borrow_mut();
        if !sql.starts_with(b"--") {
            statements.note(sql);
        } else if bits & attention::WRITING != 0 {
            statements.note_unknown();
        }
        self.board.advance(Place::Epoch);
        self.board.advance(Place::Foreign);
        self.board.raise(attention::UNSETTLED);
    }
}
