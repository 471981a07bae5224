//! From pages to the rows that memory has a copy of.

use std::collections::{BTreeMap, BTreeSet};

use super::btree::{RowPages, leads_on, locate, walk};
use super::page_set::PageSet;
use super::state::State;
use super::wal_frames::Source;
use crate::boundary::watch_owner::UNKNOWN;

/// A row, and what its copy in memory belongs to.
struct OwnedRow {
    owner: i64,
    pages: RowPages,
}

/// The watched rows of one table.
struct Tree {
    root: u32,
    /// Whether all rows are watched, also those to come. Then a row's owner is its rowid.
    is_whole: bool,
    /// The pages of the nodes above the leaves, and the root.
    inner: Vec<u32>,
    rows: BTreeMap<i64, OwnedRow>,
}

/// The watched rows of all tables.
#[derive(Default)]
pub(super) struct PageMap {
    trees: Vec<Tree>,
    /// The pages of all of them.
    pages: PageSet,
}

impl PageMap {
    /// Returns whether a page belongs to a watched row, or is on the way to one.
    pub(super) fn has(&self, page: u32) -> bool {
        self.pages.has(page)
    }

    /// Watches all rows of a table.
    pub(super) fn watch_table<S: Source>(&mut self, state: &mut State<'_, S>, root: u32) -> Option<()> {
        let mut tree = Tree { root, is_whole: true, inner: Vec::new(), rows: BTreeMap::new() };
        tree.walk(state, |_| true)?;
        self.trees.push(tree);
        self.count_pages();
        Some(())
    }

    /// Watches one row of a table. Returns None if there is no such row.
    pub(super) fn watch_row<S: Source>(
        &mut self,
        state: &mut State<'_, S>,
        root: u32,
        rowid: i64,
        owner: i64,
    ) -> Option<()> {
        if !self.trees.iter().any(|tree| tree.root == root) {
            self.trees.push(Tree { root, is_whole: false, inner: Vec::new(), rows: BTreeMap::new() });
        }
        let tree = self.trees.iter_mut().find(|tree| tree.root == root && !tree.is_whole)?;
        let mut inner = Vec::new();
        let pages = locate(state, root, rowid, |_, _, _| None, |page| inner.push(page))??;
        for page in pages.all().chain(inner.iter().copied()) {
            self.pages.insert(page);
        }
        for page in inner {
            if !tree.inner.contains(&page) {
                tree.inner.push(page);
            }
        }
        tree.rows.insert(rowid, OwnedRow { owner, pages });
        Some(())
    }

    /// Forgets the rows of an owner.
    pub(super) fn forget_owner(&mut self, owner: i64) {
        for tree in &mut self.trees {
            tree.rows.retain(|_, row| row.owner != owner);
        }
    }

    /// Returns the pages of one watched row, as they are now. `own` are those that commits have written since the rows
    /// were found, whose changes the copy has already. Returns None if there is no such row.
    pub(super) fn row_now<S: Source>(
        &mut self,
        state: &mut State<'_, S>,
        root: u32,
        rowid: i64,
        own: &PageSet,
    ) -> Option<&RowPages> {
        let tree = self.trees.iter_mut().find(|tree| tree.root == root && !tree.is_whole)?;
        let is_written = |page: u32| own.has(page);
        if own.len() > 0 && tree.may_have_moved(state, rowid, is_written)? {
            let mut found = Vec::new();
            let pages = tree.find(state, rowid, is_written, |page| found.push(page))??;
            tree.inner.extend(found.iter().filter(|page| !tree.inner.contains(page)).copied().collect::<Vec<_>>());
            for page in found.into_iter().chain(pages.all()) {
                self.pages.insert(page);
            }
            tree.rows.get_mut(&rowid)?.pages = pages;
        }
        tree.rows.get(&rowid).map(|row| &row.pages)
    }

    /// Returns the pages of an owner's rows, table after table.
    pub(super) fn pages_of(&self, owner: i64) -> Vec<u32> {
        let rows = self.trees.iter().flat_map(|tree| tree.rows.values());
        rows.filter(|row| row.owner == owner).flat_map(|row| row.pages.all()).collect()
    }

