//! How lanes sleep and are woken. The queue's own way of waiting turns for a while before it sleeps,
//! which costs more than the job where jobs come one at a time.
//!
//! ```text
//! lane       look at the queue -> say "asleep" -> look again -> park -> ...
//! submitter  put a job in the queue -> wake the first lane that says "asleep"
//! ```
//!
//! A lane says that it sleeps before it looks for the last time: a job that came before is seen then, one
//! that comes later finds the lane asleep. That no job is ever left while every lane sleeps is checked
//! over the orders in which threads can run.

use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that threads share. The check of all orders has its own.
pub(super) trait Flag: Default {
    /// Sets it, and tells what it was.
    fn swap(&self, to: bool) -> bool;
}

impl Flag for AtomicBool {
    fn swap(&self, to: bool) -> bool {
        self.swap(to, Ordering::SeqCst)
    }
}

/// A look at the queue.
pub(super) enum Look<T> {
    Job(T),
    /// There is none for now.
    Nothing,
    /// There will be none any more.
    Closed,
}

/// Which lanes sleep.
#[derive(Debug)]
pub(super) struct Seats<F> {
    asleep: Box<[F]>,
}

impl<F: Flag> Seats<F> {
    pub(super) fn new(lanes: usize) -> Self {
        Seats { asleep: (0..lanes).map(|_| F::default()).collect() }
    }

    /// Waits for the next job of a lane; nothing once there will be no more. `wake` wakes another lane.
    pub(super) fn next<T>(
        &self,
        lane: usize,
        look: impl Fn() -> Look<T>,
        park: impl Fn(),
        wake: impl Fn(usize),
    ) -> Option<T> {
        let asleep = self.asleep.get(lane)?;
        loop {
            match look() {
                Look::Job(job) => return Some(job),
                Look::Closed => return None,
                Look::Nothing => {}
            }
            asleep.swap(true);
            match look() {
                Look::Job(job) => {
                    if !asleep.swap(false) {
                        // Somebody woke this lane for a later job, which it is not going to take.
                        self.wake_one(wake);
                    }
                    return Some(job);
                }
                Look::Closed => return None,
                Look::Nothing => park(),
            }
            asleep.swap(false);
        }
    }

    /// Wakes a lane that sleeps, if there is one.
    pub(super) fn wake_one(&self, wake: impl Fn(usize)) {
        let sleeper = (0..).zip(&self.asleep).find(|(_, asleep)| asleep.swap(false));
        if let Some((lane, _)) = sleeper {
            wake(lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use loom::{
        sync::{Arc, Condvar, Mutex, atomic},
        thread::{self, Thread},
    };

    use super::*;

    #[derive(Default)]
    struct Checked(atomic::AtomicBool);

    impl Flag for Checked {
        fn swap(&self, to: bool) -> bool {
            self.0.swap(to, Ordering::SeqCst)
        }
    }

    /// What lanes and submitter share: the queue, whether it is closed, and who sits where.
    #[derive(Default)]
    struct World {
        queue: Mutex<(VecDeque<usize>, bool)>,
        threads: Mutex<Vec<Option<Thread>>>,
        begun: Mutex<usize>,
        more_begun: Condvar,
    }

    impl World {
        fn look(&self) -> Look<usize> {
            let mut queue = self.queue.lock().unwrap();
            match (queue.0.pop_front(), queue.1) {
                (Some(job), _) => Look::Job(job),
                (None, true) => Look::Closed,
                (None, false) => Look::Nothing,
            }
        }

        /// Ends when as many jobs have begun as lanes can do at a time.
        fn work(&self, job: usize, lanes: usize) {
            let mut begun = self.begun.lock().unwrap();
            *begun += 1;
            self.more_begun.notify_all();
            while *begun < (job / lanes + 1) * lanes {
                begun = self.more_begun.wait(begun).unwrap();
            }
        }

        fn wake(&self, lane: usize) {
            if let Some(thread) = &self.threads.lock().unwrap()[lane] {
                thread.unpark();
            }
        }
    }

    /// As many jobs as lanes at a time, each of which ends once all of them have begun: a job that is left
    /// while a lane sleeps is a deadlock, which the check reports.
    fn every_order(lanes: usize, jobs: usize) {
        let mut check = loom::model::Builder::new();
        // How often threads are put off; five times takes minutes, all orders hours.
        let often = std::env::var("GOXE_TEST_COUNT").ok().and_then(|count| count.parse().ok());
        check.preemption_bound = Some(often.unwrap_or(3));
        check.check(move || {
            let seats = Arc::new(Seats::<Checked>::new(lanes));
            let world = Arc::new(World::default());
            world.threads.lock().unwrap().resize(lanes, None);
            let handles: Vec<_> = (0..lanes)
                .map(|lane| {
                    let (seats, world) = (Arc::clone(&seats), Arc::clone(&world));
                    thread::spawn(move || {
                        world.threads.lock().unwrap()[lane] = Some(thread::current());
                        let look = || world.look();
                        let wake = |lane| world.wake(lane);
                        while let Some(job) = seats.next(lane, look, thread::park, wake) {
                            world.work(job, lanes);
                        }
                    })
                })
                .collect();
            for job in 0..jobs {
                world.queue.lock().unwrap().0.push_back(job);
                seats.wake_one(|lane| world.wake(lane));
            }
            // What ends the lanes is no job, and wakes nobody by itself.
            let mut begun = world.begun.lock().unwrap();
            while *begun < jobs {
                begun = world.more_begun.wait(begun).unwrap();
            }
            drop(begun);
            world.queue.lock().unwrap().1 = true;
            (0..lanes).for_each(|lane| world.wake(lane));
            handles.into_iter().for_each(|handle| handle.join().unwrap());
        });
    }

    #[test]
    fn one_lane_misses_no_job() {
        every_order(1, 2);
    }

    #[test]
    fn two_lanes_leave_no_job_while_both_sleep() {
        every_order(2, 2);
    }
}
