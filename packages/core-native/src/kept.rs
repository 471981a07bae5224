//! What a connection keeps open until it closes: tables and BLOB sites, each known by a number.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use crate::js::error::{SeamError, SeamResult};

/// Something that a connection keeps open.
pub(crate) trait Kept: Any {
    /// What this is, for messages.
    fn what() -> &'static str
    where
        Self: Sized;

    /// Ends what was kept open because a read snapshot was held.
    fn release_snapshot(&self) {}

    /// Finalizes every statement. The next use prepares it again.
    fn finalize(&self);
}

/// The kept things of a connection.
#[derive(Default)]
pub(crate) struct KeptThings(RefCell<Vec<Rc<dyn Kept>>>);

impl KeptThings {
    /// Keeps something and returns its number.
    pub(crate) fn add(&self, kept: impl Kept) -> SeamResult<u32> {
        let mut all = self.0.borrow_mut();
        let number = u32::try_from(all.len()).map_err(|_| SeamError::invalid("2^32 tables are open: close some"))?;
        all.push(Rc::new(kept));
        Ok(number)
    }

    /// Returns the thing that has a number.
    #[inline]
    pub(crate) fn get<T: Kept>(&self, number: u32) -> SeamResult<Rc<T>> {
        let kept = self.0.borrow().get(number as usize).map(Rc::clone);
        kept.and_then(|kept| (kept as Rc<dyn Any>).downcast().ok()).ok_or_else(|| unknown::<T>(number))
    }

    /// Calls `work` with each kept thing.
    pub(crate) fn for_each(&self, work: impl Fn(&dyn Kept)) {
        for kept in self.0.borrow().iter() {
            work(kept.as_ref());
        }
    }

    /// Drops everything. The numbers are given out again.
    pub(crate) fn clear(&self) {
        // Dropped when nothing is borrowed any more.
        drop(self.0.take());
    }
}

#[cold]
fn unknown<T: Kept>(number: u32) -> SeamError {
    SeamError::invalid(format!("this connection has no {} {number}", T::what()))
}
