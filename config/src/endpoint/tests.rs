//! Tests of the module beside this folder: `endpoint`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::{Endpoint, EndpointError, FILE_BYTES_MAX};

fn endpoint(pid: u32) -> Endpoint {
    Endpoint {
        pid,
        start_time: 8_123_456,
        boot_id: "4e5f".into(),
        epoch: "0123456789abcdef".into(),
        store: "fedc".into(),
        socket: "/run/user/1000/goxe/goxe.sock".into(),
        build: "goxe 0.1.0".into(),
    }
}

struct Scene {
    folder: tempfile::TempDir,
    path: PathBuf,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("endpoint.json");
    Scene { folder, path }
}

#[test]
fn what_is_written_is_read() {
    let Scene { folder, path } = scene();
    for pid in [1, 2] {
        endpoint(pid).write(&path).unwrap();
        assert_eq!(Endpoint::read(&path).unwrap(), endpoint(pid));
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn a_leftover_of_a_crash_is_no_obstacle() {
    let Scene { folder, path } = scene();
    let victim = folder.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, path.with_extension("json.new")).unwrap();
    endpoint(7).write(&path).unwrap();
    assert_eq!(Endpoint::read(&path).unwrap().pid, 7);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let Scene { folder: _kept, path } = scene();
    assert!(matches!(endpoint(1).write(&path.join("below")), Err(EndpointError::Io { .. })));
    endpoint(1).write(&path).unwrap();
    fs::create_dir(path.with_extension("json.new")).unwrap();
    assert!(matches!(endpoint(2).write(&path), Err(EndpointError::Io { .. })));
    assert_eq!(Endpoint::read(&path).unwrap(), endpoint(1));
}

#[test]
fn members_of_a_newer_goxe_are_passed_over() {
    let Scene { folder: _kept, path } = scene();
    let mut json = serde_json::to_value(endpoint(3)).unwrap();
    json["address"] = "127.0.0.1:7890".into();
    fs::write(&path, json.to_string()).unwrap();
    assert_eq!(Endpoint::read(&path).unwrap(), endpoint(3));
}

#[test]
fn every_bad_file_has_its_error() {
    let Scene { folder, path } = scene();
    assert!(matches!(Endpoint::read(&path), Err(EndpointError::Absent { .. })));
    for text in ["", "{", "[]", "{\"pid\": -1}", "{\"pid\": 1}", "\u{0}"] {
        fs::write(&path, text).unwrap();
        assert!(matches!(Endpoint::read(&path), Err(EndpointError::Malformed { .. })), "{text}");
    }
    let whole = serde_json::to_string(&endpoint(1)).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(matches!(Endpoint::read(&path), Err(EndpointError::Malformed { .. })), "{cut}");
    }
    let padded = whole + &" ".repeat(FILE_BYTES_MAX as usize);
    fs::write(&path, &padded[..FILE_BYTES_MAX as usize]).unwrap();
    assert!(Endpoint::read(&path).is_ok());
    fs::write(&path, &padded[..=FILE_BYTES_MAX as usize]).unwrap();
    assert!(matches!(Endpoint::read(&path), Err(EndpointError::TooLarge { .. })));
    assert!(matches!(Endpoint::read(folder.path()), Err(EndpointError::Io { .. })));
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(Endpoint::read(&link), Err(EndpointError::Io { .. })));
}

#[test]
fn removal_is_repeatable() {
    let Scene { folder: _kept, path } = scene();
    endpoint(1).write(&path).unwrap();
    Endpoint::remove(&path).unwrap();
    Endpoint::remove(&path).unwrap();
    assert!(matches!(Endpoint::read(&path), Err(EndpointError::Absent { .. })));
}
