use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use steward_domain::{Avatar, UserKey};
use tokio::time::timeout;

use super::picture::{InvalidPicture, to_avatar};
use crate::thread_pool::{Overloaded, PoolSettings, RunError, ThreadPool};

/// Makes pictures from images, on threads of their own: the pictures of some users delay no sign-in, and each upload
/// gets an answer in time.
///
/// One image takes up to 150 MB of memory. Its size and its pixels are limited, so it takes seconds at most.
pub(crate) struct PictureDecoder {
    pool: ThreadPool,
    users: UsersInProgress,
}

/// The users with an image that waits or is decoded.
type UsersInProgress = Arc<Mutex<HashSet<UserKey>>>;

/// Errors of [`PictureDecoder::decode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The image cannot be a picture.
    #[error(transparent)]
    Invalid(#[from] InvalidPicture),
    /// Another image of the user is being decoded.
    #[error("another picture of the user is being decoded")]
    InProgress,
    /// The queue is full.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The image waited or was decoded for too long.
    #[error("the picture was not decoded in time")]
    TimedOut,
    /// The decoder panicked, or no thread can be started.
    #[error("decoding failed: {0}")]
    Failed(&'static str),
}

impl From<RunError> for DecodeError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Overloaded(overloaded) => overloaded.into(),
            RunError::Lost => Self::Failed("the thread returned no result"),
            RunError::NoThread => Self::Failed("no thread can be started"),
        }
    }
}

impl PictureDecoder {
    /// The number of images that a process decodes concurrently.
    const THREADS: usize = 2;
    /// The number of images that wait. Each has at most 256 KiB.
    const QUEUE: usize = 16;
    /// The time limit of an image, with its wait: less than the gateway waits for a service.
    const DEADLINE: Duration = Duration::from_secs(8);

    pub(crate) fn new() -> Self {
        Self::with_threads(Self::THREADS)
    }

    fn with_threads(threads: usize) -> Self {
        let settings = PoolSettings { name: "picture", jobs: "pictures to decode", threads, capacity: Self::QUEUE };
        Self { pool: ThreadPool::new(settings), users: Arc::default() }
    }

    /// Makes a picture from an image in PNG, JPEG or WebP. At most one image of a user is decoded at a time.
    pub(super) async fn decode(
        &self,
        user: UserKey,
        image: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<Avatar, DecodeError> {
        Ok(self.run(user, move || to_avatar(image.as_ref())).await??)
    }

    /// Runs `work` for a user. After an error it may still run, and other images of the user are refused until its end.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        user: UserKey,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DecodeError> {
        let permit = Permit::take(&self.users, user).ok_or(DecodeError::InProgress)?;
        let work = move || {
            let _permit = permit;
            work()
        };
        Ok(timeout(Self::DEADLINE, self.pool.run(work)).await.map_err(|_| DecodeError::TimedOut)??)
    }
}

/// The permit of a user whose image is decoded, until this is dropped.
struct Permit {
    users: UsersInProgress,
    user: UserKey,
}

impl Permit {
    /// `None` if another image of the user is being decoded.
    fn take(users: &UsersInProgress, user: UserKey) -> Option<Self> {
        let is_first = users.lock().unwrap_or_else(PoisonError::into_inner).insert(user);
        is_first.then(|| Self { users: Arc::clone(users), user })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[tokio::test]
    async fn a_user_has_one_image_in_work_until_its_end() {
        let decoder = PictureDecoder::new();
        let (open, gate) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let [alice, bob] = [1, 2].map(|key| UserKey::new(key).unwrap());
        {
            let mut slow = pin!(decoder.run(alice, move || {
                started.send(()).unwrap();
                gate.recv().unwrap();
            }));
            assert!(matches!(slow.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
            has_started.recv().unwrap();
        }
        // The caller is gone, but the thread is not.
        assert_eq!(decoder.run(alice, || 1).await, Err(DecodeError::InProgress));
        assert_eq!(decoder.run(bob, || 2).await, Ok(2));
        open.send(()).unwrap();
        while decoder.run(alice, || 3).await != Ok(3) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_whose_permit_does_not_come_is_answered_in_time_and_makes_room() {
        let decoder = PictureDecoder::with_threads(0);
        for round in 1..=2 {
            let keys = (1..=17).map(|key| UserKey::new(100 * round + key).unwrap());
            let results = futures_util::future::join_all(keys.map(|key| decoder.run(key, || ()))).await;
            let count = |error| results.iter().filter(|result| **result == Err(error)).count();
            assert_eq!(count(DecodeError::TimedOut), PictureDecoder::QUEUE, "{round}: {results:?}");
            assert!(matches!(results.last(), Some(Err(DecodeError::Overloaded(_)))), "{round}: {results:?}");
        }
    }
}
