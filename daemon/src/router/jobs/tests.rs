//! The bounds of kept replies.

use goxe_protocol::api::Role;

use super::*;

const ASKER: PeerId = PeerId { slot: 0, generation: 0 };
const KEEP: Duration = Duration::from_secs(60);

fn jobs(count_max: usize, bytes_max: usize) -> Jobs {
    Jobs::new("e", Bounds { count_max, bytes_max, keep: KEEP }, &Memory::new(1 << 20, 0))
}

fn owner() -> Principal {
    Principal::new("uid:1", Role::Edit)
}

/// Begins a job and ends it with this many bytes; returns its id and what had to go.
fn end(jobs: &mut Jobs, bytes: usize, at: Instant) -> (String, Vec<Garbage>) {
    let (number, id, gone) = jobs.begin("render.image", ASKER, &owner(), Arc::default()).unwrap();
    let reply = Reply { json: Vec::new(), attachment: Some(vec![0; bytes].into()) };
    jobs.jobs.last_mut().unwrap().result = Some((at, Ok(reply)));
    let gone = gone.into_iter().chain(jobs.fit(number)).collect();
    (id, gone)
}

#[test]
fn replies_are_bounded_together_and_the_first_that_ended_goes_first() {
    let now = Instant::now();
    let mut jobs = jobs(10, 100);
    let (first, gone) = end(&mut jobs, 60, now);
    assert!(gone.is_empty());
    let (second, gone) = end(&mut jobs, 40, now + Duration::from_secs(1));
    assert!(gone.is_empty());
    let (third, gone) = end(&mut jobs, 50, now + Duration::from_secs(2));
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].bytes(), 60);
    assert!(jobs.find(&owner(), &first).is_err());
    assert!(jobs.find(&owner(), &second).is_ok());
    assert!(jobs.find(&owner(), &third).is_ok());
}

#[test]
fn a_reply_larger_than_the_bound_is_there_for_the_one_who_asks_next() {
    let now = Instant::now();
    let mut jobs = jobs(10, 100);
    end(&mut jobs, 10, now);
    let (large, gone) = end(&mut jobs, 500, now);
    assert_eq!(gone.len(), 1);
    assert!(jobs.find(&owner(), &large).is_ok());
}

#[test]
fn what_runs_is_never_taken_out() {
    let now = Instant::now();
    let mut jobs = jobs(2, 100);
    jobs.begin("render.image", ASKER, &owner(), Arc::default()).unwrap();
    end(&mut jobs, 500, now);
    let (_, _, gone) = jobs.begin("render.image", ASKER, &owner(), Arc::default()).unwrap();
    assert_eq!(gone.unwrap().bytes(), 500);
    assert!(jobs.begin("render.image", ASKER, &owner(), Arc::default()).is_err());
    assert!(jobs.expire(now + KEEP).is_empty());
}

#[test]
fn kept_replies_go_after_their_time() {
    let now = Instant::now();
    let mut jobs = jobs(10, 100);
    end(&mut jobs, 10, now);
    assert!(jobs.expire(now + KEEP / 2).is_empty());
    assert_eq!(jobs.expire(now + KEEP).len(), 1);
    assert!(jobs.list(&owner()).is_empty());
}
