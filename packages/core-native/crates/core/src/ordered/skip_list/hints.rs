//! A table that leads from the hash of a key to its entry, so that most look-ups spare the search through the list,
//! which waits for memory some forty times.
//!
//! The table is only a help, and may forget any entry. An entry comes here after it came into the list, and leaves the
//! list after its slot is dead. So an entry that was found here and is not dead is the one of the list. Nothing else
//! about the order of what threads do here matters.
//!
//! The places come in groups of [`GROUP`], each a cache line. An entry may be at any place of its group. Each place has
//! a tag, a few bits of the hash, so that a look-up follows few pointers to other keys. A table that gets too full is
//! replaced by an empty one of twice the size. Each entry that is added then moves a group of the old table.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use arc_swap::{ArcSwapAny, ArcSwapOption};
use hashbrown::DefaultHashBuilder;

use super::entry::{Entry, Shared, code_of};
use crate::ordered::value_slot::{self, Cell, SwapCell};

const GROUP: usize = 7;
/// How many places of a group are taken on average before the table grows. More would leave out more entries.
const FULL: usize = 4;
/// Searching a shorter list is as fast.
const LEAST_ENTRIES: usize = 512;
const TAKEN: u8 = 0x80;

#[derive(Default)]
pub(super) struct Hints {
    table: ArcSwapOption<Table>,
    hasher: DefaultHashBuilder,
}

#[derive(Default)]
#[repr(align(64))]
struct Group {
    /// 0 for a free place.
    tags: [AtomicU8; GROUP],
    entries: [ArcSwapAny<Option<Shared>>; GROUP],
}

struct Table {
    groups: Box<[Group]>,
    /// The table before this one, until its entries were moved.
    before: ArcSwapOption<Table>,
    /// How many of its groups were moved, or are being moved.
    moved: AtomicUsize,
}

/// Where a key belongs.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn tag(self) -> u8 {
        TAKEN | self.0.to_be_bytes()[0]
    }

    fn group(self, table: &Table) -> Option<&Group> {
        let mask = table.groups.len().wrapping_sub(1);
        table.groups.get(usize::try_from(self.0 & 0xffff_ffff).unwrap_or_default() & mask)
    }

    /// The place that is given up if none is free.
    fn victim(self) -> usize {
        usize::from(self.0.to_be_bytes()[1]) % GROUP
    }
}

impl Group {
    fn find(&self, tag: u8, code: &[u8]) -> Option<Entry> {
        let tagged = self.tags.iter().zip(&self.entries).filter(|(own, _)| own.load(Ordering::Relaxed) == tag);
        tagged.map(|(_, entry)| entry.load()).find_map(|entry| {
            let entry = entry.as_ref().filter(|entry| code_of(entry) == code)?;
            Some(Entry::of_shared(entry.clone()))
        })
    }

    fn holds(&self, entry: &Entry) -> bool {
        let is_it = |held: &Shared| held.as_ptr() == entry.shared().as_ptr();
        self.entries.iter().any(|held| held.load().as_ref().is_some_and(is_it))
    }

    fn put(&self, hash: Hash, entry: &Entry) {
        let free = self.tags.iter().position(|tag| tag.load(Ordering::Relaxed) == 0);
        let place = free.unwrap_or_else(|| hash.victim());
        if let (Some(own), Some(tag)) = (self.entries.get(place), self.tags.get(place)) {
            own.store(Some(entry.shared().clone()));
            tag.store(hash.tag(), Ordering::Relaxed);
        }
    }

    fn forget(&self, entry: &Entry) {
        for (tag, own) in self.tags.iter().zip(&self.entries) {
            let held = own.load();
            if held.as_ref().is_some_and(|held| held.as_ptr() == entry.shared().as_ptr()) {
                own.compare_and_swap(&held, None);
                tag.store(0, Ordering::Relaxed);
            }
        }
    }
}

impl Hints {
    fn hash(&self, code: &[u8]) -> Hash {
        Hash(self.hasher.hash_one(code))
    }

    /// Returns an entry of this key that may be dead, or None if none is known.
    pub(super) fn find(&self, code: &[u8]) -> Option<Entry> {
        let table = self.table.load();
        let table = table.as_ref()?;
        let hash = self.hash(code);
        let group = hash.group(table)?;
        group.find(hash.tag(), code).or_else(|| {
            let entry = hash.group(table.before.load().as_ref()?)?.find(hash.tag(), code)?;
            keep(group, hash, &entry);
            Some(entry)
        })
    }

    /// Takes up an entry of a list with so many.
    pub(super) fn put(&self, entry: &Entry, len: usize) {
        if len < LEAST_ENTRIES {
            return;
        }
        let table = self.table.load();
        let Some(table) = table.as_ref().filter(|table| len <= table.groups.len() * FULL) else {
            self.grow(table.as_ref(), len);
            return;
        };
        let hash = self.hash(entry.code());
        if let Some(group) = hash.group(table) {
            keep(group, hash, entry);
        }
        if let Some(before) = table.before.load().as_ref() {
            self.move_group(before, table);
        }
    }

    /// Moves the entries of a group of the table before this one, and lets go of that table after the last group.
    fn move_group(&self, before: &Table, table: &Table) {
        let next = table.moved.fetch_add(1, Ordering::Relaxed);
        let entries = before.groups.get(next).into_iter().flat_map(|group| &group.entries);
        for entry in entries.filter_map(|entry| entry.load_full()).map(Entry::of_shared) {
            let hash = self.hash(entry.code());
            if let Some(group) = hash.group(table).filter(|group| !group.holds(&entry)) {
                keep(group, hash, &entry);
            }
        }
        // Others may still be moving theirs. What they do not find here any more is searched in the list.
        if next + 1 == before.groups.len() {
            table.before.store(None);
        }
    }

    /// Forgets an entry that is dead.
    pub(super) fn forget(&self, entry: &Entry) {
        let table = self.table.load();
        let Some(table) = table.as_ref() else { return };
        let hash = self.hash(entry.code());
        let before = table.before.load();
        for table in [Some(table), before.as_ref()].into_iter().flatten() {
            if let Some(group) = hash.group(table) {
                group.forget(entry);
            }
        }
    }

    /// Forgets everything.
    pub(super) fn forget_all(&self) {
        self.table.store(None);
    }

    /// Replaces a table by one of twice the size, if no other thread has.
    #[cold]
    fn grow(&self, full: Option<&Arc<Table>>, len: usize) {
        let groups = (len / FULL + 1).next_power_of_two();
        let groups = (0..groups).map(|_| Group::default()).collect();
        let larger = Arc::new(Table { groups, before: ArcSwapOption::new(full.cloned()), moved: AtomicUsize::new(0) });
        let replaced = self.table.compare_and_swap(&full.cloned(), Some(larger));
        if let Some(full) = full
            && replaced.as_ref().is_some_and(|replaced| Arc::ptr_eq(replaced, full))
        {
            full.before.store(None);
        }
    }
}

/// Puts an entry into a group. The removal of an entry makes it dead first and then makes the hints forget it. So either
/// that comes after this, or this sees that the entry is dead.
fn keep(group: &Group, hash: Hash, entry: &Entry) {
    group.put(hash, entry);
    let cell: &SwapCell = entry.as_ref();
    if SwapCell::content(&cell.look()).is_some_and(value_slot::is_dead) {
        group.forget(entry);
    }
}
