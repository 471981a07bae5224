//! What a connection keeps of a table: statements and the resident copy.
//!
//! The TypeScript code decides whether the copy may be used: it knows of other writers and of transactions.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kohakuvault_core::CoreError;
use kohakuvault_core::boundary::watch_owner::UNKNOWN;
use kohakuvault_core::vector::block::Block;
use kohakuvault_core::vector::id_set::IdSet;
use kohakuvault_core::vector::matrix::Matrix;
use kohakuvault_core::vector::nearest::{Nearest, Neighbor};
use kohakuvault_core::vector::read_ahead::scan_while_reading;
use kohakuvault_core::vector::shape::{Metric, Shape};

use super::chunks::Chunks;
use super::condition::{Condition, Conditions};
use super::filling::{Filling, NewVectors};
use super::layout::{Layout, Statements};
use super::reader::{count, read_blocks, read_chunk, read_chunk_slots, read_slots};
use super::request::PreparedSearch;
use super::shadow_tables::ShadowTables;
use super::some_rows::search_some;
use crate::connection::Connection;
use crate::js::error::SeamResult;
use crate::kept::Kept;
use crate::sqlite::db::Db;
use crate::sqlite::statement::Statement;

/// A place where another thread puts a copy with sketches.
pub(super) type Delivery = Arc<Mutex<Option<Matrix>>>;

pub(super) struct VectorTable {
    pub(super) layout: Layout,
    statements: Statements,
    filling: Filling,
    chunks: Chunks,
    shadow_tables: ShadowTables,
    conditions: Conditions,
    resident: RefCell<Option<Matrix>>,
    /// Which vectors each chunk has, if that is known: of the chunks as they were when the copy was last compared.
    placed: RefCell<Option<HashMap<i64, Vec<i64>>>>,
    /// Whether the copy had sketches before. A new copy gets them from another thread.
    had_sketches: Cell<bool>,
    /// Where another thread puts the copy with its sketches.
    delivery: RefCell<Option<(u64, Delivery)>>,
    /// Whether somebody has searched since the copy was last dropped.
    searched: Cell<bool>,
    /// Whether another thread makes sketches. Until they are here, approximate searches are exact.
    sketching: Cell<bool>,
    /// Changes whenever the resident copy, or what it should be, changes. No other table ever has the same.
    generation: Cell<u64>,
}

