//! The budget: at once, then growing pauses, then none; and files that others wrote or broke.

use super::{Starts, Verdict};
use crate::manager::core::Settings;

fn failed(times_ms: &[u64]) -> Starts {
    let mut starts = Starts::new("boot");
    for &at_ms in times_ms {
        starts.push(at_ms);
        starts.failed(at_ms);
    }
    starts
}

#[test]
fn the_first_restart_is_at_once_then_pauses_grow_until_the_budget_is_used_up() {
    let settings = Settings { backoff_ms: 500, starts_max: 5, ..Settings::default() };
    let check = |times_ms: &[u64], now_ms: u64, expect: Verdict| {
        assert_eq!(failed(times_ms).verdict(now_ms, &settings), expect, "{times_ms:?} {now_ms}");
    };
    check(&[], 10, Verdict::Go { attempt: 1 });
    check(&[10], 10, Verdict::Go { attempt: 2 });
    check(&[10, 20], 20, Verdict::Wait { until_ms: 520 });
    check(&[10, 20], 520, Verdict::Go { attempt: 3 });
    check(&[10, 20, 520], 600, Verdict::Wait { until_ms: 1_520 });
    let five = [10, 20, 520, 1_520, 3_520];
    check(&five, 9_000, Verdict::Exhausted { failures: 5, until_ms: 600_010 });
    check(&five, 600_010, Verdict::Go { attempt: 5 });
    check(&five, 700_000, Verdict::Go { attempt: 1 });
}

#[test]
fn a_start_that_held_ends_the_row() {
    let settings = Settings::default();
    let mut starts = failed(&[10, 20, 30, 40]);
    starts.push(50);
    assert!(starts.ready(60));
    assert!(!starts.settle(60 + settings.stable_ms, true, &settings), "it was old enough");
    assert_eq!(starts.verdict(40_000, &settings), Verdict::Go { attempt: 1 });
}

#[test]
fn only_what_never_answered_or_fell_young_has_failed() {
    let settings = Settings::default();
    let check = |ready_ms: Option<u64>, fell: bool, now_ms: u64, expect: bool| {
        let mut starts = Starts::new("boot");
        starts.push(10);
        if let Some(ready_ms) = ready_ms {
            starts.ready(ready_ms);
        }
        assert_eq!(starts.settle(now_ms, fell, &settings), expect, "{ready_ms:?} {fell} {now_ms}");
    };
    check(None, false, 20, true);
    check(Some(15), true, 20, true);
    check(Some(15), false, 20, false);
    check(Some(15), true, 15 + settings.stable_ms, false);
    assert!(!Starts::new("boot").settle(20, true, &settings));
}

#[test]
fn a_file_that_is_not_ours_is_no_record() {
    let written = failed(&[10, 20]).encode();
    assert_eq!(Starts::parse(&written, "boot", 30), failed(&[10, 20]));
    let empty = Starts::new("boot");
    let check = |bytes: &[u8]| assert_eq!(Starts::parse(bytes, "boot", 30), empty);
    check(b"");
    check(b"\0\xff garbage");
    check(b"[]");
    check(br#"{"boot":"another","starts":[{"at_ms":1,"pid":1,"ready_ms":null,"failed_ms":1}]}"#);
    check(br#"{"boot":"boot","starts":[{"at_ms":-1}]}"#);
    check(&vec![b' '; 1 << 20]);
    for cut in 0..written.len() {
        check(&written[..cut]);
    }
    // What lies in the future was not written on this clock.
    assert_eq!(Starts::parse(&written, "boot", 15), failed(&[10]));
}

#[test]
fn the_record_stays_small() {
    let times_ms: Vec<u64> = (0..1_000).collect();
    assert!(failed(&times_ms).encode().len() < super::FILE_BYTES_MAX);
    assert_eq!(failed(&times_ms).iter().count(), super::STARTS_KEPT_MAX);
}
