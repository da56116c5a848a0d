//! Blobs against plain bytes.

use std::time::Duration;

use super::*;

fn blob(folder: &Path, id: &str) -> Arc<Blob> {
    Blob::create(folder, id.into(), "uid:1".into(), 10).unwrap()
}

#[test]
fn ranges_are_checked_and_the_file_has_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let blob = blob(folder.path(), "b1");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    blob.write(3, b"abc").unwrap();
    assert_eq!(&*blob.read(2, 5).unwrap(), b"\0abc\0");
    assert_eq!(blob.read_all().unwrap().len(), 10);
    for (offset, length) in [(8, 3), (11, 0), (u64::MAX, 1)] {
        assert!(blob.read(offset, length).is_err(), "{offset} {length}");
    }
}

#[test]
fn a_blob_belongs_to_its_principal_and_goes_when_it_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut blobs = Blobs::default();
    let start = Instant::now();
    blobs.insert(blob(folder.path(), "b1"), start);
    blobs.insert(blob(folder.path(), "b2"), start);
    assert!(blobs.find("uid:2", "b1", start).is_err());
    let later = start + Duration::from_secs(9);
    assert!(blobs.find("uid:1", "b1", later).is_ok());
    let gone = blobs.expire(start + Duration::from_secs(5));
    assert_eq!(gone.iter().map(|blob| &*blob.id).collect::<Vec<_>>(), ["b2"]);
    assert_eq!(blobs.len(), 1);
}

fn shelf(folder: &Path, memory_bytes_max: usize) -> Shelf {
    Shelf::new(folder.to_owned(), "e", 1 << 30, &Memory::new(memory_bytes_max, 0))
}

/// Writes as a lane and the router do: into the file, or held.
fn write(blobs: &mut Blobs, shelf: &Shelf, offset: u64, content: &[u8], held: bool) {
    let blob = blobs.find("uid:1", "e-blob0", Instant::now()).unwrap();
    let length = to_u64(content.len());
    let room = held.then(|| shelf.room(content.len())).flatten();
    let content = match &room {
        Some(_) if blob.may_hold(offset, content.len()).unwrap() => Some(content.to_vec().into()),
        _ => {
            blob.write(offset, content).unwrap();
            None
        }
    };
    let room = room.filter(|_| content.is_some());
    blobs.written(&blob, BlobWrite { offset, length, room }, content);
}

#[test]
fn held_or_not_a_blob_is_what_was_written_last() {
    const BYTES: usize = 500;
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path(), 4 * 900);
    let mut blobs = Blobs::default();
    blobs.insert(shelf.make("uid:1".into(), to_u64(BYTES)).unwrap(), Instant::now());
    let mut plain = vec![0; BYTES];
    let mut seed = 7_usize;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for step in 0..2000_usize {
        let offset = random(BYTES);
        let length = random(BYTES - offset).min(random(200));
        let content = vec![step as u8; length];
        plain[offset..offset + length].copy_from_slice(&content);
        write(&mut blobs, &shelf, to_u64(offset), &content, random(3) > 0);
        let blob = blobs.find("uid:1", "e-blob0", Instant::now()).unwrap();
        assert_eq!(&*blob.read_all().unwrap(), &plain[..]);
        let from = random(BYTES);
        let part = blob.read(to_u64(from), BYTES - from).unwrap();
        assert_eq!(&*part, &plain[from..]);
        assert!(shelf.account.held() <= 900, "what is held is counted, and bounded");
    }
    assert!(shelf.account.held() > 0, "nothing was held in the end");
    drop(blobs);
    assert_eq!(shelf.account.held(), 0);
}

#[test]
fn what_is_held_whole_is_read_without_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path(), 1 << 20);
    let parts = vec![b"one".to_vec(), b"two!".to_vec()];
    let places: Vec<*const u8> = parts.iter().map(|part| part.as_ptr()).collect();
    let blob = shelf.keep("uid:1".into(), parts).unwrap();
    assert_eq!(blob.read(3, 4).unwrap().as_ptr(), places[1]);
    assert_eq!(blob.read(1, 1).unwrap().as_ptr(), places[0].wrapping_add(1));
    assert_eq!(&*blob.read_all().unwrap(), b"onetwo!");
    // Without room the same lies in the file.
    let small = Shelf::new(folder.path().to_owned(), "f", 1 << 30, &Memory::new(4, 0));
    let blob = small.keep("uid:1".into(), vec![b"one".to_vec(), b"two!".to_vec()]).unwrap();
    assert_eq!(&*blob.read_all().unwrap(), b"onetwo!");
    assert_eq!(small.account.held(), 0);
}

#[test]
fn pieces_are_few() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path(), 1 << 20);
    let mut blobs = Blobs::default();
    blobs.insert(shelf.make("uid:1".into(), 1000).unwrap(), Instant::now());
    for offset in 0..500 {
        write(&mut blobs, &shelf, offset * 2, b"x", true);
    }
    let blob = blobs.find("uid:1", "e-blob0", Instant::now()).unwrap();
    assert!(!blob.may_hold(0, 1).unwrap());
    assert_eq!(&*blob.read_all().unwrap(), b"x\0".repeat(500));
    assert!(shelf.account.held() < 100);
}
