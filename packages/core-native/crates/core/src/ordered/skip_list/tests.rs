//! The protocol of insert, set_default, get and remove under every interleaving of a few threads (loom), and the list
//! itself under real threads.
//!
//! `LOOM_MAX_PREEMPTIONS=5 cargo test --release skip_list` searches further than the two preemptions of a quick run.
//! The tests with real threads are also for ThreadSanitizer (`docs/design/ordered.md`), which checks what loom assumes:
//! the memory of crossbeam and arc-swap.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use loom::sync::Mutex as LoomMutex;

use super::waits::Awaited;
use super::*;
use crate::ordered::key::KeyWriter;

/// A cell that the model checker may interrupt at every step.
struct ModelCell(LoomMutex<Option<Content>>);

impl Default for ModelCell {
    fn default() -> Self {
        Self(LoomMutex::new(None))
    }
}

impl Cell for ModelCell {
    type Seen = Option<Content>;

    fn look(&self) -> Self::Seen {
        self.0.lock().unwrap().clone()
    }

    fn content(seen: &Self::Seen) -> Option<&Content> {
        seen.as_ref()
    }

    fn change(&self, seen: &Self::Seen, new: &Content) -> bool {
        let mut held = self.0.lock().unwrap();
        let same = value_slot::same(held.as_ref(), seen.as_ref());
        if same {
            *held = Some(new.clone());
        }
        same
    }
}

type ModelEntries = LoomMutex<BTreeMap<u8, Arc<ModelCell>>>;

/// Stands for crossbeam's list and for the hints: each of their operations happens at one instant, and other threads may
/// come between the two.
struct ModelIndex {
    list: ModelEntries,
    hints: ModelEntries,
}

impl ModelIndex {
    fn new() -> Self {
        Self { list: LoomMutex::new(BTreeMap::new()), hints: LoomMutex::new(BTreeMap::new()) }
    }

    fn hinted(&self, key: u8) -> Option<ModelFound> {
        self.hints.lock().unwrap().get(&key).map(|cell| ModelFound(key, Arc::clone(cell)))
    }

    /// Does what `hints::keep` does.
    fn keep(&self, found: ModelFound) -> ModelFound {
        self.hints.lock().unwrap().insert(found.0, Arc::clone(&found.1));
        if ModelCell::content(&found.1.look()).is_some_and(value_slot::is_dead) {
            Self::remove(&self.hints, &found);
        }
        found
    }

    fn remove(entries: &ModelEntries, found: &ModelFound) {
        let mut entries = entries.lock().unwrap();
        if entries.get(&found.0).is_some_and(|cell| Arc::ptr_eq(cell, &found.1)) {
            entries.remove(&found.0);
        }
    }
}

#[derive(Clone)]
struct ModelFound(u8, Arc<ModelCell>);

impl AsRef<ModelCell> for ModelFound {
    fn as_ref(&self) -> &ModelCell {
        &self.1
    }
}

impl Index<ModelCell> for ModelIndex {
    type Code = u8;
    type Key = u8;
    type Found<'index> = ModelFound;

    fn find(&self, key: &u8) -> Option<ModelFound> {
        self.hinted(*key).or_else(|| {
            let cell = self.list.lock().unwrap().get(key).map(Arc::clone)?;
            Some(self.keep(ModelFound(*key, cell)))
        })
    }

    fn find_or_add(&self, key: &u8) -> ModelFound {
        self.hinted(*key).unwrap_or_else(|| {
            let cell = Arc::clone(self.list.lock().unwrap().entry(*key).or_default());
            self.keep(ModelFound(*key, cell))
        })
    }

