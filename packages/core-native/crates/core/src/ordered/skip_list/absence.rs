//! Whether this thread looks for keys that are absent.
//!
//! The hints cannot tell that a key is absent, so to ask them first is in vain then. A thread that has found nothing so
//! many times in a row asks the list alone, until it finds something. Each thread counts on its own, over all lists: a
//! number that they shared would move from core to core with each look-up.

use std::cell::Cell;

const MANY: u8 = 8;

thread_local! {
    static IN_A_ROW: Cell<u8> = const { Cell::new(0) };
}

/// Returns whether the next key is probably absent.
#[inline]
pub(super) fn is_likely() -> bool {
    IN_A_ROW.get() >= MANY
}

/// Notes whether a key was found.
#[inline]
pub(super) fn note(is_absent: bool) {
    IN_A_ROW.set(if is_absent { IN_A_ROW.get().saturating_add(1) } else { 0 });
}
