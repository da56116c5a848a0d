//! A record round-trips, and any one flip of it is noticed while its project stays known.

use super::*;
use crate::journal::chain;

fn draft() -> Draft {
    let change = b"a change of some bytes".to_vec();
    let before = Revision { number: 6, chain: 0xaabb_ccdd };
    let digest = chain::change_digest(&change);
    Draft {
        project: ProjectId(42),
        before,
        after: before.next(ProjectId(42), "uid:1000", 1_700_000_000_123, &digest),
        author: "uid:1000".to_owned(),
        time_ms: 1_700_000_000_123,
        key: Some(Key([7; 16])),
        params: chain::params_digest(b"{}"),
        answer: b"{\"revision\":\"7.00000000\"}".to_vec(),
        label: "set one voxel".to_owned(),
        change,
    }
}

fn encoded(blob: Option<BlobRef>) -> Vec<u8> {
    let mut bytes = encode(&draft(), blob, StoreId(99)).unwrap().bytes;
    stamp(&mut bytes, Lsn(0x1234), Lsn(0x1200));
    bytes
}

#[test]
fn round_trips() {
    let blob = BlobRef { id: 5, length: 1 << 30, crc: 17 };
    for stored in [None, Some(blob)] {
        let bytes = encoded(stored);
        let record = decode(&bytes).unwrap();
        let draft = draft();
        assert_eq!(record.lsn, Lsn(0x1234));
        assert_eq!((record.project, record.store), (draft.project, StoreId(99)));
        assert_eq!((record.before, record.after), (draft.before, draft.after));
        assert_eq!((record.author, record.time_ms), (&*draft.author, draft.time_ms));
        assert_eq!((record.key, record.params), (draft.key, draft.params));
        assert_eq!((record.answer, record.label), (&*draft.answer, &*draft.label));
        match stored {
            None => assert_eq!(record.change, StoredChange::Inline(&draft.change)),
            Some(blob) => assert_eq!(record.change, StoredChange::Blob(blob)),
        }
    }
}

#[test]
fn a_new_stamp_replaces_the_old_one() {
    let mut bytes = encoded(None);
    stamp(&mut bytes, Lsn(0x9999), Lsn(0x9000));
    assert_eq!(decode(&bytes).unwrap().lsn, Lsn(0x9999));
    let header = parse_header(bytes.first_chunk().unwrap()).unwrap();
    assert_eq!(header.synced, Lsn(0x9000));
}

#[test]
fn any_one_flip_is_noticed_and_the_project_stays_known() {
    let bytes = encoded(None);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&flipped).is_err(), "bit {bit}");
        let header = parse_header(flipped.first_chunk().unwrap()).map(|header| header.identity);
        let trailer = parse_trailer(flipped.last_chunk().unwrap());
        let identity = header.or(trailer).expect("header or trailer is sound");
        assert_eq!((identity.project, identity.lsn), (ProjectId(42), Lsn(0x1234)), "bit {bit}");
    }
}

#[test]
fn any_cut_is_noticed() {
    let bytes = encoded(None);
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length]).is_err(), "length {length}");
    }
    assert!(decode(&[&*bytes, &[0]].concat()).is_err());
}

#[test]
fn a_payload_cannot_pass_for_another_projects() {
    let bytes = encoded(None);
    let header = parse_header(bytes.first_chunk().unwrap()).unwrap();
    let payload = &bytes[HEADER_BYTES..bytes.len() - TRAILER_BYTES];
    assert!(decode_change(&header.identity, payload).is_ok());
    let other = Identity { project: ProjectId(43), ..header.identity };
    assert!(decode_change(&other, payload).is_err());
    let other = Identity { number: 8, ..header.identity };
    assert!(decode_change(&other, payload).is_err());
}

#[test]
fn a_newer_format_is_refused() {
    let mut bytes = encoded(None);
    bytes[HEADER_BYTES + 8] = 2;
    let end = bytes.len() - TRAILER_BYTES - 4;
    let crc = payload_crc(ProjectId(42), 7, &bytes[HEADER_BYTES..end]);
    bytes[end..end + 4].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(decode(&bytes), Err(RecordError::Newer { found: 2 }));
}

#[test]
fn what_does_not_fit_is_refused() {
    let long = |field: &str, draft: &Draft| {
        let error = encode(draft, None, StoreId(1)).unwrap_err();
        assert_eq!(error.field, field);
    };
    long("answer", &Draft { answer: vec![0; ANSWER_BYTES_MAX + 1], ..draft() });
    long("label", &Draft { label: "x".repeat(LABEL_BYTES_MAX + 1), ..draft() });
    long("author", &Draft { author: "x".repeat(AUTHOR_BYTES_MAX + 1), ..draft() });
}

#[test]
fn heads_round_trip() {
    let heads = vec![
        (ProjectId(0), Revision { number: 3, chain: 4 }),
        (ProjectId(9), Revision { number: u64::MAX, chain: u32::MAX }),
    ];
    let mut bytes = encode_heads(&heads, StoreId(3));
    stamp(&mut bytes, Lsn(1), Lsn(0));
    let header = parse_header(bytes.first_chunk().unwrap()).unwrap();
    assert_eq!(header.identity.kind, Kind::Heads);
    let payload = &bytes[HEADER_BYTES..bytes.len() - TRAILER_BYTES];
    assert_eq!(decode_heads(&header.identity, payload), Ok((StoreId(3), heads)));
}
