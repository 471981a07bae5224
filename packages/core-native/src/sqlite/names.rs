//! Names in SQL that differ between copies of this library, so that two versions in one process do not take each
//! other's.

static ADDRESS_OF_THIS_COPY: u8 = 0;

/// Returns a name that begins with `prefix` and that no other copy of this library uses.
pub(crate) fn of_this_copy(prefix: &str) -> String {
    format!("kohakuvault_{prefix}_{:x}", (&raw const ADDRESS_OF_THIS_COPY).addr())
}