    fn take_out(&self, found: &ModelFound) {
        Self::remove(&self.hints, found);
        Self::remove(&self.list, found);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Insert(u8),
    SetDefault(u8),
    Get,
    Remove,
    /// Answers 1 if the key had the first and has the second now; None stands for no entry.
    CompareAndSet(Option<u8>, Option<u8>),
}

const KEY: u8 = 1;

fn value(byte: u8) -> Content {
    value_slot::value(&[byte])
}

fn byte_of(seen: &Option<Content>) -> Option<u8> {
    ModelCell::content(seen).and_then(value_slot::bytes_of).map(|bytes| bytes[0])
}

fn perform(index: &ModelIndex, step: Step, dead: &Content) -> Option<u8> {
    match step {
        Step::Insert(byte) => byte_of(&insert(index, &KEY, &value(byte))),
        Step::SetDefault(byte) => set_default(index, &KEY, &value(byte)).and_then(|seen| byte_of(&seen)),
        Step::Get => get(index, &KEY).and_then(|seen| byte_of(&seen)),
        Step::Remove => remove(index, &KEY, dead).and_then(|seen| byte_of(&seen)),
        Step::CompareAndSet(before, after) => {
            let bytes: Vec<u8> = before.into_iter().collect();
            let expected = Expected { bytes: &bytes, or_absent: before.is_none() };
            let done = match after {
                Some(byte) => replace(index, &KEY, expected, &value(byte)).is_some(),
                None => match remove_if(index, &KEY, expected, dead) {
                    Removal::Removed => true,
                    Removal::Absent => before.is_none(),
                    Removal::Refused => false,
                },
            };
            done.then_some(1)
        }
    }
}

/// Does the same to one value, one step after another.
fn perform_alone(held: &mut Option<u8>, step: Step) -> Option<u8> {
    let before = *held;
    match step {
        Step::Insert(byte) => *held = Some(byte),
        Step::SetDefault(byte) => *held = Some(before.unwrap_or(byte)),
        Step::Get => {}
        Step::Remove => *held = None,
        Step::CompareAndSet(expected, after) => {
            let equal = before == expected;
            if equal {
                *held = after;
            }
            return equal.then_some(1);
        }
    }
    before
}

/// Returns whether some order of the steps, in which each thread keeps its own order, has these answers and this end.
fn explained(threads: &[Vec<(Step, Option<u8>)>], done: &mut [usize], held: Option<u8>, end: Option<u8>) -> bool {
    if threads.iter().zip(done.iter()).all(|(steps, done)| *done == steps.len()) {
        return held == end;
    }
    (0..threads.len()).any(|thread| {
        let Some((step, answer)) = threads[thread].get(done[thread]) else { return false };
        let mut held = held;
        if perform_alone(&mut held, *step) != *answer {
            return false;
        }
        done[thread] += 1;
        let found = explained(threads, done, held, end);
        done[thread] -= 1;
        found
    })
}

/// Runs the steps of the threads in every order, and checks that some sequence of steps has the same outcome.
fn linearizable(first: Option<u8>, threads: &[&[Step]]) {
    let threads: Vec<Vec<Step>> = threads.iter().map(|steps| steps.to_vec()).collect();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(move || {
        let index = Arc::new(ModelIndex::new());
        let dead = value_slot::dead();
        if let Some(byte) = first {
            insert(&*index, &KEY, &value(byte));
        }
        let running: Vec<_> = threads
            .iter()
            .map(|steps| {
                let (index, dead, steps) = (Arc::clone(&index), dead.clone(), steps.clone());
                loom::thread::spawn(move || {
                    steps.into_iter().map(|step| (step, perform(&index, step, &dead))).collect::<Vec<_>>()
                })
            })
            .collect();
        let answers: Vec<_> = running.into_iter().map(|thread| thread.join().unwrap()).collect();
        let end = perform(&index, Step::Get, &dead);
        assert!(
            explained(&answers, &mut vec![0; answers.len()], first, end),
            "no order of {answers:?} from {first:?} ends with {end:?}"
        );
    });
}

#[test]
fn insertions_each_give_exactly_what_they_replaced() {
    linearizable(None, &[&[Step::Insert(2), Step::Insert(3)], &[Step::Insert(4), Step::Get]]);
    linearizable(Some(1), &[&[Step::Insert(2)], &[Step::Insert(3)]]);
}

#[test]
fn an_insertion_and_a_removal_never_lose_one_another() {
    linearizable(Some(1), &[&[Step::Insert(2), Step::Get], &[Step::Remove, Step::Insert(3)]]);
    linearizable(None, &[&[Step::Insert(2), Step::Remove], &[Step::Remove, Step::Insert(3)]]);
}

#[test]
fn a_default_is_set_once() {
    linearizable(None, &[&[Step::SetDefault(2), Step::Get], &[Step::SetDefault(3), Step::Get]]);
    linearizable(Some(1), &[&[Step::SetDefault(2)], &[Step::Remove, Step::SetDefault(3)]]);
}

#[test]
fn a_reader_sees_every_key_that_nobody_removes() {
    linearizable(Some(1), &[&[Step::Insert(2), Step::Insert(3)], &[Step::Get, Step::Get]]);
    linearizable(Some(1), &[&[Step::Remove, Step::Insert(2)], &[Step::Get, Step::Get]]);
}

#[test]
fn of_several_that_compare_and_set_the_same_value_one_does() {
    let add = Step::CompareAndSet(None, Some(2));
    linearizable(None, &[&[add, Step::Get], &[Step::CompareAndSet(None, Some(3)), Step::Get]]);
    linearizable(
        Some(1),
        &[&[Step::CompareAndSet(Some(1), Some(2)), Step::Get], &[Step::CompareAndSet(Some(1), None)]],
    );
    linearizable(Some(1), &[&[Step::CompareAndSet(Some(1), Some(2))], &[Step::Remove, Step::Insert(1)]]);
    linearizable(Some(1), &[&[Step::CompareAndSet(Some(1), None), add], &[Step::Remove, add]]);
    linearizable(None, &[&[Step::CompareAndSet(None, None), add], &[Step::Insert(4), Step::Remove]]);
}

/// Loom takes the strictest order of atomic accesses for a weaker one. The fences make up for it.
#[derive(Default)]
struct ModelCounter(loom::sync::atomic::AtomicUsize);

impl changes::Counter for ModelCounter {
    fn add(&self, more: usize) -> usize {
        let before = self.0.fetch_add(more, Ordering::SeqCst);
        loom::sync::atomic::fence(Ordering::SeqCst);
        before
    }

