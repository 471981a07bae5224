//! A short log leads to the same state as a whole one, whenever it is asked for.

use super::{Step, TransactionLog};

/// Something in memory that follows a transaction: a value, and its value at each open savepoint.
#[derive(Clone, Debug, Default, PartialEq)]
struct Memory {
    value: u32,
    marks: Vec<(i32, u32)>,
}

impl Memory {
    fn follow(&mut self, step: Step) {
        match step {
            Step::Begin(savepoint) => self.marks = (-1..=savepoint).map(|level| (level, self.value)).collect(),
            Step::Savepoint(savepoint) => self.marks.push((savepoint, self.value)),
            Step::Release(savepoint) => self.marks.retain(|&(level, _)| level < savepoint),
            Step::RollbackTo(savepoint) => {
                if let Some(&(_, value)) = self.marks.iter().find(|&&(level, _)| level == savepoint) {
                    self.value = value;
                }
                self.marks.retain(|&(level, _)| level <= savepoint);
            }
            Step::Commit => self.marks.clear(),
            Step::Rollback => {
                self.value = self.marks.first().map_or(self.value, |&(_, value)| value);
                self.marks.clear();
            }
        }
    }
}

fn step_of(code: i32) -> Step {
    let savepoint = (code >> 3) - 1;
    match code & 7 {
        0 => Step::Begin(savepoint),
        1 => Step::Savepoint(savepoint),
        2 => Step::Release(savepoint),
        3 => Step::RollbackTo(savepoint),
        4 => Step::Commit,
        _ => Step::Rollback,
    }
}

fn follow_all(log: &mut TransactionLog, memory: &mut Memory) -> usize {
    let mut codes = [0; 3];
    let mut all = 0;
    loop {
        let count = log.take(&mut codes);
        all += count;
        for &code in codes.iter().take(count) {
            memory.follow(step_of(code));
        }
        if log.is_empty() {
            return all;
        }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end)) as u32
    }
}

#[test]
fn a_short_log_leads_to_the_same_state_as_a_whole_one() {
    for seed in 0..3_000 {
        let mut random = Random(seed);
        let mut log = TransactionLog::default();
        let (mut at_once, mut late) = (Memory::default(), Memory::default());
        let mut deepest: Option<i32> = None;
        for turn in 0..200 {
            let step = match deepest {
                // A change joins the transaction first, and takes that step at once.
                None => Step::Begin(random.below(4) as i32 - 1),
                Some(open) => match random.below(9) {
                    0..=2 => Step::Savepoint(open + 1),
                    3..=4 if open >= 0 => Step::Release(random.below((open + 1) as u32) as i32),
                    5..=6 => Step::RollbackTo(random.below((open + 2) as u32) as i32 - 1),
                    7 => Step::Commit,
                    8 => Step::Rollback,
                    _ => continue,
                },
            };
            deepest = match step {
                Step::Begin(savepoint) | Step::Savepoint(savepoint) | Step::RollbackTo(savepoint) => Some(savepoint),
                Step::Release(savepoint) => Some(savepoint - 1),
                Step::Commit | Step::Rollback => None,
            };
            at_once.follow(step);
            log.push(step);
            if matches!(step, Step::Begin(_)) || random.below(3) == 0 {
                follow_all(&mut log, &mut late);
                assert_eq!(at_once, late, "seed {seed}, turn {turn}");
                let value = random.below(1_000);
                (at_once.value, late.value) = (value, value);
            }
        }
    }
}

#[test]
fn a_log_that_nobody_asks_for_stays_short() {
    let mut log = TransactionLog::default();
    let mut memory = Memory::default();
    log.push(Step::Begin(-1));
    follow_all(&mut log, &mut memory);
    for _ in 0..10_000 {
        for step in [
            Step::Savepoint(0),
            Step::Savepoint(1),
            Step::RollbackTo(0),
            Step::Savepoint(1),
            Step::Release(1),
            Step::RollbackTo(-1),
            Step::Savepoint(0),
            Step::Release(0),
        ] {
            log.push(step);
        }
    }
    assert!(follow_all(&mut log, &mut memory) <= 2);
}
