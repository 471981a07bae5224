//! The pages of one committed state of a file.

use std::collections::HashMap;
use std::rc::Rc;

use super::bytes::u32_at;
use super::wal_frames::{Source, WalFrames};
use super::wal_head::{DATABASE_HEAD, WalHead};

/// A committed state. The caller holds a read transaction, so that no page of it is overwritten.
pub struct State<'a, S> {
    source: &'a S,
    frames: &'a WalFrames,
    head: WalHead,
    usable: usize,
    cookie: u32,
    /// The nodes of B-trees that were read.
    nodes: HashMap<u32, Rc<[u8]>>,
}

/// Where the first page says how many bytes at the end of each page are reserved, and the number of the schema.
const RESERVED: usize = 20;
const COOKIE: usize = 40;

impl<'a, S: Source> State<'a, S> {
    /// `frames` must reach exactly to the head.
    pub fn new(source: &'a S, frames: &'a WalFrames, head: WalHead) -> Option<Self> {
        if frames.count() != head.frames {
            return None;
        }
        let mut state = Self { source, frames, head, usable: 0, cookie: 0, nodes: HashMap::new() };
        let mut first = [0; DATABASE_HEAD];
        state.read(1, 0, &mut first)?;
        let reserved = usize::from(*first.get(RESERVED)?);
        state.usable = (head.page_size as usize).checked_sub(reserved).filter(|usable| *usable >= 480)?;
        state.cookie = u32_at(&first, COOKIE)?;
        Some(state)
    }

    /// Returns the head that it belongs to.
    pub(super) fn head(&self) -> &WalHead {
        &self.head
    }

    /// Returns how many bytes of a page are used.
    pub(super) fn usable(&self) -> usize {
        self.usable
    }

    /// Returns the number that changes with the schema.
    #[must_use]
    pub fn cookie(&self) -> u32 {
        self.cookie
    }

    /// Returns how many pages there are.
    pub(super) fn pages(&self) -> u32 {
        self.head.pages
    }

    /// Fills `target` with bytes of a page.
    pub(super) fn read(&self, page: u32, offset: usize, target: &mut [u8]) -> Option<()> {
        let size = self.head.page_size as usize;
        if page == 0 || page > self.head.pages || offset + target.len() > size {
            return None;
        }
        let was_read = match self.frames.content_of(page) {
            Some(start) => self.source.read_wal(start + offset as u64, target),
            None => self.source.read_file(u64::from(page - 1) * size as u64 + offset as u64, target),
        };
        was_read.then_some(())
    }

    /// Returns the bytes of a page, and keeps them.
    pub(super) fn node(&mut self, page: u32) -> Option<Rc<[u8]>> {
        if let Some(node) = self.nodes.get(&page) {
            return Some(Rc::clone(node));
        }
        let mut bytes = vec![0; self.head.page_size as usize];
        self.read(page, 0, &mut bytes)?;
        let node: Rc<[u8]> = bytes.into();
        self.nodes.insert(page, Rc::clone(&node));
        Some(node)
    }
}
