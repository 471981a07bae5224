//! Where pages come from.

use std::ops::Deref;
use std::rc::Rc;

/// The pages of one committed state of a file.
pub trait Pages {
    /// Returns the bytes of a page that are used, or None if it cannot be had. Pages count from 1.
    fn page(&self, number: u32) -> Option<Page<'_>>;
}

/// The bytes of a page.
#[derive(Clone)]
pub enum Page<'a> {
    /// Where the file is mapped.
    Mapped(&'a [u8]),
    /// A copy.
    Copied(Rc<[u8]>),
}

impl Deref for Page<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}
