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
    /// Wakes one that waits. Who was woken and got further wakes the next.
    turn: Notify,
}

/// A guess that wants to be compared, and then one that is; it is over when this is dropped.
pub(super) struct Candidate {
    all: Guessers,
    key: Key,
    guesser: Arc<Guesser>,
    is_busy: bool,
    /// Whether it was woken, and is to wake the next one, also if its caller hangs up.
    has_turn: bool,
}

impl InFlight {
    pub(super) fn candidate(&self, account: &str, source: &Source) -> Candidate {
        let key = (account.to_owned(), source.clone());
        let guesser = Arc::clone(locked(&self.0).entry(key.clone()).or_default());
        Candidate { all: Arc::clone(&self.0), key, guesser, is_busy: false, has_turn: false }
    }
}

impl Candidate {
    /// It is being decided on from now. Returns whether it has company, by whom it could be refused for nothing.
    pub(super) fn ask(&mut self) -> bool {
        self.is_busy = true;
        self.guesser.busy.fetch_add(1, Ordering::SeqCst) > 0
    }

    /// It was admitted, and perhaps the next one is too.
    pub(super) fn is_compared(&mut self) {
        if std::mem::take(&mut self.has_turn) {
            self.guesser.turn.notify_one();
        }
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
