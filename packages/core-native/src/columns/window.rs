//! Some elements of a column that follow one another, as a scan has read them.

/// A window on the elements of a column.
#[derive(Default)]
pub(super) struct Window {
    first: i64,
    count: i64,
    /// The bytes of one element; 0 if they vary.
    size: usize,
    /// What comes before the bytes of an element's value.
    skipped: usize,
    bytes: Vec<u8>,
    /// Where elements that vary in size begin and end.
    bounds: Vec<usize>,
}

impl Window {
    /// Empties it, for elements from `first` on. Until it is filled, it has none.
    pub(super) fn begin(&mut self, first: i64, size: usize, skipped: usize) -> (&mut Vec<u8>, &mut Vec<usize>) {
        self.count = 0;
        (self.first, self.size, self.skipped) = (first, size, skipped);
        self.bytes.clear();
        self.bounds.clear();
        (&mut self.bytes, &mut self.bounds)
    }

    /// Says how many elements were filled in.
    pub(super) fn filled(&mut self, count: i64) {
        self.count = count;
    }

    #[inline]
    pub(super) const fn has(&self, index: i64) -> bool {
        index >= self.first && index - self.first < self.count
    }

    /// Returns the bytes of an element that the window has.
    #[inline]
    pub(super) fn element(&self, index: i64) -> &[u8] {
        let nth = usize::try_from(index - self.first).unwrap_or_default();
        let range = if self.size > 0 {
            let start = nth * self.size;
            start + self.skipped..start + self.size
        } else {
            let bound = |nth: usize| self.bounds.get(nth).copied().unwrap_or_default();
            bound(nth)..bound(nth + 1)
        };
        self.bytes.get(range).unwrap_or_default()
    }
}
