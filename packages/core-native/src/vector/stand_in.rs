//! A module that stands in for sqlite-vec's where sqlite-vec has no binary.
//!
//! SQLite makes, renames and drops a virtual table only if its module is there. That is all this one does: the
//! TypeScript code makes and drops the tables behind it, and the core reads and writes them. SQL on the virtual table
//! itself is refused.

use std::borrow::Cow;
use std::ffi::{CStr, c_int};
use std::marker::PhantomData;

use rusqlite::vtab::{
    Context, CreateVTab, Filters, IndexInfo, Module, VTab, VTabConfig, VTabConnection, VTabCursor, VTabKind,
};
use rusqlite::{Connection, Error, Result, ffi};

use crate::js::error::{SeamError, SeamResult};
use crate::sqlite::db::Db;

/// Registers the module. The caller has checked that there is none of this name.
pub(super) fn register(db: Db) -> SeamResult<()> {
    const MODULE: Module<StandIn> = Module::read_only_module();
    let failed = |error: Error| SeamError::invalid(format!("the module vec0 cannot be registered: {error}"));
    // SAFETY: the connection is open. What this makes of its pointer does not close it when it is dropped.
    let connection = unsafe { Connection::from_handle(db.raw()) }.map_err(failed)?;
    connection.create_module("vec0", &MODULE, None).map_err(failed)
}

#[repr(C)]
struct StandIn {
    /// SQLite's part, which must come first.
    base: ffi::sqlite3_vtab,
}

#[repr(C)]
struct StandInCursor<'vtab> {
    /// SQLite's part, which must come first.
    base: ffi::sqlite3_vtab_cursor,
    table: PhantomData<&'vtab StandIn>,
}

// SAFETY: the struct begins with SQLite's part and has the layout of C.
unsafe impl<'vtab> VTab<'vtab> for StandIn {
    type Aux = ();
    type Cursor = StandInCursor<'vtab>;

    fn connect(
        db: &mut VTabConnection,
        _aux: Option<&()>,
        _module_name: &[u8],
        _database_name: &[u8],
        _table_name: &[u8],
        _arguments: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        db.config(VTabConfig::DirectOnly)?;
        let columns = c"CREATE TABLE x (value_ref, vector, distance HIDDEN, k HIDDEN)";
        Ok((Cow::Borrowed(columns), Self { base: ffi::sqlite3_vtab::default() }))
    }

    fn best_index(&self, _info: &mut IndexInfo) -> Result<bool> {
        Err(Error::ModuleError("sqlite-vec is not there: read the table through a VectorKVault".into()))
    }

    fn open(&'vtab mut self) -> Result<StandInCursor<'vtab>> {
        Ok(StandInCursor { base: ffi::sqlite3_vtab_cursor::default(), table: PhantomData })
    }
}

impl CreateVTab<'_> for StandIn {
    const KIND: VTabKind = VTabKind::Default;
}

// SAFETY: as above. No statement reads the table, so nothing of this is called.
unsafe impl VTabCursor for StandInCursor<'_> {
    fn filter(&mut self, _number: c_int, _text: Option<&str>, _arguments: &Filters<'_>) -> Result<()> {
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        Ok(())
    }

    fn eof(&self) -> bool {
        true
    }

    fn column(&self, _context: &mut Context, _column: c_int) -> Result<()> {
        Ok(())
    }

    fn rowid(&self) -> Result<i64> {
        Ok(0)
    }
}
