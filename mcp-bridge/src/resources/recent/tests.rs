//! What is kept of what happened.

use super::*;

fn note(seq: u64) -> EventNote {
    let data = json!({ "project": "castle", "what": "edited", "author": "ann" });
    EventNote { subscription: "s".into(), seq, topic: "project".into(), data }
}

#[test]
fn the_newest_happenings_stand_in_their_order() {
    let recent = Recent::default();
    for seq in 0..150 {
        recent.add(&Happening::Event(note(seq)), Timestamp::UNIX_EPOCH);
    }
    recent.add(&Happening::Before(note(150)), Timestamp::UNIX_EPOCH);
    recent.add(&Happening::Lost, Timestamp::UNIX_EPOCH);
    let all = recent.all();
    assert_eq!(all.len(), COUNT_MAX);
    assert_eq!((&all[0]["seq"], &all[98]["seq"]), (&json!(52), &json!(150)));
    assert_eq!(
        (&all[97]["project"], &all[97]["at"]),
        (&json!("castle"), &json!("1970-01-01T00:00:00Z"))
    );
    assert!(all[98].get("at").is_none(), "when that was is not known");
    assert_eq!(all[99]["what"], "gone");
}

#[test]
fn a_check_that_went_well_is_nothing_to_tell() {
    let recent = Recent::default();
    let epoch = crate::manager::core::Epoch::new("e");
    let check = Notice::HealthCheck { pid: 1, epoch, latency_us: Some(5) };
    recent.add(&Happening::Notice(check), Timestamp::UNIX_EPOCH);
    assert_eq!(recent.all(), Vec::<Value>::new());
}
