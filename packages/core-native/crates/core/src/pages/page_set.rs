//! A set of pages.

/// A set of page numbers, one bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct PageSet {
    words: Vec<u64>,
    count: usize,
}

impl PageSet {
    /// Adds a page. Returns whether it is new. The caller has checked that a file may have such a page, because the set
    /// takes a bit for each page below it.
    pub(super) fn insert(&mut self, page: u32) -> bool {
        let (place, bit) = (page as usize / 64, 1_u64 << (page % 64));
        if place >= self.words.len() {
            self.words.resize(place + 1, 0);
        }
        let Some(word) = self.words.get_mut(place) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        self.count += usize::from(is_new);
        is_new
    }

    pub(super) fn has(&self, page: u32) -> bool {
        self.words.get(page as usize / 64).is_some_and(|word| word >> (page % 64) & 1 == 1)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }
}

impl FromIterator<u32> for PageSet {
    fn from_iter<I: IntoIterator<Item = u32>>(pages: I) -> Self {
        let mut set = Self::default();
        for page in pages {
            set.insert(page);
        }
        set
    }
}