    fn now(&self) -> usize {
        loom::sync::atomic::fence(Ordering::SeqCst);
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn of_a_change_and_a_beginning_wait_one_sees_the_other() {
    loom::model(|| {
        let state =
            Arc::new((loom::sync::atomic::AtomicUsize::new(0), ModelCounter::default(), ModelCounter::default()));
        let changer = {
            let state = Arc::clone(&state);
            loom::thread::spawn(move || {
                state.0.store(1, Ordering::Relaxed);
                changes::count_change(&state.1, &state.2)
            })
        };
        let since = changes::count_waiter(&state.1, &state.2);
        let seen = state.0.load(Ordering::Relaxed);
        let before = changer.join().unwrap();
        // The changer wakes waiters that began before its change was counted.
        assert!(seen == 1 || before.is_some_and(|before| since <= before), "the wake-up is lost");
    });
}

fn key(number: u32) -> EncodedKey {
    let mut writer = KeyWriter::default();
    writer.start();
    assert!(writer.double(f64::from(number)).is_ok());
    writer.key()
}

fn bytes(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

fn number_in(value: &Value) -> u32 {
    u32::from_be_bytes(value.bytes().try_into().unwrap())
}

/// The keys of a list that is long enough for hints. They are above those that the tests use.
const LONG: u32 = 1_000;

fn long_list() -> SkipList {
    let list = SkipList::default();
    for number in 0..LONG {
        list.insert(&key(1_000_000 + number), &bytes(number));
    }
    list
}

#[test]
fn a_list_that_grows_and_shrinks_finds_what_is_there() {
    const KEYS: u32 = 10_000;
    let list = SkipList::default();
    let mut model = BTreeMap::new();
    let mut random = 1_u32;
    for step in 0..60_000_u32 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let number = (random >> 8) % KEYS;
        // It grows first, and shrinks in the second half.
        let removes = if step < 30_000 { random >> 28 < 4 } else { random >> 28 < 12 };
        let before = if removes {
            assert_eq!(list.remove(key(number).code()).as_ref().map(number_in), model.remove(&number));
            None
        } else {
            let before = list.insert(&key(number), &bytes(step));
            assert_eq!(before.as_ref().map(number_in), model.insert(number, step));
            Some(step)
        };
        assert_eq!(list.get(key(number).code()).as_ref().map(number_in), before);
        let other = (random >> 4) % KEYS;
        assert_eq!(list.get(key(other).code()).as_ref().map(number_in), model.get(&other).copied());
        if step == 50_000 {
            list.clear();
            model.clear();
        }
    }
    assert_eq!(list.len(), model.len());
}

#[test]
fn long_keys_that_begin_alike_are_told_apart() {
    let list = SkipList::default();
    let mut writer = KeyWriter::default();
    let mut named = |number: u32| {
        writer.start();
        writer.string(format!("https://example.com/a/long/path/{number:05}").as_bytes());
        writer.key()
    };
    for number in (0..2_000).rev() {
        list.insert(&named(number), &bytes(number));
    }
    let mut walked = Vec::new();
    list.walk(ALL, false, |entry, value| {
        assert_eq!(list.get(entry.code()).as_ref().map(Value::bytes), Some(value));
        walked.push(u32::from_be_bytes(value.try_into().unwrap()));
        ControlFlow::Continue(())
    });
    assert_eq!(walked, (0..2_000).collect::<Vec<_>>());
}

#[test]
fn threads_that_fill_a_list_find_all_of_their_keys() {
    const KEYS: u32 = 4_000;
    let list = SkipList::default();
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let list = &list;
            scope.spawn(move || {
                for round in 0..3 {
                    for number in (thread..KEYS).step_by(4) {
                        assert!(list.insert(&key(number), &bytes(round)).is_none());
                        assert_eq!(list.get(key(number).code()).as_ref().map(number_in), Some(round));
                    }
                    for number in (thread..KEYS).step_by(4) {
                        assert_eq!(list.get(key(number).code()).as_ref().map(number_in), Some(round));
                        assert_eq!(list.remove(key(number).code()).as_ref().map(number_in), Some(round));
                        assert!(list.get(key(number).code()).is_none());
                    }
                }
            });
        }
    });
    assert!(list.is_empty());
}