/// Returns a number that it never returns again in this process. The numbers of tables are given out again, so what
/// another thread made for one table must not become the copy of another one.
fn next_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl VectorTable {
    pub(super) fn new(db: Db, name: &str, shape: Shape) -> SeamResult<Self> {
        let layout = Layout::new(name, shape)?;
        let statements = layout.statements()?;
        statements.chunks.prepare(db)?;
        let filling = Filling::new(&layout)?;
        let chunks = Chunks::new(&layout)?;
        Ok(Self {
            layout,
            statements,
            filling,
            chunks,
            shadow_tables: ShadowTables::new(),
            conditions: Conditions::default(),
            resident: RefCell::new(None),
            placed: RefCell::new(None),
            had_sketches: Cell::new(false),
            delivery: RefCell::new(None),
            searched: Cell::new(false),
            sketching: Cell::new(false),
            generation: Cell::new(next_generation()),
        })
    }

    /// Evaluates the condition of a search.
    pub(super) fn evaluate(&self, db: Db, search: &mut PreparedSearch) -> SeamResult<()> {
        if let Some(condition) = search.condition.take() {
            search.limit_to(self.conditions.evaluate(db, &condition, search.condition_state)?);
        }
        Ok(())
    }

    /// Evaluates the condition of a search if its result is known already.
    pub(super) fn recall(&self, search: &mut PreparedSearch) {
        let known = search.condition.as_ref().and_then(|known| self.conditions.known(known, search.condition_state));
        if let Some(known) = known {
            search.limit_to(known);
        }
    }

    /// Keeps what another thread has evaluated, if nothing has changed since.
    pub(super) fn adopt_condition(&self, condition: Condition, state: Option<f64>, accepted: Arc<IdSet>) {
        self.conditions.adopt(condition, state, accepted);
    }

    /// Searches the resident copy, or else the file. The second search makes the copy, if `resident_bytes` are enough.
    pub(super) fn search(
        &self,
        db: Db,
        search: &PreparedSearch,
        resident_bytes: Option<f64>,
    ) -> SeamResult<Vec<Vec<Neighbor>>> {
        let never = AtomicBool::new(false);
        // Reading the file costs half of what making a copy costs, so a single search does not wait for a copy.
        let is_first = !self.searched.replace(true) && search.candidates.is_none();
        if let Some(most) = resident_bytes {
            if !is_first {
                self.make_resident(db, most)?;
            }
            if let Some(matrix) = self.matrix_for(search) {
                return Ok(search.run(&matrix, &never));
            }
        }
        self.scan(db, search)
    }

    /// Searches the file.
    pub(super) fn scan(&self, db: Db, search: &PreparedSearch) -> SeamResult<Vec<Vec<Neighbor>>> {
        scan_file(db, &self.layout, &self.statements, search, &AtomicBool::new(false))
    }

    /// Reads the table into memory, unless it is there or larger than `most` bytes.
    pub(super) fn make_resident(&self, db: Db, most: f64) -> SeamResult<()> {
        if self.resident.borrow().is_some() {
            return Ok(());
        }
        if fits(db, &self.layout, &self.statements, most)? {
            let matrix = load(db, &self.layout, &self.statements, &AtomicBool::new(false))?;
            self.resident.replace(Some(matrix));
        }
        Ok(())
    }

    /// Returns the resident copy, ready for this search.
    fn matrix_for(&self, search: &PreparedSearch) -> Option<Matrix> {
        if search.candidates.is_some() && search.dimensions.is_none() && self.needs_sketch(search.metric) {
            self.accept_delivery();
            // Making them takes a hundred times as long as an exact search. When they are lost, another thread does it.
            if !self.had_sketches.replace(true) && !self.sketching.get() {
                self.resident.borrow_mut().as_mut()?.sketch(&AtomicBool::new(false));
            }
        }
        self.matrix()
    }

    /// Returns the resident copy. It shares its memory with the one that is kept here.
    pub(super) fn matrix(&self) -> Option<Matrix> {
        self.resident.borrow().clone()
    }

    /// Returns whether sketches would speed up approximate searches by a metric, and are not there.
    pub(super) fn needs_sketch(&self, metric: Metric) -> bool {
        let resident = self.resident.borrow();
        resident.as_ref().is_some_and(|matrix| matrix.can_approximate(metric) && !matrix.is_sketched())
    }

    /// Notes that another thread begins or ends to make sketches.
    pub(super) fn set_sketching(&self, sketching: bool) {
        self.sketching.set(sketching);
    }

    /// Returns where another thread puts the present copy when it has made its sketches.
    pub(super) fn expect_delivery(&self) -> Delivery {
        let delivery = Delivery::default();
        self.delivery.replace(Some((self.generation.get(), Arc::clone(&delivery))));
        self.had_sketches.set(true);
        delivery
    }

    /// Takes what another thread has delivered, though the event loop may not have heard of it yet.
    pub(super) fn accept_delivery(&self) {
        let delivered = self.delivery.borrow().as_ref().and_then(|(generation, delivery)| {
            Some((*generation, delivery.lock().unwrap_or_else(PoisonError::into_inner).take()?))
        });
        if let Some((generation, matrix)) = delivered {
            self.delivery.take();
            self.adopt(generation, matrix);
        }
    }

    pub(super) fn is_sketching(&self) -> bool {
        self.sketching.get()
    }

    /// Changes the resident copy as the file was changed.
    pub(super) fn change(&self, change: impl FnOnce(&mut Matrix) -> Result<(), CoreError>) -> SeamResult<()> {
        self.generation.set(next_generation());
        self.placed.take();
        Ok(self.resident.borrow_mut().as_mut().map_or(Ok(()), change)?)
    }

    /// Renews the resident copy after others have changed these chunks. Returns false if it must be dropped: it would take
    /// more than `most` bytes, or the table is not as vec0 makes it.
    pub(super) fn renew(&self, connection: &Connection, mut chunks: HashSet<i64>, most: f64) -> SeamResult<bool> {
        let are_others_gone = chunks.remove(&UNKNOWN);
        let db = connection.db()?;
        let Some(_held) = connection.hold_pages(db) else { return Ok(false) };
        let mut resident = self.resident.borrow_mut();
        let Some(matrix) = resident.as_mut() else { return Ok(true) };
        self.generation.set(next_generation());
        let mut placed = match self.placed.take().filter(|_| !are_others_gone) {
            Some(mut placed) => {
                let before: Vec<i64> = chunks.iter().filter_map(|chunk| placed.remove(chunk)).flatten().collect();
                let mut gone: HashSet<i64> = before.into_iter().collect();
                for chunk in &chunks {
                    if let Some(ids) = read_chunk_slots(db, &self.layout, &self.statements, *chunk)? {
                        for id in &ids {
                            gone.remove(id);
                        }
                        placed.insert(*chunk, ids);
                    }
                }
                if !gone.is_empty() {
                    matrix.retain(|id| !gone.contains(&id));
                }
                placed
            }
            // Our own writes do not tell the chunks of their vectors, and of lost rows there is no number.
            None => {
                let placed = read_slots(db, &self.layout, &self.statements)?;
                let all: HashSet<i64> = placed.values().flatten().copied().collect();
                matrix.retain(|id| all.contains(&id));
                placed
            }
        };
        for chunk in &chunks {
            match read_chunk(db, &self.layout, &self.statements, *chunk)? {
                Some(read) if read.is_regular => matrix.put(&read.block)?,
                Some(_) => return Ok(false),
                None => drop(placed.remove(chunk)),
            }
        }
        let total: usize = placed.values().map(Vec::len).sum();
        self.placed.replace(Some(placed));
        Ok(total == matrix.len() && total as f64 * self.layout.shape.resident_bytes() as f64 <= most)
    }

    /// Drops the resident copy.
    pub(super) fn forget(&self) {
        self.generation.set(next_generation());
        self.resident.replace(None);
        self.placed.take();
        self.searched.set(false);
    }

    /// Deletes all vectors from the file, and drops the resident copy.
    pub(super) fn clear(self: &Rc<Self>, connection: &Connection) -> SeamResult<()> {
        let _writing = connection.begin_write()?;
        let (db, table) = (connection.db()?, Rc::clone(self));
        self.shadow_tables.write(db, move || table.layout.clearing()?.iter().try_for_each(|part| part.run(db, &[])))?;
        self.forget();
        Ok(())
    }

    /// Puts vectors into free slots of a chunk, as many as it has room for. Returns their ids. The resident copy stays as
    /// it is.
    pub(super) fn fill(self: &Rc<Self>, connection: &Connection, chunk: i64, new: NewVectors) -> SeamResult<Vec<i64>> {
        let _writing = connection.begin_write()?;
        let (db, table) = (connection.db()?, Rc::clone(self));
        self.shadow_tables.write(db, move || table.filling.fill(db, &table.layout, chunk, &new))
    }

    /// Makes a chunk with so many free slots. Returns its number.
    pub(super) fn make_chunk(self: &Rc<Self>, connection: &Connection, slots: i64) -> SeamResult<i64> {
        let _writing = connection.begin_write()?;
        let (db, table) = (connection.db()?, Rc::clone(self));
        self.shadow_tables.write(db, move || table.chunks.make(db, &table.layout, slots))
    }

    /// Deletes a vector from the file. The resident copy stays as it is. Returns false if there is no such vector.
    pub(super) fn take_out(self: &Rc<Self>, connection: &Connection, id: i64) -> SeamResult<bool> {
        let _writing = connection.begin_write()?;
        let (db, table) = (connection.db()?, Rc::clone(self));
        self.shadow_tables.write(db, move || table.chunks.take_out(db, &table.layout, &table.statements, id))
    }

    /// Runs a statement that changes the schema of shadow tables.
    pub(super) fn alter(&self, connection: &Connection, sql: &str) -> SeamResult<()> {
        let _writing = connection.begin_write()?;
        let (db, statement) = (connection.db()?, Statement::new(sql)?);
        self.shadow_tables.write(db, move || statement.run(db, &[]))
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Makes resident what another thread has made, if nothing has changed since that generation.
    ///
    /// The thread has read the file state of that generation or a later one. If the state has changed, the next look at
    /// it drops the copy; if that look has happened, the generation is another one.
    pub(super) fn adopt(&self, generation: u64, matrix: Matrix) {
        if generation == self.generation.get() && (matrix.is_sketched() || self.resident.borrow().is_none()) {
            self.resident.replace(Some(matrix));
        }
    }
}

impl Kept for VectorTable {
    fn what() -> &'static str {
        "vector table"
    }

    fn finalize(&self) {
        self.statements.finalize();
        self.filling.finalize();
        self.chunks.finalize();
        self.shadow_tables.finalize();
        self.conditions.finalize();
        self.forget();
    }
}

