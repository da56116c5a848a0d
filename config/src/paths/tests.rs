//! Tests of the module beside this folder: `paths`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::{Choice, Environment, FolderFacts, PathError, Paths, hash};
use crate::schema::SOCKET_PATH_BYTES_MAX;

const PRIVATE: FolderFacts = FolderFacts { owner: 1000, mode: 0o700 };

/// Ada's login: user 1000, with the variables and folders given.
fn ada(variables: &[(&str, &str)], folders: &[(&str, FolderFacts)]) -> Environment {
    Environment {
        variables: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.into()))
            .collect(),
        uid: 1000,
        euid: 1000,
        account_home: Some("/home/ada".into()),
        folders: folders.iter().map(|(path, facts)| (PathBuf::from(path), *facts)).collect(),
    }
}

fn resolve(environment: &Environment) -> Paths {
    Paths::resolve(environment, &Choice::default()).unwrap()
}

fn with_data(environment: &Environment, data: &str) -> Paths {
    let choice = Choice { data: Some(data.into()), ..Choice::default() };
    Paths::resolve(environment, &choice).unwrap()
}

#[test]
fn a_plain_user_has_the_usual_places() {
    let paths = resolve(&ada(&[("HOME", "/home/ada")], &[("/run/user/1000", PRIVATE)]));
    let expected = [
        ("config_file", "/home/ada/.config/goxe/goxe.toml"),
        ("data", "/home/ada/.local/share/goxe"),
        ("state", "/home/ada/.local/state/goxe"),
        ("runtime", "/run/user/1000/goxe"),
        ("socket", "/run/user/1000/goxe/goxe.sock"),
        ("pid_file", "/run/user/1000/goxe/goxe.pid"),
        ("lock", "/home/ada/.local/share/goxe/lock"),
        ("start_lock", "/home/ada/.local/share/goxe/start.lock"),
        ("endpoint", "/home/ada/.local/share/goxe/endpoint.json"),
        ("starts", "/home/ada/.local/share/goxe/starts"),
        ("journal", "/home/ada/.local/share/goxe/journal"),
        ("images", "/home/ada/.local/share/goxe/images"),
        ("blobs", "/home/ada/.local/share/goxe/blobs"),
        ("log_dir", "/home/ada/.local/state/goxe/logs"),
    ];
    assert_eq!(paths.named().map(|(name, path)| (name, path.to_str().unwrap())), expected);
}

#[test]
fn a_scrubbed_environment_changes_nothing() {
    let folders = [("/run/user/1000", PRIVATE)];
    let login = resolve(&ada(
        &[
            ("HOME", "/home/ada"),
            ("XDG_RUNTIME_DIR", "/run/user/1000/"),
            ("XDG_DATA_HOME", "/home/ada/.local/share"),
            ("XDG_CONFIG_HOME", "/home/ada/.config"),
            ("XDG_STATE_HOME", "/home/ada/.local/state"),
        ],
        &folders,
    ));
    let scrubbed = [("HOME", "/home/ada"), ("PATH", "/bin"), ("USER", "ada")];
    assert_eq!(resolve(&ada(&scrubbed, &folders)), login);
    assert_eq!(resolve(&ada(&[], &folders)), login);
    assert_eq!(resolve(&ada(&[("HOME", ""), ("XDG_DATA_HOME", "relative")], &folders)), login);
    assert_eq!(with_data(&ada(&[], &folders), "/home/ada/.local/share/goxe"), login);
    // Without a folder for sockets only these move, and the data stays.
    let bare = resolve(&ada(&scrubbed, &[]));
    assert_eq!((&bare.data, &bare.state), (&login.data, &login.state));
    assert_eq!(bare.runtime, login.data.join("run"));
}