#[test]
fn walks_go_between_limits_in_both_directions() {
    let list = SkipList::default();
    for number in 0..100 {
        list.insert(&key(number), &bytes(number));
    }
    list.remove(key(50).code());
    let seen = |limits: (Bound<&[u8]>, Bound<&[u8]>), reverse| {
        let mut numbers = Vec::new();
        list.walk(limits, reverse, |_, value| {
            numbers.push(u32::from_be_bytes(value.try_into().unwrap()));
            ControlFlow::Continue(())
        });
        numbers
    };
    let (low, high) = (key(48), key(52));
    assert_eq!(seen((Bound::Included(low.code()), Bound::Excluded(high.code())), false), [48, 49, 51]);
    assert_eq!(seen((Bound::Excluded(low.code()), Bound::Included(high.code())), true), [52, 51, 49]);
    assert_eq!(seen((Bound::Unbounded, Bound::Unbounded), true).len(), list.len());
}

#[test]
fn threads_that_replace_and_remove_account_for_every_value() {
    const KEYS: u32 = 8;
    const ROUNDS: u32 = 20_000;
    let list = long_list();
    // Every value goes in once. Each comes out once, as what an insertion replaced or a removal took, or stays.
    let out: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4_u32)
            .map(|thread| {
                let list = &list;
                scope.spawn(move || {
                    let mut out = Vec::new();
                    for round in 0..ROUNDS {
                        let number = round * 4 + thread;
                        let key = key(number.wrapping_mul(2_654_435_761) % KEYS);
                        out.extend(list.insert(&key, &bytes(number)).as_ref().map(number_in));
                        if round % 3 == 0 {
                            out.extend(list.remove(key.code()).as_ref().map(number_in));
                        }
                    }
                    out
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all: Vec<u32> = out.into_iter().flatten().collect();
    let left = list.len() - LONG as usize;
    let mut found = 0;
    let end = key(KEYS);
    list.walk((Bound::Unbounded, Bound::Excluded(end.code())), false, |_, value| {
        all.push(u32::from_be_bytes(value.try_into().unwrap()));
        found += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(found, left);
    all.sort_unstable();
    assert_eq!(all, (0..ROUNDS * 4).collect::<Vec<_>>());
}

#[test]
fn walks_see_every_key_that_stays_once_and_in_order_whatever_other_threads_do() {
    const STAYING: u32 = 20;
    const ROUNDS: u32 = 3_000;
    let list = SkipList::default();
    // Even keys are replaced all the time, odd ones come and go.
    for number in 0..STAYING {
        list.insert(&key(number * 2), &bytes(0));
    }
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let list = &list;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let number = round.wrapping_mul(2_654_435_761) % STAYING * 2;
                    list.insert(&key(number), &bytes(round));
                    list.set_default(&key(number + 1), &bytes(round));
                    assert!(list.get(key(number).code()).is_some());
                    list.remove(key((number + thread * 2) % (STAYING * 2) + 1).code());
                }
            });
        }
        for reverse in [false, true] {
            let list = &list;
            scope.spawn(move || {
                for _ in 0..ROUNDS / 4 {
                    let mut seen = Vec::new();
                    list.walk((Bound::Unbounded, Bound::Unbounded), reverse, |key, value| {
                        assert_eq!(value.len(), 4);
                        seen.extend(key.to_double());
                        ControlFlow::Continue(())
                    });
                    if reverse {
                        seen.reverse();
                    }
                    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
                    assert_eq!(seen.iter().filter(|number| **number % 2.0 == 0.0).count(), STAYING as usize);
                }
            });
        }
    });
    list.clear();
    assert!(list.is_empty());
}

