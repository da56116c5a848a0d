//! How often each thing is told of.

use super::*;

#[test]
fn a_thing_that_changes_all_the_time_is_told_of_four_times_a_second() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    let mut told = Vec::new();
    for ms in 0..1000_u64 {
        pace.mark("castle");
        if !pace.due(begin + Duration::from_millis(ms)).is_empty() {
            told.push(ms);
        }
    }
    assert_eq!(told, [0, 250, 500, 750]);
    // The last change is told of, too, although nothing follows it.
    let next = pace.next().expect("one change was not told of");
    assert_eq!(next, begin + Duration::from_millis(1000));
    assert_eq!(pace.due(next), ["castle"]);
    assert_eq!(pace.next(), None);
}

#[test]
fn things_do_not_wait_for_each_other() {
    let now = Instant::now();
    let mut pace = Pace::default();
    pace.mark("castle");
    assert_eq!(pace.due(now), ["castle"]);
    pace.mark("castle");
    pace.mark("tower");
    assert_eq!(pace.due(now), ["tower"]);
}

#[test]
fn what_was_told_of_is_forgotten() {
    let now = Instant::now();
    let mut pace = Pace::default();
    for index in 0..1000 {
        pace.mark(index);
    }
    assert_eq!(pace.due(now).len(), 1000);
    assert_eq!(pace.due(now + GAP).len(), 0);
    assert_eq!(pace.entries.len(), 0);
}
