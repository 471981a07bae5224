//! What a connection keeps of a table: statements and the resident copy.
//!
//! Whether the copy may be used is decided by the TypeScript face, which knows of other writers and of transactions.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use kohakuvault_core::CoreError;
use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::matrix::Matrix;
use kohakuvault_core::vector::nearest::{Nearest, Neighbour};
use kohakuvault_core::vector::shape::Shape;
use rusqlite::ffi::sqlite3;

use super::layout::{Layout, Statements};
use super::reader::{count, read_blocks};
use super::request::Prepared;
use super::shadow_tables::ShadowTables;
use crate::connection::Connection;
use crate::error::SeamResult;

pub(crate) struct VectorTable {
    pub(crate) layout: Layout,
    statements: Statements,
    resident: RefCell<Option<Matrix>>,
    /// Whether this state of the file has been searched before.
    searched: Cell<bool>,
    /// What another thread has read, until it is known whether the file is still the same.
    parked: RefCell<Option<(u64, Matrix)>>,
    /// Goes up whenever what is resident, or should be, changes.
    generation: Cell<u64>,
}

impl VectorTable {
    pub(crate) fn new(connection: &Connection, name: &str, shape: Shape) -> SeamResult<Self> {
        let layout = Layout::new(name, shape)?;
        let statements = layout.statements()?;
        statements.chunks.prepare(connection.db())?;
        Ok(Self {
            layout,
            statements,
            resident: RefCell::new(None),
            searched: Cell::new(false),
            parked: RefCell::new(None),
            generation: Cell::new(0),
        })
    }

    /// Searches the resident copy, or else the file. The copy is made with the second search, if `resident_bytes` are enough.
    pub(crate) fn search(
        &self,
        connection: &Connection,
        prepared: &Prepared,
        resident_bytes: Option<f64>,
    ) -> SeamResult<Vec<Vec<Neighbour>>> {
        let never = AtomicBool::new(false);
        // Reading the file costs half of what making a copy does, so whoever searches once is not made to wait for one.
        let is_first = !self.searched.replace(true) && prepared.candidates.is_none();
        if let Some(most) = resident_bytes {
            if !is_first {
                self.make_resident(connection, most)?;
            }
            if let Some(matrix) = self.matrix_for(prepared) {
                return Ok(prepared.run(&matrix, &never));
            }
        }
        self.scan(connection, prepared)
    }

    /// Searches what the file holds.
    pub(crate) fn scan(&self, connection: &Connection, prepared: &Prepared) -> SeamResult<Vec<Vec<Neighbour>>> {
        scan_file(connection.db(), &self.layout, &self.statements, prepared, &AtomicBool::new(false))
    }

    /// Reads the table into memory unless it is there, or larger than so many bytes.
    pub(crate) fn make_resident(&self, connection: &Connection, most: f64) -> SeamResult<()> {
        if self.resident.borrow().is_some() {
            return Ok(());
        }
        let db = connection.db();
        if fits(db, &self.layout, &self.statements, most)? {
            let matrix = load(db, &self.layout, &self.statements, &AtomicBool::new(false))?;
            self.resident.replace(Some(matrix));
        }
        Ok(())
    }

    /// The resident copy, ready for this search; it shares its memory with the one kept here.
    pub(crate) fn matrix_for(&self, prepared: &Prepared) -> Option<Matrix> {
        let mut resident = self.resident.borrow_mut();
        let matrix = resident.as_mut()?;
        if prepared.candidates.is_some() && matrix.can_approximate(prepared.metric) {
            matrix.prepare_approximate();
        }
        Some(matrix.clone())
    }

    /// Changes the resident copy as the file has been changed.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Matrix) -> Result<(), CoreError>) -> SeamResult<()> {
        self.generation.update(|generation| generation + 1);
        Ok(self.resident.borrow_mut().as_mut().map_or(Ok(()), change)?)
    }

    /// Drops the resident copy.
    pub(crate) fn forget(&self) {
        self.generation.update(|generation| generation + 1);
        self.resident.replace(None);
        self.searched.set(false);
        self.parked.replace(None);
    }

    /// Takes all vectors out of the file, and drops the resident copy.
    pub(crate) fn clear(&self, connection: &Connection) -> SeamResult<()> {
        let _writing = connection.begin_write()?;
        let _open = ShadowTables::open(connection);
        for table in self.layout.clearing()? {
            table.run(connection.db(), &[])?;
        }
        self.forget();
        Ok(())
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Takes what another thread has read since the generation given.
    pub(crate) fn park(&self, generation: u64, matrix: Matrix) {
        self.parked.replace(Some((generation, matrix)));
    }

    /// Makes what was parked resident, if nothing has changed since it was begun.
    pub(crate) fn adopt(&self) {
        if let Some((generation, matrix)) = self.parked.replace(None)
            && generation == self.generation.get()
        {
            self.resident.replace(Some(matrix));
        }
    }

    pub(crate) fn finalize(&self) {
        self.statements.finalize();
        self.forget();
    }
}

/// Memory that stays is had in pieces that the kernel can give in large pages: with small ones, first touching them costs more
/// than reading the file.
const RESIDENT_BLOCK: usize = 16 * 1024 * 1024;
/// Memory that is used again and again stays near the processor: a chunk at a time.
const PASSING_BLOCK: usize = 0;

/// Whether a table's resident copy would take no more than so many bytes.
pub(crate) fn fits(db: *mut sqlite3, layout: &Layout, statements: &Statements, most: f64) -> SeamResult<bool> {
    Ok(count(db, statements)? as f64 * layout.shape.resident_bytes() as f64 <= most)
}

/// Reads a whole table.
pub(crate) fn load(
    db: *mut sqlite3,
    layout: &Layout,
    statements: &Statements,
    cancelled: &AtomicBool,
) -> SeamResult<Matrix> {
    let mut matrix = Matrix::new(layout.shape);
    read_blocks(db, layout, statements, RESIDENT_BLOCK, |block| {
        if cancelled.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        matrix.add_block(std::mem::replace(block, Block::with_room(layout.shape, 0)));
        ControlFlow::Continue(())
    })?;
    Ok(matrix)
}

/// Searches a table without keeping anything of it.
pub(crate) fn scan_file(
    db: *mut sqlite3,
    layout: &Layout,
    statements: &Statements,
    prepared: &Prepared,
    cancelled: &AtomicBool,
) -> SeamResult<Vec<Vec<Neighbour>>> {
    let search = prepared.search(cancelled);
    let mut found = search.begin();
    read_blocks(db, layout, statements, PASSING_BLOCK, |block| {
        if cancelled.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        search.scan(block, &mut found);
        ControlFlow::Continue(())
    })?;
    Ok(found.into_iter().map(Nearest::into_sorted).collect())
}
