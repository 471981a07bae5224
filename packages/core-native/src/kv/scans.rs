//! The statements that scan a table, by what they are for. Each is made at its first use.

use std::cell::RefCell;
use std::ops::Bound;
use std::rc::Rc;

use crate::js::error::SeamResult;
use crate::sqlite::statement::Statement;

pub(super) struct Scans {
    /// The quoted name of the table.
    table: String,
    known: RefCell<Vec<(ScanKind, Rc<Statement>)>>,
}

/// What a scan is for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ScanKind {
    /// The signs that compare a key with the bounds.
    lower: Option<&'static str>,
    upper: Option<&'static str>,
    reverse: bool,
    values: bool,
}

impl Scans {
    pub(super) fn of(table: String) -> Self {
        Self { table, known: RefCell::default() }
    }

    /// Returns the scan between two bounds. Its parameters are the most bytes of a value, if it has values, and the
    /// bounds.
    pub(super) fn find(
        &self,
        lower: &Bound<Vec<u8>>,
        upper: &Bound<Vec<u8>>,
        reverse: bool,
        values: bool,
    ) -> SeamResult<Rc<Statement>> {
        let (lower, upper) = (sign_of(lower, [">", ">="]), sign_of(upper, ["<", "<="]));
        let kind = ScanKind { lower, upper, reverse, values };
        if let Some((_, scan)) = self.known.borrow().iter().find(|(known, _)| *known == kind) {
            return Ok(Rc::clone(scan));
        }
        let scan = Rc::new(Statement::new(&self.sql(kind))?);
        self.known.borrow_mut().push((kind, Rc::clone(&scan)));
        Ok(scan)
    }

    fn sql(&self, kind: ScanKind) -> String {
        let ends = [kind.lower, kind.upper].into_iter().flatten();
        let conditions: Vec<_> = ends.map(|sign| format!("key {sign} ?")).collect();
        format!(
            "SELECT key{} FROM main.{}{}{} ORDER BY key{}",
            // A longer value is not even read: it does not fit the page, or is more than the host takes in one piece.
            if kind.values { ", iif(octet_length(value) <= ?1, value, NULL)" } else { "" },
            self.table,
            if conditions.is_empty() { "" } else { " WHERE " },
            conditions.join(" AND "),
            if kind.reverse { " DESC" } else { "" },
        )
    }

    pub(super) fn finalize(&self) {
        for (_, scan) in self.known.borrow().iter() {
            scan.finalize();
        }
    }
}

fn sign_of(bound: &Bound<Vec<u8>>, [excluded, included]: [&'static str; 2]) -> Option<&'static str> {
    match bound {
        Bound::Excluded(_) => Some(excluded),
        Bound::Included(_) => Some(included),
        Bound::Unbounded => None,
    }
}
