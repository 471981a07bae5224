//! The ids that meet several conditions at once, each of which an index of one field answers.
//!
//! SQLite takes the index of one field and looks up each row for the others, which is slow if it finds many. Here each
//! condition is a SELECT of its own that reads its index only. All of them advance by turns, so the one with the fewest
//! ids ends first, and no other has cost more. Then each other condition is read to its end, or, if it has far more ids,
//! looked up for the ids that are left.

use std::rc::Rc;

use kohakuvault_core::vector::id_set::IdSet;
use napi::bindgen_prelude::{BigInt, Either3};
use napi_derive::napi;

use crate::js::error::{SeamError, SeamResult};
use crate::js::numbers;
use crate::sqlite::db::Db;
use crate::sqlite::parameters::Owned;
use crate::sqlite::statement::{Execution, Parameter, Statement};

/// So many rows are read before it is another condition's turn.
const ROWS_A_TURN: usize = 512;
/// To look up an id costs as much as to read so many.
const LOOK_UP: usize = 10;

/// One of several conditions that must all be met.
#[napi(object, object_to_js = false)]
pub struct WherePart {
    /// A SELECT of the ids that meet it.
    pub sql: String,
    /// A SELECT that returns a row if one id meets it, which is a parameter behind the others.
    pub test: String,
    pub parameters: Vec<Either3<f64, String, BigInt>>,
    /// Whether ids that meet it are left out.
    pub excludes: bool,
}

/// Returns a parameter in memory of Rust's own.
pub(super) fn owned(parameter: Either3<f64, String, BigInt>) -> Owned {
    match parameter {
        Either3::A(number) => numbers::exact(number).map_or(Owned::Real(number), Owned::Integer),
        Either3::B(text) => Owned::Text(text),
        Either3::C(integer) => Owned::Integer(integer.get_i64().0),
    }
}

/// Returns a statement with this SQL.
pub(super) type Prepare<'a> = &'a dyn Fn(&str) -> SeamResult<Rc<Statement>>;

/// The ids of a condition, as far as they were read.
struct Reading<'a> {
    part: &'a Part,
    rows: Option<Execution<'a>>,
    ids: Vec<i64>,
}

/// A condition, and what reads it.
#[derive(Clone, PartialEq)]
pub(super) struct Part {
    sql: String,
    /// Whether it accepts one id, which is the last parameter.
    test: String,
    parameters: Vec<Owned>,
    /// Whether ids that it accepts are left out.
    excludes: bool,
}

impl Part {
    pub(super) fn new(given: WherePart) -> Self {
        let WherePart { sql, test, parameters, excludes } = given;
        Self { sql, test, parameters: parameters.into_iter().map(owned).collect(), excludes }
    }
}

impl Reading<'_> {
    /// Reads up to so many rows more. Returns whether all were read.
    fn read(&mut self, most: usize) -> SeamResult<bool> {
        let Some(rows) = &self.rows else { return Ok(true) };
        for _ in 0..most {
            if !rows.step()? {
                self.rows = None;
                return Ok(true);
            }
            self.ids.push(rows.integer(0));
        }
        Ok(false)
    }
}

/// Returns the ids that all parts accept. One of them must not exclude.
pub(super) fn evaluate(db: Db, parts: &[Part], prepare: Prepare<'_>) -> SeamResult<IdSet> {
    let statements = parts.iter().map(|part| prepare(&part.sql)).collect::<SeamResult<Vec<_>>>()?;
    let parameters: Vec<Vec<Parameter<'_>>> =
        parts.iter().map(|part| part.parameters.iter().map(Owned::as_parameter).collect()).collect();
    let mut readings = Vec::with_capacity(parts.len());
    for (part, (statement, parameters)) in parts.iter().zip(statements.iter().zip(&parameters)) {
        readings.push(Reading { part, rows: Some(statement.execute(db, parameters)?), ids: Vec::new() });
    }
    let first = first_to_end(&mut readings)?;
    let mut accepted = IdSet::new(std::mem::take(&mut readings.swap_remove(first).ids));
    // The others with few ids come first, as far as that is known.
    for mut reading in readings {
        if accepted.is_empty() {
            break;
        }
        let most = accepted.len().saturating_mul(LOOK_UP).saturating_add(ROWS_A_TURN);
        accepted = if reading.read(most.saturating_sub(reading.ids.len()))? {
            let ids = IdSet::new(reading.ids);
            if reading.part.excludes { accepted.difference(&ids) } else { accepted.intersection(&ids) }
        } else {
            drop(reading.rows);
            look_up(db, reading.part, &accepted, prepare)?
        };
    }
    Ok(accepted)
}

/// Reads all conditions by turns, until one that does not exclude has ended. Returns which.
fn first_to_end(readings: &mut [Reading<'_>]) -> SeamResult<usize> {
    loop {
        let mut can_end = false;
        for (number, reading) in readings.iter_mut().enumerate().filter(|(_, reading)| !reading.part.excludes) {
            if reading.read(ROWS_A_TURN)? {
                return Ok(number);
            }
            can_end = true;
        }
        if !can_end {
            return Err(SeamError::invalid("a part of a condition must accept ids"));
        }
    }
}

fn look_up(db: Db, part: &Part, ids: &IdSet, prepare: Prepare<'_>) -> SeamResult<IdSet> {
    let statement = prepare(&part.test)?;
    let mut parameters: Vec<Parameter<'_>> = part.parameters.iter().map(Owned::as_parameter).collect();
    parameters.push(Parameter::Integer(0));
    let mut accepted = Vec::new();
    for id in ids.iter() {
        if let Some(last) = parameters.last_mut() {
            *last = Parameter::Integer(id);
        }
        if statement.execute(db, &parameters)?.step()? != part.excludes {
            accepted.push(id);
        }
    }
    Ok(IdSet::new(accepted))
}
