//! Files, written and read in a folder that vanishes.

use std::fs;

use tempfile::tempdir;

use super::*;

#[tokio::test]
async fn a_file_that_appears_meanwhile_is_not_replaced() {
    let folder = tempdir().expect("a folder");
    let place = folder.path().join("out.vox");
    let mut file = NewFile::create(&place, false).await.expect("begun");
    file.write(b"new").await.expect("written");
    fs::write(&place, b"theirs").expect("written");
    assert!(matches!(file.keep().await, Err(FileError::Exists)));
    assert_eq!(fs::read(&place).expect("kept"), b"theirs");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn a_link_that_leads_nowhere_is_something_that_exists() {
    let folder = tempdir().expect("a folder");
    let place = folder.path().join("out.vox");
    std::os::unix::fs::symlink("/nowhere/at/all", &place).expect("a link");
    assert!(matches!(NewFile::create(&place, false).await, Err(FileError::Exists)));
    // Overwriting replaces the link, not what it leads to.
    let mut file = NewFile::create(&place, true).await.expect("begun");
    file.write(b"new").await.expect("written");
    file.keep().await.expect("kept");
    assert_eq!(fs::read(&place).expect("a file"), b"new");
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing() {
    let folder = tempdir().expect("a folder");
    let mut file = NewFile::create(&folder.path().join("out.vox"), false).await.expect("begun");
    file.write(b"half").await.expect("written");
    drop(file);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[tokio::test]
async fn a_file_is_read_by_ranges_to_its_end() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("in.vox");
    fs::write(&path, b"0123456789").expect("written");
    let mut source = open(&path).await.expect("opened");
    assert_eq!(source.bytes(), 10);
    assert_eq!(source.next(4).await.expect("a range"), b"0123");
    assert_eq!(source.next(100).await.expect("a range"), b"456789");
    assert!(source.next(1).await.is_err(), "a range past the end");
}

#[tokio::test]
async fn only_ordinary_files_of_a_bearable_size_are_read() {
    let folder = tempdir().expect("a folder");
    assert!(matches!(open(folder.path()).await, Err(FileError::NotAFile)));
    assert!(matches!(open(Path::new("/dev/zero")).await, Err(FileError::NotAFile)));
    let path = folder.path().join("huge.vox");
    let file = fs::File::create(&path).expect("made");
    file.set_len(FILE_BYTES_MAX + 1).expect("sparse");
    assert!(matches!(open(&path).await, Err(FileError::TooLarge { .. })));
}
