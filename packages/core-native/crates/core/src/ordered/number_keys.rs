//! The keys of one node of a tree of doubles.

use super::tree::NodeKeys;

/// Doubles side by side: 64 of them are eight cache lines.
#[derive(Debug)]
pub struct NumberKeys(Vec<f64>);

/// One cache line of doubles.
const LINE: usize = 8;
/// Above this many lines, reading one double of each costs more than halving.
const MOST_LINES: usize = 32;

impl NodeKeys for NumberKeys {
    type Key = f64;
    type Probe = f64;

    fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    /// Reads the last double of each line first. These reads do not wait for one another, so that a node that is not
    /// in the cache costs one trip to memory, where halving costs one per step.
    #[inline]
    fn search(&self, probe: &f64) -> Result<usize, usize> {
        let (lines, rest) = self.0.as_chunks::<LINE>();
        let position = if lines.len() > MOST_LINES {
            self.0.partition_point(|key| key < probe)
        } else {
            let below = lines.iter().map(|line| usize::from(line[LINE - 1] < *probe)).sum::<usize>();
            let line = lines.get(below).map_or(rest, |line| line.as_slice());
            below * LINE + line.iter().map(|key| usize::from(key < probe)).sum::<usize>()
        };
        if self.0.get(position) == Some(probe) { Ok(position) } else { Err(position) }
    }

    fn get(&self, position: usize) -> Option<&f64> {
        self.0.get(position)
    }

    fn insert(&mut self, position: usize, key: f64) {
        self.0.insert(position, key);
    }

    fn remove(&mut self, position: usize) -> f64 {
        self.0.remove(position)
    }

    fn replace(&mut self, position: usize, key: f64) -> Option<f64> {
        self.0.get_mut(position).map(|place| std::mem::replace(place, key))
    }

    fn split_off(&mut self, position: usize, capacity: usize) -> Self {
        let mut right = Vec::with_capacity(capacity);
        right.extend(self.0.drain(position..));
        Self(right)
    }

    fn append(&mut self, right: Self) {
        self.0.extend(right.0);
    }
}
