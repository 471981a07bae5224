//! Exact scans of vectors that are read meanwhile: one thread reads, and another one scans what was read.

use std::ops::ControlFlow;
use std::sync::mpsc::{channel, sync_channel};

use super::block::Block;
use super::nearest::Nearest;
use super::search::{Search, processors, try_spawn};
use super::shape::Shape;

/// The first blocks are scanned by the reader: a small table is not worth a thread.
const ALONE: usize = 4;
/// How many blocks may wait to be scanned.
const AHEAD: usize = 2;

/// Scans blocks in another thread while `read` reads further ones, and returns the nearest of each query. `read` calls
/// the function that it gets with each block; the function may take the block and leave an empty one.
///
/// # Errors
/// What `read` returns.
pub fn scan_while_reading<E>(
    shape: Shape,
    search: &Search<'_>,
    read: impl FnOnce(&mut dyn FnMut(&mut Block) -> ControlFlow<()>) -> Result<(), E>,
) -> Result<Vec<Nearest>, E> {
    let (full, blocks) = sync_channel::<Block>(AHEAD);
    let (emptied, spare) = channel::<Block>();
    std::thread::scope(|scope| {
        let mut found = search.begin();
        let mut work = Some(move || {
            let mut found = search.begin();
            for mut block in blocks {
                search.scan(&block, &mut found);
                block.clear();
                // Nobody needs it any more if the reader has ended.
                let _ = emptied.send(block);
            }
            found
        });
        let (mut scanner, mut count) = (None, 0);
        let result = read(&mut |block| {
            count += 1;
            if count == ALONE && processors() > 1 {
                scanner = work.take().and_then(|work| try_spawn(scope, work));
            }
            if scanner.is_none() {
                search.scan(block, &mut found);
                return ControlFlow::Continue(());
            }
            let next = spare.try_recv().unwrap_or_else(|_| Block::with_room(shape, 0));
            match full.send(std::mem::replace(block, next)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        // Ends the other thread when it has scanned what is left.
        drop(full);
        let others = scanner.map(|scanner| scanner.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        result?;
        for (found, others) in found.iter_mut().zip(others.into_iter().flatten()) {
            found.absorb(others);
        }
        Ok(found)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::vector::query::Query;
    use crate::vector::shape::{Metric, VectorType};

    #[test]
    fn all_blocks_are_scanned_wherever_they_are() {
        let shape = Shape { kind: VectorType::Int8, dimensions: 1, keeps_lengths: false };
        let queries = [Query::new(shape, Metric::L2, &[0]).unwrap_or_else(|error| unreachable!("{error}"))];
        let cancelled = AtomicBool::new(false);
        for blocks in [0, 1, 4, 50] {
            let search = Search { queries: &queries, limit: 1000, only: None, cancelled: &cancelled };
            let read = |scan: &mut dyn FnMut(&mut Block) -> ControlFlow<()>| -> Result<(), ()> {
                let mut block = Block::with_room(shape, 0);
                for number in 0..blocks {
                    block.push(number, number, &[number as u8], None);
                    assert!(scan(&mut block).is_continue());
                    block.clear();
                }
                Ok(())
            };
            let found = scan_while_reading(shape, &search, read).unwrap_or_default().pop().map(Nearest::into_sorted);
            let ids: Vec<i64> = found.unwrap_or_default().iter().map(|neighbor| neighbor.id).collect();
            assert_eq!(ids, (0..blocks).collect::<Vec<_>>());
        }
    }
}
