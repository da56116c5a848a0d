//! Files, written and read in a folder that vanishes.

use std::{fs, os::unix::fs::symlink};

use tempfile::tempdir;

use super::*;

fn folders(folder: &tempfile::TempDir) -> Folders {
    Folders::new(folder.path().to_owned(), &[])
}

fn named(folder: &tempfile::TempDir, name: &str) -> Place {
    folders(folder).place(name).expect("inside")
}

#[tokio::test]
async fn a_file_that_appears_meanwhile_is_not_replaced() {
    let folder = tempdir().expect("a folder");
    let place = folder.path().join("out.vox");
    let mut file = NewFile::create(named(&folder, "out.vox"), false).await.expect("begun");
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
    symlink("/nowhere/at/all", &place).expect("a link");
    assert!(matches!(
        NewFile::create(named(&folder, "out.vox"), false).await,
        Err(FileError::Exists)
    ));
    // It is no file of this kind, whatever it leads to.
    assert!(matches!(
        NewFile::create(named(&folder, "out.vox"), true).await,
        Err(FileError::NotAFile)
    ));
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing() {
    let folder = tempdir().expect("a folder");
    let mut file = NewFile::create(named(&folder, "out.vox"), false).await.expect("begun");
    file.write(b"half").await.expect("written");
    drop(file);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[tokio::test]
async fn a_file_is_read_by_ranges_to_its_end() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("in.vox");
    fs::write(&path, b"0123456789").expect("written");
    let mut source = open(&folders(&folder), "in.vox").await.expect("opened");
    assert_eq!(source.bytes(), 10);
    assert_eq!(source.next(4).await.expect("a range"), b"0123");
    assert_eq!(source.next(100).await.expect("a range"), b"456789");
    assert!(source.next(1).await.is_err(), "a range past the end");
}

#[tokio::test]
async fn only_ordinary_files_of_a_bearable_size_are_read() {
    let folder = tempdir().expect("a folder");
    fs::create_dir(folder.path().join("folder.vox")).expect("made");
    assert!(matches!(open(&folders(&folder), "folder.vox").await, Err(FileError::NotAFile)));
    let devices = Folders::new(folder.path().to_owned(), &["/dev".into()]);
    assert!(matches!(open(&devices, "/dev/zero").await, Err(FileError::NotAFile)));
    let path = folder.path().join("huge.vox");
    let file = fs::File::create(&path).expect("made");
    file.set_len(FILE_BYTES_MAX + 1).expect("sparse");
    assert!(matches!(open(&folders(&folder), "huge.vox").await, Err(FileError::TooLarge { .. })));
}

#[tokio::test]
async fn what_is_of_another_kind_is_never_replaced() {
    let folder = tempdir().expect("a folder");
    for (name, content) in [
        ("keys.vox", "ssh-ed25519 AAAA me"),
        ("shell.obj", "export PATH=/bin\n"),
        ("empty.glb", ""),
        ("notes.mtl", "# notes\n"),
        ("photo.png", "GIF89a"),
    ] {
        let place = folder.path().join(name);
        fs::write(&place, content).expect("written");
        let refused = NewFile::create(named(&folder, name), true).await;
        assert!(matches!(refused, Err(FileError::OtherKind(_))), "{name}: {refused:?}");
        assert_eq!(fs::read_to_string(&place).expect("kept"), content);
    }
    // What becomes something else while the file is made is looked at once more.
    let place = folder.path().join("out.vox");
    fs::write(&place, "VOX old").expect("written");
    let file = NewFile::create(named(&folder, "out.vox"), true).await.expect("begun");
    fs::write(&place, "theirs").expect("written");
    assert!(matches!(file.keep().await, Err(FileError::OtherKind(FileKind::Vox))));
    assert_eq!(fs::read_to_string(&place).expect("kept"), "theirs");
}

#[tokio::test]
async fn links_are_followed_within_the_folders_only() {
    let (inside, other, outside) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    fs::write(outside.path().join("a.vox"), b"theirs").expect("written");
    fs::write(other.path().join("a.vox"), b"ours").expect("written");
    for (target, name) in [(&outside, "out"), (&other, "other")] {
        symlink(target.path(), inside.path().join(name)).expect("a link");
        let file = inside.path().join(format!("{name}.vox"));
        symlink(target.path().join("a.vox"), file).expect("a link");
    }
    let folders = Folders::new(inside.path().to_owned(), &[other.path().to_owned()]);
    let way_out = format!("../{}/a.vox", outside.path().file_name().unwrap().display());
    for path in ["out/a.vox", "out.vox", "/etc/a.vox", "..", "/", "", way_out.as_str()] {
        let refused = open(&folders, path).await;
        assert!(matches!(refused, Err(FileError::Outside)), "{path}: {refused:?}");
    }
    for path in ["out/b.vox", "../b.vox", "/etc/b.vox"] {
        assert!(matches!(folders.place(path), Err(FileError::Outside)), "{path}");
    }
    for path in ["other/a.vox", "other.vox", "./none/../other/a.vox"] {
        let mut source = open(&folders, path).await.expect(path);
        assert_eq!(source.next(9).await.expect("read"), b"ours", "{path}");
    }
    // A folder that becomes a link after it was found stays the folder that was found.
    let sub = inside.path().join("sub");
    fs::create_dir(&sub).expect("made");
    let place = folders.place("sub/b.vox").expect("inside");
    fs::rename(&sub, inside.path().join("moved")).expect("moved");
    symlink(outside.path(), &sub).expect("a link");
    NewFile::create(place, false).await.expect("begun").keep().await.expect("kept");
    assert!(inside.path().join("moved/b.vox").exists());
    assert!(!outside.path().join("b.vox").exists());
}

#[test]
fn the_root_is_no_working_folder() {
    let nowhere = Folders::new("/".into(), &[]);
    assert!(matches!(nowhere.place("tmp/a.vox"), Err(FileError::Outside)));
    assert!(nowhere.told().contains("mcp.folders"), "{}", nowhere.told());
}