/// Memory that stays is taken in pieces that the kernel can give in large pages. With small pages, touching them first
/// costs more than reading the file.
const RESIDENT_BLOCK: usize = 16 * 1024 * 1024;
/// Memory that is used again and again stays in the processor's caches: a chunk at a time.
const PASSING_BLOCK: usize = 0;

/// Returns whether a table's resident copy would take at most `most` bytes.
pub(super) fn fits(db: Db, layout: &Layout, statements: &Statements, most: f64) -> SeamResult<bool> {
    Ok(count(db, statements)? as f64 * layout.shape.resident_bytes() as f64 <= most)
}

/// Reads a whole table, or what was read of it when the search was cancelled.
pub(super) fn load(db: Db, layout: &Layout, statements: &Statements, cancelled: &AtomicBool) -> SeamResult<Matrix> {
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

/// Searches a table without keeping any of it.
pub(super) fn scan_file(
    db: Db,
    layout: &Layout,
    statements: &Statements,
    search: &PreparedSearch,
    cancelled: &AtomicBool,
) -> SeamResult<Vec<Vec<Neighbor>>> {
    if let Some(found) = search_some(db, layout, statements, search, cancelled)? {
        return Ok(found);
    }
    let search = search.search(cancelled);
    let found = scan_while_reading(layout.shape, &search, |scan| {
        read_blocks(db, layout, statements, PASSING_BLOCK, |block| {
            if cancelled.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            scan(block)
        })
    })?;
    Ok(found.into_iter().map(Nearest::into_sorted).collect())
}
