//! Writing to vec0's own tables.
//!
//! better-sqlite3 opens connections in SQLite's defensive mode. There, only a statement that is prepared while another
//! one executes may write to shadow tables: it comes from the virtual table, as a rule. So our writes run inside an SQL
//! function of ours. To leave the mode for them would make SQLite prepare every statement of the connection again,
//! which costs as much as inserting a vector.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Error, Result, types};

use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;
use crate::sqlite::names;
use crate::sqlite::statement::Statement;

thread_local! {
    /// What the function runs when it is called next.
    static WORK: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

fn function_name() -> String {
    names::of_this_copy("write")
}

/// Gives a connection the function.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function(function_name().as_str(), 0, flags, |_| {
        // Taken out, because triggers may run JavaScript, which may write to another table.
        let work = WORK.take().ok_or_else(|| Error::UserFunctionError("this function is KohakuVault's own".into()))?;
        work();
        Ok(types::Null)
    })
}

/// Writes to shadow tables, and to nothing else.
pub(super) struct ShadowTables {
    call: Statement,
}

impl ShadowTables {
    pub(super) fn new() -> Self {
        Self { call: Statement::of_ours(format!("SELECT {}()", function_name())) }
    }

    /// Runs work that may write to shadow tables.
    pub(super) fn write<T: 'static>(&self, db: Db, work: impl FnOnce() -> SeamResult<T> + 'static) -> SeamResult<T> {
        let result = Rc::new(Cell::new(None));
        let place = Rc::clone(&result);
        WORK.set(Some(Box::new(move || place.set(Some(work())))));
        let called = self.call.run(db, &[]);
        WORK.set(None);
        let result = result.take();
        match result {
            Some(Err(error)) => Err(error),
            Some(Ok(value)) => called.map(|()| value),
            None => Err(called.err().unwrap_or_else(|| SeamError::invalid("SQLite did not call our function"))),
        }
    }

    pub(super) fn finalize(&self) {
        self.call.finalize();
    }
}