#[test]
fn an_entry_is_appended_only_behind_all_others() {
    let list = SkipList::default();
    assert!(list.append(&key(1), &bytes(1)));
    assert!(list.append(&key(3), &bytes(3)));
    for number in [3, 2, 1, 0] {
        assert!(!list.append(&key(number), &bytes(9)));
    }
    assert_eq!((list.len(), list.get(key(3).code()).as_ref().map(number_in)), (2, Some(3)));
}

const ALL: (Bound<&[u8]>, Bound<&[u8]>) = (Bound::Unbounded, Bound::Unbounded);

#[test]
fn counts_removes_and_pops_a_range() {
    let list = SkipList::default();
    for number in 0..10 {
        list.insert(&key(number), &bytes(number));
    }
    let (low, high) = (key(2), key(5));
    let limits = (Bound::Included(low.code()), Bound::Excluded(high.code()));
    assert_eq!((list.count(limits, usize::MAX), list.count(limits, 2), list.count(limits, 0)), (3, 2, 0));
    assert_eq!(list.pop(limits, true).map(|(_, value)| number_in(&value)), Some(4));
    assert_eq!(list.pop(limits, false).map(|(key, _)| key.to_double()), Some(Some(2.0)));
    assert_eq!((list.remove_range(limits, false, usize::MAX), list.pop(limits, false).is_none()), (1, true));
    assert_eq!((list.remove_range(ALL, true, 3), list.len(), list.count(ALL, usize::MAX)), (3, 4, 4));
    assert_eq!(list.pop(ALL, true).map(|(_, value)| number_in(&value)), Some(6));
}