    /// Finds the rows again after commits have written pages: `own` those whose changes the copy has already, and
    /// `others`. Returns the owners of rows that may have changed, that are new or that are gone. Their rows are watched
    /// as they are now; those that are gone are forgotten.
    ///
    /// `UNKNOWN` is among the owners if rows may be gone that were never found: those that our commits have inserted, or
    /// that others have deleted before all rows were found (`is_ahead`).
    pub(super) fn refresh<S: Source>(
        &mut self,
        state: &mut State<'_, S>,
        own: &PageSet,
        others: &PageSet,
        is_ahead: bool,
    ) -> Option<BTreeSet<i64>> {
        let mut changed = BTreeSet::new();
        let is_written = |page: u32| own.has(page) || others.has(page);
        for tree in &mut self.trees {
            let is_hit = tree.inner.iter().any(|page| is_written(*page))
                || tree.rows.values().any(|row| row.pages.all().any(is_written));
            if !is_hit {
                continue;
            }
            let before = if tree.is_whole { tree.walk(state, is_written)? } else { tree.relocate(state, is_written)? };
            let gone = before.iter().filter(|(rowid, _)| !tree.rows.contains_key(*rowid));
            changed.extend(gone.map(|(_, row)| row.owner));
            let touched = tree.rows.values().filter(|row| row.pages.all().any(|page| others.has(page)));
            changed.extend(touched.map(|row| row.owner));
            // Nothing is left of such rows to be found, but others have written a node of the tree.
            let nodes = || tree.inner.iter().copied().chain(tree.rows.values().map(|row| row.pages.leaf));
            if tree.is_whole && (is_ahead || own.len() > 0) && nodes().any(|page| others.has(page)) {
                changed.insert(UNKNOWN);
            }
        }
        self.count_pages();
        Some(changed)
    }

    fn count_pages(&mut self) {
        let mut pages = PageSet::default();
        for tree in &self.trees {
            for page in tree.inner.iter().copied().chain(tree.rows.values().flat_map(|row| row.pages.all())) {
                pages.insert(page);
            }
        }
        self.pages = pages;
    }
}

impl Tree {
    /// Finds all rows. Returns what was known of them before.
    fn walk<S: Source>(
        &mut self,
        state: &mut State<'_, S>,
        is_written: impl Fn(u32) -> bool,
    ) -> Option<BTreeMap<i64, OwnedRow>> {
        let before = std::mem::take(&mut self.rows);
        // Pages that nobody has written lead on as before.
        let known = |rowid: i64, first: u32, count: usize| {
            let overflow = &before.get(&rowid)?.pages.overflow;
            let is_same = overflow.len() == count && overflow.first().is_none_or(|page| *page == first);
            (is_same && !overflow.iter().any(|page| is_written(*page))).then(|| overflow.clone())
        };
        let rows = &mut self.rows;
        self.inner = walk(state, self.root, known, |rowid, pages| {
            rows.insert(rowid, OwnedRow { owner: rowid, pages });
        })?;
        Some(before)
    }

    /// Finds the watched rows again that may have moved. Returns those that are gone.
    fn relocate<S: Source>(
        &mut self,
        state: &mut State<'_, S>,
        is_written: impl Fn(u32) -> bool,
    ) -> Option<BTreeMap<i64, OwnedRow>> {
        let all = self.inner.iter().any(|page| is_written(*page));
        if all {
            self.inner.clear();
        }
        let mut inner: PageSet = self.inner.iter().copied().collect();
        let mut gone = BTreeMap::new();
        let moved = self.rows.iter().filter(|(_, row)| all || row.pages.all().any(&is_written));
        let moved: Vec<i64> = moved.map(|(rowid, _)| *rowid).collect();
        for rowid in moved {
            if !all && !self.may_have_moved(state, rowid, &is_written)? {
                continue;
            }
            let mut way = Vec::new();
            let found = self.find(state, rowid, &is_written, |page| way.push(page))?;
            self.inner.extend(way.into_iter().filter(|page| inner.insert(*page)));
            match (found, self.rows.get_mut(&rowid)) {
                (Some(pages), Some(row)) => row.pages = pages,
                _ => gone.extend(self.rows.remove_entry(&rowid)),
            }
        }
        if self.rows.is_empty() && self.inner.is_empty() {
            self.inner.push(self.root);
        }
        Some(gone)
    }

    /// Returns whether a watched row may have other pages after some were written.
    fn may_have_moved<S: Source>(
        &self,
        state: &State<'_, S>,
        rowid: i64,
        is_written: impl Fn(u32) -> bool,
    ) -> Option<bool> {
        let RowPages { leaf, overflow, .. } = &self.rows.get(&rowid)?.pages;
        let is_way_written = is_written(*leaf) || self.inner.iter().any(|page| is_written(*page));
        Some(is_way_written || !leads_on(state, overflow, is_written))
    }

    /// Finds a watched row. Does not follow its overflow pages again if they are the same.
    fn find<S: Source>(
        &self,
        state: &mut State<'_, S>,
        rowid: i64,
        is_written: impl Fn(u32) -> bool,
        inner: impl FnMut(u32),
    ) -> Option<Option<RowPages>> {
        let known = |state: &State<'_, S>, first: u32, count: usize| {
            let overflow = &self.rows.get(&rowid)?.pages.overflow;
            let is_same = overflow.len() == count && overflow.first().is_none_or(|page| *page == first);
            (is_same && leads_on(state, overflow, &is_written)).then(|| overflow.clone())
        };
        locate(state, self.root, rowid, known, inner)
    }
}
