//! Keys: what is looked up, forgotten and kept over an image.

use super::*;

const HOUR_MS: i64 = 3_600_000;
const NOW_MS: i64 = 1_800_000_000_000;
const LIMITS: KeyLimits = KeyLimits { keep_ms: 24 * HOUR_MS, keys_max: 3 };
const PARAMS: ParamsDigest = [1; 16];

fn key(time_ms: i64, tail: u8) -> Key {
    let [_, _, a, b, c, d, e, f] = time_ms.to_be_bytes();
    Key([a, b, c, d, e, f, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, tail])
}

fn insert(keys: &mut Keys, principal: &str, key: Key, number: u64) {
    let revision = Revision { number, chain: 5 };
    keys.insert(principal, key, PARAMS, revision, key.time_ms(), b"answer");
}

#[test]
fn a_committed_key_gets_its_answer_again() {
    let mut keys = Keys::default();
    let asked = key(NOW_MS, 1);
    let lookup = |keys: &Keys, principal: &str, params: &ParamsDigest| {
        keys.lookup(principal, asked, params, NOW_MS, &LIMITS)
    };
    assert_eq!(lookup(&keys, "ann", &PARAMS), Lookup::Unknown);
    insert(&mut keys, "ann", asked, 9);
    match lookup(&keys, "ann", &PARAMS) {
        Lookup::Committed(committed) => {
            assert_eq!(&*committed.answer, b"answer");
            assert_eq!(committed.revision.number, 9);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(lookup(&keys, "ann", &[2; 16]), Lookup::Conflict(_)));
    assert_eq!(lookup(&keys, "bob", &PARAMS), Lookup::Unknown, "keys belong to a principal");
    keys.remove("ann", asked);
    assert_eq!(lookup(&keys, "ann", &PARAMS), Lookup::Unknown);
}

#[test]
fn a_key_that_may_be_forgotten_never_runs() {
    let mut keys = Keys::default();
    let lookup = |keys: &Keys, asked: Key| keys.lookup("ann", asked, &PARAMS, NOW_MS, &LIMITS);
    assert_eq!(lookup(&keys, key(NOW_MS - 25 * HOUR_MS, 0)), Lookup::Expired);
    assert_eq!(lookup(&keys, key(NOW_MS - 23 * HOUR_MS, 0)), Lookup::Unknown);
    assert_eq!(lookup(&keys, key(NOW_MS + AHEAD_MS_MAX + 1, 0)), Lookup::Ahead);
    assert_eq!(lookup(&keys, Key([0; 16])), Lookup::NotV7);
    for tail in 0..5 {
        insert(&mut keys, "ann", key(NOW_MS - HOUR_MS + i64::from(tail), tail), u64::from(tail));
    }
    keys.forget(NOW_MS, &LIMITS);
    assert_eq!(keys.len(), LIMITS.keys_max);
    assert_eq!(lookup(&keys, key(NOW_MS - HOUR_MS + 1, 1)), Lookup::Expired);
    assert_eq!(lookup(&keys, key(NOW_MS - HOUR_MS + 1, 99)), Lookup::Expired);
    assert!(matches!(lookup(&keys, key(NOW_MS - HOUR_MS + 2, 2)), Lookup::Committed(_)));
    keys.forget(NOW_MS + 24 * HOUR_MS, &LIMITS);
    assert!(keys.is_empty());
    let again = keys.lookup("ann", key(NOW_MS - HOUR_MS + 4, 4), &PARAMS, NOW_MS, &LIMITS);
    assert_eq!(again, Lookup::Expired, "even if the clock went back");
}

#[test]
fn bytes_round_trip_and_any_cut_is_noticed() {
    let mut keys = Keys::default();
    for tail in 0..5 {
        insert(&mut keys, "ann", key(NOW_MS + i64::from(tail), tail), u64::from(tail));
        insert(&mut keys, "bob", key(NOW_MS + i64::from(tail), tail), u64::from(tail));
    }
    keys.forget(NOW_MS, &LIMITS);
    let bytes = keys.encode();
    assert_eq!(Keys::decode(&bytes), Ok(keys));
    for length in 0..bytes.len() {
        assert!(Keys::decode(&bytes[..length]).is_err(), "length {length}");
    }
}
