use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use steward_domain::ports::{Charge, RateLimiter, StoreError, Verdict};
use steward_domain::rate_limit::gcra;

use super::Memory;

/// Number of keys per set.
const WAYS: usize = 16;

/// A table of fixed size that stores when keys drain. Like a processor cache, it consists of small sets. A key's hash
/// selects its set. A new key replaces the key of its set that drains first, which is one that has already drained if
/// possible.
///
/// Therefore a flood of keys with one charge each replaces only keys of that flood, and no key with more charges. To
/// remove another key, an attacker must charge many other keys as often.
///
/// The hash function has a random seed in each process, so an attacker cannot choose keys with the same set or hash.
/// Hashes have 64 bits. About one in 10⁸ full tables contains two colliding keys, which then share a quota.
pub(super) struct Limits {
    /// Each set has its own lock, so that threads rarely wait for each other.
    sets: Box<[Mutex<Set>]>,
    hasher: RandomState,
}

/// A set allocates memory when its first key is stored.
#[derive(Default)]
struct Set(Option<Box<[Slot; WAYS]>>);

#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    /// By the monotonic clock, in microseconds.
    drained_at: i64,
}

/// The position of a pair of rule and key in the table.
#[derive(Clone, Copy)]
struct Position {
    set: usize,
    key: u64,
}

impl Limits {
    pub(super) fn new(max_keys: usize) -> Self {
        let sets = max_keys.div_ceil(WAYS).max(1);
        Self { sets: (0..sets).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    /// Charges one unit to each pair, if all pairs have room.
    fn check(&self, charges: &[Charge<'_>], now: i64) -> Vec<Verdict> {
        let positions: Vec<Position> = charges.iter().map(|charge| self.position(charge)).collect();
        let mut sets = self.lock(&positions);
        let stored: Vec<i64> = positions.iter().map(|position| sets.of(position).find(position.key)).collect();
        let verdicts = Verdict::on_all(charges, now, &stored);
        if verdicts.iter().all(|verdict| verdict.allowed) {
            for ((position, charge), stored) in positions.iter().zip(charges).zip(stored) {
                sets.of(position).put(position.key, gcra::charged(charge.quota, now, stored));
            }
        }
        verdicts
    }

    /// Charges one unit to each pair, with or without room.
    fn record(&self, charges: &[Charge<'_>], now: i64) {
        for charge in charges {
            let position = self.position(charge);
            let mut set = self.sets[position.set].lock().unwrap_or_else(PoisonError::into_inner);
            let stored = set.find(position.key);
            set.put(position.key, gcra::charged(charge.quota, now, stored));
        }
    }

    fn position(&self, charge: &Charge<'_>) -> Position {
        let key = self.hasher.hash_one((charge.rule, charge.key));
        // The upper half of key * sets selects all sets with equal probability, without the division of `%`.
        let set = (u128::from(key) * self.sets.len() as u128) >> 64;
        Position { set: usize::try_from(set).unwrap_or(0), key }
    }

    /// Locks the sets of all positions in table order, so that two calls cannot deadlock.
    fn lock(&self, positions: &[Position]) -> Locked<'_> {
        let mut sets: Vec<usize> = positions.iter().map(|position| position.set).collect();
        sets.sort_unstable();
        sets.dedup();
        let locked = |set: usize| (set, self.sets[set].lock().unwrap_or_else(PoisonError::into_inner));
        Locked(sets.into_iter().map(locked).collect())
    }
}

/// The locked sets of one call.
struct Locked<'a>(Vec<(usize, MutexGuard<'a, Set>)>);

impl Locked<'_> {
    fn of(&mut self, position: &Position) -> &mut Set {
        // A call has few pairs, and the set of each pair is locked.
        let at = self.0.iter().position(|(set, _)| *set == position.set).unwrap_or(0);
        &mut self.0[at].1
    }
}

impl Set {
    /// Returns when the key drains; 0 for an unknown key.
    fn find(&self, key: u64) -> i64 {
        self.0.iter().flat_map(|slots| slots.iter()).find(|slot| slot.key == key).map_or(0, |slot| slot.drained_at)
    }

    fn put(&mut self, key: u64, drained_at: i64) {
        let slots = self.0.get_or_insert_default();
        let known = slots.iter().position(|slot| slot.key == key);
        let first_to_drain = || (0..WAYS).min_by_key(|at| slots[*at].drained_at).unwrap_or(0);
        slots[known.unwrap_or_else(first_to_drain)] = Slot { key, drained_at };
    }
}

impl Memory {
    /// Charges one unit to each pair, with or without room, for a call that Redis allowed.
    pub(crate) fn record(&self, charges: &[Charge<'_>]) {
        self.limits().record(charges, self.passed());
    }
}

#[async_trait]
impl RateLimiter for Memory {
    async fn check(&self, charges: &[Charge<'_>]) -> Result<Vec<Verdict>, StoreError> {
        if charges.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.limits().check(charges, self.passed()))
    }
}
