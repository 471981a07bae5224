//! The condition of a search: SQL that returns the ids of the vectors that may be found.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use kohakuvault_core::vector::id_set::IdSet;
use napi::bindgen_prelude::{BigInt, Either3};

use super::conjuncts::{self, Part, Prepare, WherePart, owned};
use crate::js::error::SeamResult;
use crate::sqlite::db::Db;
use crate::sqlite::parameters::Owned;
use crate::sqlite::statement::{Parameter, Statement};

/// So many conditions keep their sets, and so many statements are kept.
const KEPT: usize = 16;
const KEPT_STATEMENTS: usize = 64;

/// A condition in memory of Rust's own, so that another thread may have it.
#[derive(Clone, PartialEq)]
pub(crate) struct Condition {
    sql: String,
    parameters: Vec<Owned>,
    /// The parts of the whole, if they are better read one by one.
    parts: Vec<Part>,
}

impl Condition {
    pub(crate) fn new(sql: String, parameters: Vec<Either3<f64, String, BigInt>>, parts: Vec<WherePart>) -> Self {
        let parts = parts.into_iter().map(Part::new).collect();
        Self { sql, parameters: parameters.into_iter().map(owned).collect(), parts }
    }

    /// Returns the ids that the condition accepts now.
    pub(crate) fn evaluate(&self, db: Db) -> SeamResult<IdSet> {
        self.run(db, &|sql| Ok(Rc::new(Statement::new(sql)?)))
    }

    fn run(&self, db: Db, prepare: Prepare<'_>) -> SeamResult<IdSet> {
        if !self.parts.is_empty() {
            return conjuncts::evaluate(db, &self.parts, prepare);
        }
        let statement = prepare(&self.sql)?;
        let parameters: Vec<Parameter<'_>> = self.parameters.iter().map(Owned::as_parameter).collect();
        let rows = statement.execute(db, &parameters)?;
        let mut ids = Vec::new();
        while rows.step()? {
            ids.push(rows.integer(0));
        }
        Ok(IdSet::new(ids))
    }
}

/// The statements of the last conditions of a table, and the sets that they returned in one state of the file.
#[derive(Default)]
pub(crate) struct Conditions {
    statements: RefCell<Vec<(String, Rc<Statement>)>>,
    sets: RefCell<Vec<(Condition, Arc<IdSet>)>>,
    /// The number of the state that the sets belong to.
    state: Cell<Option<f64>>,
}

impl Conditions {
    /// Returns the ids that a condition accepts. `state` is a number that changes before the ids do; without a number,
    /// nothing is kept.
    pub(crate) fn evaluate(&self, db: Db, condition: &Condition, state: Option<f64>) -> SeamResult<Arc<IdSet>> {
        if let Some(known) = self.known(condition, state) {
            return Ok(known);
        }
        let set = Arc::new(condition.run(db, &|sql| self.statement(sql))?);
        // A function of the user's may have searched in another state meanwhile.
        if state.is_some() && self.state.get() == state {
            put(&mut self.sets.borrow_mut(), (condition.clone(), Arc::clone(&set)), KEPT);
        }
        Ok(set)
    }

    /// Returns the ids of a condition if they are known. Forgets those of other states.
    pub(crate) fn known(&self, condition: &Condition, state: Option<f64>) -> Option<Arc<IdSet>> {
        if state.is_none() || self.state.replace(state) != state {
            self.sets.take();
            return None;
        }
        self.sets.borrow().iter().find(|(known, _)| known == condition).map(|(_, set)| Arc::clone(set))
    }

    /// Keeps a set that another thread has made of a file that was at least in this state. If it has seen a later one,
    /// the number is another one at the next look.
    pub(crate) fn adopt(&self, condition: Condition, state: Option<f64>, set: Arc<IdSet>) {
        let is_known = self.sets.borrow().iter().any(|(known, _)| *known == condition);
        if state.is_some() && self.state.get() == state && !is_known {
            put(&mut self.sets.borrow_mut(), (condition, set), KEPT);
        }
    }

    fn statement(&self, sql: &str) -> SeamResult<Rc<Statement>> {
        let known = self.statements.borrow().iter().find(|(text, _)| text == sql).map(|(_, kept)| Rc::clone(kept));
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = Rc::new(Statement::new(sql)?);
        put(&mut self.statements.borrow_mut(), (sql.to_owned(), Rc::clone(&statement)), KEPT_STATEMENTS);
        Ok(statement)
    }

    pub(crate) fn finalize(&self) {
        for (_, statement) in self.statements.borrow().iter() {
            statement.finalize();
        }
        self.sets.take();
        self.state.set(None);
    }
}

/// Keeps something in place of the oldest.
fn put<T>(kept: &mut Vec<T>, new: T, most: usize) {
    if kept.len() >= most {
        kept.remove(0);
    }
    kept.push(new);
}
