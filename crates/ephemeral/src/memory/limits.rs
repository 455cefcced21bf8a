use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use steward_domain::ports::{Charge, RateLimiter, StoreError, Verdict};
use steward_domain::rate_limit::gcra;

use super::Memory;

/// Keys that compete for the same room.
const WAYS: usize = 16;

/// What keys were charged, in a table that never grows: like a processor's cache, it is made of small sets, a key's
/// hash says which set it belongs to, and a newcomer takes the place of the one in it that drains first. That is one
/// that has drained already where there is one, and so tells nothing; else the one that will tell nothing soonest.
///
/// So a flood of keys that were charged once pushes out one another, and none that was charged more. Whoever wants
/// another key forgotten must charge many others just as much, and could have used those instead.
///
/// Hashes are keyed anew in each process, so nobody can choose keys that share a set or a hash. 64 bits are enough:
/// one full table in some 10⁸ holds two keys that collide, and they share a quota, no more.
pub(super) struct Limits {
    /// A lock for each, so that threads hardly ever wait for one another.
    sets: Box<[Mutex<Set>]>,
    hasher: RandomState,
}

/// Takes no room until something is put in it.
#[derive(Default)]
struct Set(Option<Box<[Slot; WAYS]>>);

#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    /// By the monotonic clock, in microseconds.
    drained_at: i64,
}

/// Where a pair of rule and key is kept.
#[derive(Clone, Copy)]
struct Place {
    set: usize,
    key: u64,
}

impl Limits {
    pub(super) fn new(max_keys: usize) -> Self {
        let sets = max_keys.div_ceil(WAYS).max(1);
        Self { sets: (0..sets).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    /// Charges one to each pair if there is room in all.
    fn check(&self, charges: &[Charge<'_>], now: i64) -> Vec<Verdict> {
        let places: Vec<Place> = charges.iter().map(|charge| self.place(charge)).collect();
        let mut sets = self.lock(&places);
        let kept: Vec<i64> = places.iter().map(|place| sets.of(place).find(place.key)).collect();
        let verdicts = Verdict::on_all(charges, now, &kept);
        if verdicts.iter().all(|verdict| verdict.allowed) {
            for ((place, charge), kept) in places.iter().zip(charges).zip(kept) {
                sets.of(place).put(place.key, gcra::charged(charge.quota, now, kept));
            }
        }
        verdicts
    }

    /// Charges one to each pair, whether or not there is room.
    fn note(&self, charges: &[Charge<'_>], now: i64) {
        for charge in charges {
            let place = self.place(charge);
            let mut set = self.sets[place.set].lock().unwrap_or_else(PoisonError::into_inner);
            let kept = set.find(place.key);
            set.put(place.key, gcra::charged(charge.quota, now, kept));
        }
    }

    fn place(&self, charge: &Charge<'_>) -> Place {
        let key = self.hasher.hash_one((charge.rule, charge.key));
        // The upper half of key * sets: all sets are equally likely, and the division that `%` takes is spared.
        let set = (u128::from(key) * self.sets.len() as u128) >> 64;
        Place { set: usize::try_from(set).unwrap_or(0), key }
    }

    /// Locks the sets of all places, in their order in the table, so that no two calls wait for each other in a circle.
    fn lock(&self, places: &[Place]) -> Locked<'_> {
        let mut sets: Vec<usize> = places.iter().map(|place| place.set).collect();
        sets.sort_unstable();
        sets.dedup();
        let locked = |set: usize| (set, self.sets[set].lock().unwrap_or_else(PoisonError::into_inner));
        Locked(sets.into_iter().map(locked).collect())
    }
}

/// The sets that a call decides in.
struct Locked<'a>(Vec<(usize, MutexGuard<'a, Set>)>);

impl Locked<'_> {
    fn of(&mut self, place: &Place) -> &mut Set {
        // A call has a handful of pairs, and the set of each is locked.
        let at = self.0.iter().position(|(set, _)| *set == place.set).unwrap_or(0);
        &mut self.0[at].1
    }
}

impl Set {
    /// When the key drains: 0 if nothing is known of it.
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
    /// Charges one to each pair, whether or not there is room: what somebody else has allowed.
    pub(crate) fn note(&self, charges: &[Charge<'_>]) {
        self.limits().note(charges, self.passed());
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
