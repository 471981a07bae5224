//! What has happened to a transaction and its savepoints since somebody last asked, as short as it can be told.
//!
//! SQLite tells of every savepoint when it happens; who keeps something in memory asks only before the next use. Nothing
//! in memory has changed in between, so a savepoint that came and went need not be told: the log is never longer than the
//! savepoints are deep.

/// One step, in SQLite's numbers: 0 is the first savepoint, -1 the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// We take part in a transaction from here on; its savepoints up to this one are open already.
    Begin(i32),
    /// A savepoint was opened.
    Savepoint(i32),
    /// What was done since that savepoint belongs to what lies around it.
    Release(i32),
    /// What was done since that savepoint is undone; it is still open.
    RollbackTo(i32),
    /// All of it is in the file.
    Commit,
    /// None of it is.
    Rollback,
}

impl Step {
    /// One number for JavaScript: the kind in the low three bits, the savepoint's number plus one above.
    pub fn to_code(self) -> i32 {
        let (kind, savepoint) = match self {
            Self::Begin(savepoint) => (0, savepoint),
            Self::Savepoint(savepoint) => (1, savepoint),
            Self::Release(savepoint) => (2, savepoint),
            Self::RollbackTo(savepoint) => (3, savepoint),
            Self::Commit => (4, -1),
            Self::Rollback => (5, -1),
        };
        (savepoint + 1) << 3 | kind
    }
}

/// The steps that have not been told yet.
#[derive(Default)]
pub struct TransactionLog {
    steps: Vec<Step>,
}

impl TransactionLog {
    /// Adds a step, and drops those that make no difference any more.
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

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Hands the steps over, as many as there is room for; those that are left come with the next call.
    pub fn take(&mut self, target: &mut [i32]) -> usize {
        let count = self.steps.len().min(target.len());
        for (place, step) in target.iter_mut().zip(self.steps.drain(..count)) {
            *place = step.to_code();
        }
        count
    }

    /// Whether the savepoint itself was among the last steps, which are gone then.
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
