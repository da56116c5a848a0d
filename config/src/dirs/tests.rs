//! Tests of the module beside this folder: `dirs`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use super::{Folder, FolderError, Path, create, geteuid};

fn make(path: &Path) -> Result<(), FolderError> {
    create(&Folder { path: path.to_owned(), mode: 0o700 })
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn missing_folders_are_created_closed() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b/c");
    make(&path).unwrap();
    make(&path).unwrap();
    for path in [path.as_path(), &root.path().join("a/b"), &root.path().join("a")] {
        assert_eq!(mode(path), 0o700, "{}", path.display());
    }
    let open = root.path().join("open");
    create(&Folder { path: open.clone(), mode: 0o755 }).unwrap();
    assert_eq!(mode(&open) & 0o700, 0o700);
}

#[test]
fn links_and_files_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let (target, link) = (root.path().join("target"), root.path().join("link"));
    make(&target).unwrap();
    symlink(&target, &link).unwrap();
    assert!(matches!(make(&link), Err(FolderError::Link { .. })));
    let dangling = root.path().join("dangling");
    symlink(root.path().join("nothing"), &dangling).unwrap();
    assert!(matches!(make(&dangling), Err(FolderError::Link { .. })));
    // A link above is the user's own arrangement.
    make(&link.join("below")).unwrap();
    assert!(target.join("below").is_dir());

    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(make(&file), Err(FolderError::NotAFolder { .. })));
    assert!(matches!(make(&file.join("below")), Err(FolderError::Io { .. })));
}

#[test]
fn folders_that_others_can_write_are_refused_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("shared");
    make(&path).unwrap();
    for (bits, accepted) in [(0o755, true), (0o700, true), (0o770, false), (0o1777, false)] {
        fs::set_permissions(&path, Permissions::from_mode(bits)).unwrap();
        let result = make(&path);
        assert_eq!(result.is_ok(), accepted, "{bits:o}");
        assert_eq!(mode(&path), bits);
        if let Err(error) = result {
            let told = error.to_string();
            assert!(told.contains(&format!("mode {bits:04o}")) && told.contains("chmod go-w"));
        }
    }
}

#[test]
fn folders_of_other_users_are_refused() {
    let root = tempfile::tempdir().unwrap();
    // Root can give a folder away; anybody else finds root's own.
    let foreign = if geteuid().is_root() {
        let path = root.path().join("given");
        make(&path).unwrap();
        chown(&path, Some(65_534), None).unwrap();
        path
    } else {
        "/usr".into()
    };
    match make(&foreign) {
        Err(FolderError::Foreign { owner, user, .. }) => {
            assert_ne!(owner, user);
            assert_eq!(user, geteuid().as_raw());
        }
        other => panic!("{other:?}"),
    }
}