#[test]
fn only_a_folder_that_is_ours_and_closed_holds_sockets() {
    let own_data = "/home/ada/.local/share/goxe/run";
    let check = |facts: Option<FolderFacts>, expected: &str| {
        let folders: Vec<_> = facts.map(|facts| ("/x", facts)).into_iter().collect();
        let environment = ada(&[("XDG_RUNTIME_DIR", "/x")], &folders);
        assert_eq!(resolve(&environment).runtime, Path::new(expected), "{facts:?}");
    };
    check(Some(PRIVATE), "/x/goxe");
    check(None, own_data);
    check(Some(FolderFacts { owner: 0, mode: 0o700 }), own_data);
    check(Some(FolderFacts { owner: 1000, mode: 0o755 }), own_data);
    check(Some(FolderFacts { owner: 1000, mode: 0o770 }), own_data);

    let both = [("/x", FolderFacts { owner: 0, mode: 0o755 }), ("/run/user/1000", PRIVATE)];
    let environment = ada(&[("XDG_RUNTIME_DIR", "/x")], &both);
    assert_eq!(resolve(&environment).runtime, Path::new("/run/user/1000/goxe"));
}

#[test]
fn moved_folders_are_followed() {
    let paths = resolve(&ada(
        &[("XDG_DATA_HOME", "/d"), ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")],
        &[],
    ));
    assert_eq!(paths.data, Path::new("/d/goxe"));
    assert_eq!(paths.config_file, Path::new("/c/goxe/goxe.toml"));
    assert_eq!(paths.log_dir, Path::new("/s/goxe/logs"));
    assert_eq!(paths.socket, Path::new("/d/goxe/run/goxe.sock"));
}

#[test]
fn two_daemons_never_share_a_socket() {
    let folders = [("/run/user/1000", PRIVATE)];
    let own = resolve(&ada(&[], &folders));
    let other_home = resolve(&ada(&[("HOME", "/tmp/home")], &folders));
    let other_data = resolve(&ada(&[("XDG_DATA_HOME", "/elsewhere")], &folders));
    let chosen = with_data(&ada(&[], &folders), "/data/a");
    assert_eq!(own.runtime, Path::new("/run/user/1000/goxe"));
    let named = format!("/run/user/1000/goxe-{}", hash(Path::new("/elsewhere/goxe")));
    assert_eq!(other_data.runtime, Path::new(&named));
    assert_eq!(chosen.runtime, Path::new("/data/a/run"));
    assert_eq!(chosen.log_dir, Path::new("/data/a/state/logs"));
    let all = [own, other_home, other_data, chosen];
    for (index, one) in all.iter().enumerate() {
        assert!(all[..index].iter().all(|other| other.socket != one.socket));
        assert!(all[..index].iter().all(|other| other.pid_file != one.pid_file));
    }
}

#[test]
fn a_folder_too_deep_for_a_socket_gets_a_short_one() {
    let deep = format!("/{}", "deep/".repeat(30));
    let deep = deep.trim_end_matches('/');
    let hash = hash(Path::new(deep));
    let with_run = with_data(&ada(&[], &[("/run/user/1000", PRIVATE)]), deep);
    assert_eq!(with_run.socket, PathBuf::from(format!("/run/user/1000/goxe-{hash}/goxe.sock")));
    assert_eq!(with_run.data, Path::new(deep));
    let without = with_data(&ada(&[], &[]), deep);
    assert_eq!(without.socket, PathBuf::from(format!("/tmp/goxe-1000-{hash}/goxe.sock")));
    assert_eq!(without.pid_file, PathBuf::from(format!("/tmp/goxe-1000-{hash}/goxe.pid")));
    assert!(without.folders().iter().any(|folder| folder.path == without.runtime));

    // The longest that still fits stays where it is.
    let room = SOCKET_PATH_BYTES_MAX - "/run/goxe.sock".len();
    for (length, stays) in [(room, true), (room + 1, false)] {
        let data = format!("/{}", "d".repeat(length - 1));
        let paths = with_data(&ada(&[], &[]), &data);
        assert_eq!(paths.socket.starts_with(&data), stays, "{length}");
        assert!(paths.socket.as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
    }
}

#[test]
fn choices_beat_variables() {
    let variables =
        [("GOXE_DATA", "/env"), ("GOXE_SOCKET", "/env.sock"), ("GOXE_CONFIG", "/env.toml")];
    let environment = ada(&variables, &[]);
    let paths = resolve(&environment);
    assert_eq!(paths.data, Path::new("/env"));
    assert_eq!(paths.socket, Path::new("/env.sock"));
    assert_eq!(paths.pid_file, Path::new("/env/run/goxe.pid"));
    assert_eq!(paths.config_file, Path::new("/env.toml"));
    let choice = Choice {
        data: Some("/flag".into()),
        socket: Some("/flag.sock".into()),
        config: Some("/flag.toml".into()),
        system: false,
    };
    let paths = Paths::resolve(&environment, &choice).unwrap();
    assert_eq!(paths.lock, Path::new("/flag/lock"));
    assert_eq!(paths.socket, Path::new("/flag.sock"));
    assert_eq!(paths.config_file, Path::new("/flag.toml"));
}

#[test]
fn the_system_has_one_daemon_of_its_own() {
    let choice = Choice { system: true, ..Choice::default() };
    let paths = Paths::resolve(&Environment::default(), &choice).unwrap();
    assert_eq!(paths.config_file, Path::new("/etc/goxe/goxe.toml"));
    assert_eq!(paths.data, Path::new("/var/lib/goxe"));
    assert_eq!(paths.socket, Path::new("/run/goxe/goxe.sock"));
    assert_eq!(paths.pid_file, Path::new("/run/goxe/goxe.pid"));
    assert_eq!(paths.log_dir, Path::new("/var/log/goxe"));
    let modes: BTreeMap<_, _> =
        paths.folders().into_iter().map(|folder| (folder.path, folder.mode)).collect();
    assert_eq!(modes[Path::new("/run/goxe")], 0o755);
    assert_eq!(modes[Path::new("/var/lib/goxe")], 0o700);

    // A login's variables say nothing about the system.
    let login = ada(&[("HOME", "/h"), ("XDG_DATA_HOME", "/d"), ("XDG_RUNTIME_DIR", "/r")], &[]);
    assert_eq!(Paths::resolve(&login, &choice).unwrap(), paths);
    let moved = Choice { data: Some("/srv/goxe".into()), ..choice };
    let paths = Paths::resolve(&login, &moved).unwrap();
    assert_eq!(paths.socket, Path::new("/srv/goxe/run/goxe.sock"));
    assert_eq!(paths.config_file, Path::new("/etc/goxe/goxe.toml"));
}

#[test]
fn paths_that_cannot_work_are_refused() {
    let error = |choice: Choice| Paths::resolve(&ada(&[], &[]), &choice).unwrap_err();
    let data = |data: &str| Choice { data: Some(data.into()), ..Choice::default() };
    assert_eq!(error(data("here")).to_string(), "GOXE_DATA is here: it must be an absolute path");
    assert!(matches!(error(data("/a\nb")), PathError::NotText { .. }));
    let bytes = PathBuf::from(OsString::from_vec(b"/a\xff".to_vec()));
    assert!(matches!(
        error(Choice { data: Some(bytes), ..Choice::default() }),
        PathError::NotText { .. }
    ));
    let long = PathBuf::from(format!("/{}", "s".repeat(SOCKET_PATH_BYTES_MAX)));
    let too_long = error(Choice { socket: Some(long), ..Choice::default() });
    assert!(matches!(too_long, PathError::SocketTooLong { .. }));
    assert!(too_long.to_string().contains("--socket"));

    let homeless = Environment { account_home: None, ..ada(&[], &[]) };
    let error = Paths::resolve(&homeless, &Choice::default()).unwrap_err();
    assert_eq!(error, PathError::NoHome { uid: 1000 });
    let paths = with_data(&homeless, "/data");
    assert_eq!(paths.config_file, Path::new("/data/goxe.toml"));

    let raised = Environment { euid: 0, ..ada(&[], &[]) };
    let error = Paths::resolve(&raised, &Choice::default()).unwrap_err();
    assert_eq!(error, PathError::SetUserId { uid: 1000, euid: 0 });
}

#[test]
fn this_process_has_paths() {
    let environment = Environment::of_process();
    assert_eq!(environment.uid, environment.euid);
    let folder = tempfile::tempdir().unwrap();
    let choice = Choice { data: Some(folder.path().join("d")), ..Choice::default() };
    let paths = Paths::resolve(&environment, &choice).unwrap();
    crate::dirs::create_all(&paths.folders()).unwrap();
    for path in [&paths.data, &paths.journal, &paths.images, &paths.blobs, &paths.runtime] {
        assert_eq!(FolderFacts::of(path).unwrap().mode, 0o700, "{}", path.display());
    }
    assert!(paths.log_dir.is_dir());
    assert_eq!(FolderFacts::of(&paths.lock), None);
}
