//! A virtual table whose next row is the key of the next look-up.
//!
//! A look-up is `… FROM that table LEFT JOIN the vault's`, which returns one row for each key, found or not. So its
//! statement can go on from key to key with its cursors open. To begin and end a statement for each key costs more than
//! to find it.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_int};
use std::marker::PhantomData;

use rusqlite::vtab::{Context, Filters, IndexInfo, Module, VTab, VTabConfig, VTabConnection, VTabCursor};
use rusqlite::{Connection, Result, ffi};

use crate::sqlite::names;

thread_local! {
    static KEY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The table has a row only while a key is offered.
    static OFFERED: Cell<bool> = const { Cell::new(false) };
}

/// Returns the name of the virtual table.
pub(super) fn table_name() -> String {
    names::of_this_copy("key")
}

pub(crate) fn register(connection: &Connection) -> Result<()> {
    const MODULE: Module<KeySource> = Module::eponymous_only_module();
    connection.create_module(table_name().as_str(), &MODULE, None)
}

/// Offers a key to the look-up that `step` steps, and returns its result.
pub(super) fn offering<T>(key: &[u8], step: impl FnOnce() -> T) -> T {
    // A view or a generated column may call a function of the user's that looks something up in the middle of this one.
    let _outer = OFFERED.replace(true).then(|| Outer(KEY.take()));
    let _ends = Ends;
    KEY.with_borrow_mut(|offered| {
        offered.clear();
        offered.extend_from_slice(key);
    });
    step()
}

/// Ends an offer, even if the step panics.
struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        OFFERED.set(false);
    }
}

/// An offer that another one interrupts.
struct Outer(Vec<u8>);

impl Drop for Outer {
    fn drop(&mut self) {
        KEY.set(std::mem::take(&mut self.0));
        OFFERED.set(true);
    }
}

#[repr(C)]
struct KeySource {
    /// SQLite's part, which must come first.
    base: ffi::sqlite3_vtab,
}

#[repr(C)]
struct KeyCursor<'vtab> {
    /// SQLite's part, which must come first.
    base: ffi::sqlite3_vtab_cursor,
    table: PhantomData<&'vtab KeySource>,
}

// SAFETY: the struct begins with SQLite's part and has the layout of C.
unsafe impl<'vtab> VTab<'vtab> for KeySource {
    type Aux = ();
    type Cursor = KeyCursor<'vtab>;

    fn connect(
        db: &mut VTabConnection,
        _aux: Option<&()>,
        _module_name: &[u8],
        _database_name: &[u8],
        _table_name: &[u8],
        _arguments: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        db.config(VTabConfig::DirectOnly)?;
        Ok((Cow::Borrowed(c"CREATE TABLE x (key)"), Self { base: ffi::sqlite3_vtab::default() }))
    }

    fn best_index(&self, _info: &mut IndexInfo) -> Result<bool> {
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<KeyCursor<'vtab>> {
        Ok(KeyCursor { base: ffi::sqlite3_vtab_cursor::default(), table: PhantomData })
    }
}

// SAFETY: as above.
unsafe impl VTabCursor for KeyCursor<'_> {
    fn filter(&mut self, _number: c_int, _text: Option<&str>, _arguments: &Filters<'_>) -> Result<()> {
        Ok(())
    }

    /// The next row is the key that is offered by then.
    fn next(&mut self) -> Result<()> {
        Ok(())
    }

    fn eof(&self) -> bool {
        !OFFERED.get()
    }

    fn column(&self, context: &mut Context, _column: c_int) -> Result<()> {
        KEY.with_borrow(|key| context.set_result(key.as_slice()))
    }

    fn rowid(&self) -> Result<i64> {
        Ok(0)
    }
}
