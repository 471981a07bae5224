//! How many lists a search must look at to find a share of the nearest vectors.

use crate::CoreError;

/// What was measured: for a number of lists, the share of the nearest vectors that a search of so many lists found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    points: Vec<(u32, f32)>,
}

/// This part of the neighbors that may be missed is kept in reserve: queries are not vectors of the table, as those of the
/// measurement were, and the codes lose some neighbors too.
const RESERVE: f64 = 0.4;
/// What was measured with fewer lists tells nothing of many.
const LEAST_TRAINED: usize = 8;
/// How the number of lists to be looked at grows with the number of lists, as a power.
const GROWTH: f64 = 0.4;
/// Without a measurement so many lists are looked at, or this part of them if that is more.
const LISTS: usize = 16;
const PART: usize = 32;

/// How it grows when a search is among fewer vectors, as a power: measured with embeddings of sentences.
const FEWER: f64 = 0.2;

/// Returns how many lists a search of a part of the vectors looks at, instead of `lists`. The nearest of a part are farther
/// away than those of all, so they are in more lists.
#[must_use]
pub fn lists_for_part(lists: usize, part: f64) -> usize {
    if part > 0.0 && part < 1.0 { (lists as f64 * part.powf(-FEWER)).ceil() as usize } else { lists }
}

impl Calibration {
    /// Adds what was measured. More lists come later.
    pub fn push(&mut self, lists: u32, recall: f32) {
        self.points.push((lists, recall));
    }

    /// Returns the number of lists by which a share was found in the measurement, of `all` lists.
    #[must_use]
    pub fn lists_for(&self, recall: f64, all: usize) -> usize {
        if recall >= 1.0 {
            return all;
        }
        let wanted = recall + (1.0 - recall) * RESERVE;
        let enough = self.points.iter().position(|(_, found)| f64::from(*found) >= wanted);
        match (enough, self.points.last()) {
            (Some(at), _) => self.lists_at(at, wanted),
            // More than was measured.
            (None, Some((lists, _))) => (*lists as usize * 2).min(all),
            (None, None) => LISTS.max(all / PART).min(all),
        }
    }

    /// Returns the number of lists for a share that the measurement reached at a point. The share grows ever more slowly
    /// with the lists, so a straight line from the point before tells enough of them, and not the next point's many.
    fn lists_at(&self, at: usize, wanted: f64) -> usize {
        let Some((lists, found)) = self.points.get(at).copied() else { return 0 };
        let Some((before, missed)) = at.checked_sub(1).and_then(|before| self.points.get(before)).copied() else {
            return lists as usize;
        };
        let part = (wanted - f64::from(missed)) / f64::from(found - missed);
        (f64::from(before) + part * f64::from(lists - before)).ceil() as usize
    }

    /// Returns the number of lists for an index that had `trained` lists when it was measured, and has `all` now.
    #[must_use]
    pub fn lists_after_growth(&self, recall: f64, trained: usize, all: usize) -> usize {
        let lists = self.lists_for(recall, trained.min(all));
        if recall >= 1.0 || all <= trained || trained < LEAST_TRAINED {
            let usual = if recall < 1.0 && all > trained { LISTS.max(all / PART) } else { 0 };
            return self.lists_for(recall, all).max(usual).min(all);
        }
        let growth = all as f64 / trained.max(1) as f64;
        ((lists as f64 * growth.powf(GROWTH)).ceil() as usize).min(all)
    }

    /// Returns the measured pairs: lists and share.
    #[must_use]
    pub fn points(&self) -> &[(u32, f32)] {
        &self.points
    }

    /// Returns it as bytes: pairs of u32 and f32.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        self.points.iter().flat_map(|(lists, recall)| [lists.to_le_bytes(), recall.to_le_bytes()]).flatten().collect()
    }

    /// Reads what `write` returns.
    ///
    /// # Errors
    /// If the bytes are not pairs.
    pub fn read(bytes: &[u8]) -> Result<Self, CoreError> {
        let (pairs, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(CoreError::Corrupt(format!("the calibration has {} bytes", bytes.len())));
        }
        let points = pairs
            .iter()
            .map(|[a, b, c, d, e, f, g, h]| {
                (u32::from_le_bytes([*a, *b, *c, *d]), f32::from_le_bytes([*e, *f, *g, *h]))
            })
            .collect();
        Ok(Self { points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_recall_needs_more_lists() {
        let mut calibration = Calibration::default();
        assert_eq!(calibration.lists_for(0.9, 100), LISTS);
        assert_eq!(calibration.lists_for(0.9, 5), 5);
        for (lists, recall) in [(1, 0.5), (2, 0.8), (4, 0.95), (8, 0.99)] {
            calibration.push(lists, recall);
        }
        assert_eq!([0.1, 0.6, 0.9, 0.97, 0.98].map(|recall| calibration.lists_for(recall, 100)), [1, 2, 4, 8, 8]);
        assert_eq!([0.999, 1.0].map(|recall| calibration.lists_for(recall, 100)), [16, 100]);
        assert_eq!([100, 200, 3200].map(|all| calibration.lists_after_growth(0.9, 100, all)), [4, 6, 16]);
        assert_eq!(calibration.lists_after_growth(0.9, 1, 3200), 100);
        assert_eq!([50, 200].map(|all| calibration.lists_after_growth(1.0, 100, all)), [50, 200]);
        assert_eq!(calibration.lists_after_growth(0.9, 100, 3), 3);
        assert_eq!([1.0, 0.5, 0.03, 0.0].map(|part| lists_for_part(20, part)), [20, 23, 41, 20]);
        assert_eq!(Calibration::read(&calibration.write()), Ok(calibration.clone()));
        assert!(Calibration::read(&[1, 2, 3]).is_err());
    }
}