#[test]
fn threads_that_pop_get_each_entry_once() {
    const ENTRIES: u32 = 20_000;
    let list = SkipList::default();
    let popped: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4_u32)
            .map(|thread| {
                let list = &list;
                scope.spawn(move || {
                    let mut popped = Vec::new();
                    for number in (thread..ENTRIES).step_by(4) {
                        list.insert(&key(number), &bytes(number));
                        if number % 3 != 0 {
                            popped.extend(list.pop(ALL, number % 2 == 0).map(|(_, value)| number_in(&value)));
                        }
                    }
                    popped
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all: Vec<u32> = popped.into_iter().flatten().collect();
    assert_eq!(all.len() + list.len(), ENTRIES as usize);
    all.extend(std::iter::from_fn(|| list.pop(ALL, false)).map(|(_, value)| number_in(&value)));
    all.sort_unstable();
    assert_eq!(all, (0..ENTRIES).collect::<Vec<_>>());
    assert!(list.is_empty());
}

#[test]
fn threads_that_compare_and_set_lose_no_step() {
    const ROUNDS: u32 = 5_000;
    let list = SkipList::default();
    let only = key(1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    loop {
                        let seen = list.get(only.code());
                        let expected =
                            Expected { bytes: seen.as_ref().map_or(&[], Value::bytes), or_absent: seen.is_none() };
                        let next = seen.as_ref().map_or(0, number_in) + 1;
                        if list.compare_and_set(&only, expected, Some(&bytes(next))) {
                            break;
                        }
                    }
                }
            });
        }
    });
    assert_eq!(list.get(only.code()).as_ref().map(number_in), Some(4 * ROUNDS));
    let wrong = Expected { bytes: &[1], or_absent: true };
    assert!(!list.compare_and_set(&only, wrong, None) && !list.compare_and_set(&only, wrong, Some(&bytes(1))));
    let right = bytes(4 * ROUNDS);
    assert!(list.compare_and_set(&only, Expected { bytes: &right, or_absent: false }, None));
    assert_eq!((list.len(), list.get(only.code()).is_none()), (0, true));
    assert!(list.compare_and_set(&only, wrong, None));
    assert!(!list.compare_and_set(&only, Expected { bytes: &[1], or_absent: false }, None));
}

#[test]
fn two_threads_that_wait_for_one_another_miss_no_change() {
    const ROUNDS: u32 = 20_000;
    const LONGEST: Duration = Duration::from_secs(60);
    let list = SkipList::default();
    let (ping, pong) = (key(1), key(2));
    list.insert(&ping, &bytes(0));
    list.insert(&pong, &bytes(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                let before = bytes(round);
                // A wait may end early: by the change that was seen before it was counted.
                while list.get(ping.code()).as_ref().map(number_in) == Some(round) {
                    assert!(list.wait(Awaited::Key(&ping, Expected { bytes: &before, or_absent: false }), LONGEST));
                }
                assert_eq!(list.get(ping.code()).as_ref().map(number_in), Some(round + 1));
                list.insert(&pong, &bytes(round + 1));
            }
        });
        for round in 0..ROUNDS {
            let since = list.version();
            list.insert(&ping, &bytes(round + 1));
            while list.get(pong.code()).as_ref().map(number_in) != Some(round + 1) {
                let since = list.version();
                if list.get(pong.code()).as_ref().map(number_in) != Some(round + 1) {
                    assert!(list.wait(Awaited::Version(since), LONGEST));
                }
            }
            assert!(list.wait(Awaited::Version(since), LONGEST));
        }
    });
}

#[test]
fn waits_only_for_its_key_and_not_for_ever() {
    struct Flag(AtomicBool);
    impl Wake for Flag {
        fn wake(&self, _: usize) {
            assert!(!self.0.swap(true, Ordering::Relaxed), "woken twice");
        }
    }
    let list = SkipList::default();
    let (one, other) = (key(1), key(2));
    let absent = Expected { bytes: &[], or_absent: true };
    let flags: Vec<_> = (0..3).map(|_| Arc::new(Flag(AtomicBool::new(false)))).collect();
    let woken = || flags.iter().map(|flag| flag.0.load(Ordering::Relaxed)).collect::<Vec<_>>();
    let first = list.enlist(Awaited::Key(&one, absent), flags[0].clone()).unwrap();
    let second = list.enlist(Awaited::Version(list.version()), flags[1].clone()).unwrap();
    let third = list.enlist(Awaited::Key(&one, absent), flags[2].clone()).unwrap();
    list.insert(&other, &bytes(1));
    assert_eq!(woken(), [false, true, false]);
    assert!(list.dismiss(third) && !list.dismiss(third) && !list.dismiss(second));
    list.insert(&one, &bytes(1));
    assert_eq!(woken(), [true, true, false]);
    assert!(!list.dismiss(first));
    assert!(list.wait(Awaited::Key(&one, absent), Duration::MAX));
    assert!(!list.wait(Awaited::Key(&one, Expected { bytes: &bytes(1), or_absent: false }), Duration::ZERO));
    assert!(!list.wait(Awaited::Version(list.version()), Duration::from_millis(1)));
    assert!(list.enlist(Awaited::Version(0), flags[2].clone()).is_none());
}
