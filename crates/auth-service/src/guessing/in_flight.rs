//! The guesses of this process that are being compared, by account and source.
//!
//! A guess is counted before it is compared, so somebody who signs in several times at once with the right password
//! looks like a guesser until the first of them is settled. Whoever is refused meanwhile waits for that, and asks again.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use steward_domain::lockout::Source;
use tokio::sync::Notify;

type Key = (String, Source);
type Guessers = Arc<Mutex<HashMap<Key, Arc<Guesser>>>>;

/// Everybody whose guesses are being compared or wait to be.
#[derive(Default)]
pub(crate) struct InFlight(Guessers);

/// Guesses of one source at one account.
#[derive(Default)]
struct Guesser {
    /// How many are being decided on or compared.
    busy: AtomicUsize,
    /// How many were compared and are settled.
    settled: AtomicUsize,
    /// Wakes one that waits. Who was woken and does not take the room wakes the next.
    turn: Notify,
}

/// A guess that wants to be compared, and then one that is; it is over when this is dropped.
pub(super) struct Candidate {
    all: Guessers,
    key: Key,
    guesser: Arc<Guesser>,
    is_busy: bool,
    is_compared: bool,
    /// How many were settled when it asked.
    settled_before: usize,
    /// Whether it was woken, and is to wake the next one, also if its caller hangs up.
    has_turn: bool,
}

impl InFlight {
    pub(super) fn candidate(&self, account: &str, source: &Source) -> Candidate {
        let key = (account.to_owned(), source.clone());
        let guesser = Arc::clone(locked(&self.0).entry(key.clone()).or_default());
        Candidate {
            all: Arc::clone(&self.0),
            key,
            guesser,
            is_busy: false,
            is_compared: false,
            settled_before: 0,
            has_turn: false,
        }
    }
}

impl Candidate {
    /// It is being decided on from now.
    pub(super) fn ask(&mut self) {
        self.is_busy = true;
        self.guesser.busy.fetch_add(1, Ordering::SeqCst);
        self.settled_before = self.guesser.settled.load(Ordering::SeqCst);
    }

    /// Whether it had company while it was decided on, because of which it may have been refused for nothing.
    pub(super) fn had_company(&self) -> bool {
        self.guesser.busy.load(Ordering::SeqCst) > 1
            || self.guesser.settled.load(Ordering::SeqCst) != self.settled_before
    }

    /// It was admitted, and took the room that was made. The next one comes when more is made, so that no more are
    /// compared at once than were admitted at first: many at once would slow the account down.
    pub(super) fn compare(&mut self) {
        self.is_compared = true;
        self.has_turn = false;
    }

    /// It was refused: waits until its company made room, or is no more.
    pub(super) async fn wait(&mut self) {
        self.has_turn = false;
        self.leave();
        self.guesser.turn.notified().await;
        self.has_turn = true;
    }

    /// It was no wrong guess, so there is room for another.
    pub(super) fn make_room(&self) {
        self.guesser.turn.notify_one();
    }

    /// The last one to leave wakes whoever waits, for there is nothing left to wait for.
    fn leave(&mut self) {
        if std::mem::take(&mut self.is_compared) {
            self.guesser.settled.fetch_add(1, Ordering::SeqCst);
        }
        if std::mem::take(&mut self.is_busy) && self.guesser.busy.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.has_turn = false;
            self.guesser.turn.notify_one();
        }
    }
}

impl Drop for Candidate {
    fn drop(&mut self) {
        self.leave();
        if self.has_turn {
            self.guesser.turn.notify_one();
        }
        let mut all = locked(&self.all);
        // Let go of under the lock, so that of two who leave at once the later one sees that it is the last.
        drop(std::mem::take(&mut self.guesser));
        if all.get(&self.key).is_some_and(|guesser| Arc::strong_count(guesser) == 1) {
            all.remove(&self.key);
        }
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Candidate").field(&self.key).finish()
    }
}

// Whole between any two statements, so a panic cannot leave half of it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use steward_domain::lockout::Network;

    use super::*;

    #[test]
    fn whoever_leaves_at_the_same_time_leaves_nothing_behind() {
        let (in_flight, barrier) = (InFlight::default(), Barrier::new(2));
        let source = Source::Address(Network::of(None));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for round in 0..20_000 {
                        let mut candidate = in_flight.candidate(&format!("user{round}"), &source);
                        candidate.ask();
                        barrier.wait();
                        drop(candidate);
                    }
                });
            }
        });
        assert_eq!(locked(&in_flight.0).len(), 0);
    }
}
