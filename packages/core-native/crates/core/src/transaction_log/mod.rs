//! What has happened to a transaction and its savepoints since somebody last asked, as few steps as possible.
//!
//! SQLite reports every savepoint when it happens. Those who keep something in memory ask only before its next use.
//! Nothing in memory has changed in between, so a savepoint that came and went leaves no step. The log is never longer
//! than the savepoints are deep.

use crate::boundary::{step, step_kind};

/// One step, with SQLite's numbers: 0 is the first savepoint, -1 the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// We follow a transaction from here on. Its savepoints up to this one are open already.
    Begin(i32),
    /// A savepoint was opened.
    Savepoint(i32),
    /// What was done since that savepoint belongs to the level around it.
    Release(i32),
    /// What was done since that savepoint is undone. The savepoint is still open.
    RollbackTo(i32),
    /// The transaction is in the file.
    Commit,
    /// The transaction is undone.
    Rollback,
}

impl Step {
    /// Returns the number that JavaScript gets: see `boundary::step`.
    pub fn to_code(self) -> i32 {
        let (kind, savepoint) = match self {
            Self::Begin(savepoint) => (step_kind::BEGIN, savepoint),
            Self::Savepoint(savepoint) => (step_kind::SAVEPOINT, savepoint),
            Self::Release(savepoint) => (step_kind::RELEASE, savepoint),
            Self::RollbackTo(savepoint) => (step_kind::ROLLBACK_TO, savepoint),
            Self::Commit => (step_kind::COMMIT, -1),
            Self::Rollback => (step_kind::ROLLBACK, -1),
        };
        (savepoint + 1) << step::KIND_BITS | kind
    }
}

/// The steps that nobody has taken yet.
#[derive(Default)]
pub struct TransactionLog {
    steps: Vec<Step>,
}

impl TransactionLog {
    /// Adds a step, and drops the steps that make no difference any more.
    pub fn push(&mut self, step: Step) {
        match step {
            Step::Begin(_) | Step::Savepoint(_) => {}
            Step::Release(savepoint) => {
                if self.drop_savepoints_from(savepoint) {
                    return;
                }
                self.drop_while(|last| matches!(last, Step::Release(inner) if inner >= savepoint));
            }
            Step::RollbackTo(savepoint) => {
                self.drop_savepoints_from(savepoint + 1);
                if self.steps.last() == Some(&Step::Savepoint(savepoint)) {
                    return;
                }
                self.drop_while(|last| match last {
                    Step::Release(inner) => inner > savepoint,
                    Step::RollbackTo(inner) => inner >= savepoint,
                    _ => false,
                });
            }
            Step::Commit => {
                self.drop_while(|last| matches!(last, Step::Savepoint(_)));
            }
            Step::Rollback => self.steps.clear(),
        }
        self.steps.push(step);
    }

    /// Returns whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Moves steps to `target`, as many as fit, and returns how many. The next call gets the others.
    pub fn take(&mut self, target: &mut [i32]) -> usize {
        let count = self.steps.len().min(target.len());
        for (place, step) in target.iter_mut().zip(self.steps.drain(..count)) {
            *place = step.to_code();
        }
        count
    }

    /// Drops the last steps that open savepoints from this one on. Returns whether the savepoint itself was among them.
    fn drop_savepoints_from(&mut self, savepoint: i32) -> bool {
        let mut found = false;
        self.drop_while(|last| {
            let inner = matches!(last, Step::Savepoint(inner) if inner >= savepoint);
            found |= last == Step::Savepoint(savepoint);
            inner
        });
        found
    }

    fn drop_while(&mut self, mut drops: impl FnMut(Step) -> bool) {
        while let Some(&last) = self.steps.last() {
            if !drops(last) {
                return;
            }
            self.steps.pop();
        }
    }
}

#[cfg(test)]
mod tests;
