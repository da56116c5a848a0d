//! The locks of a data folder, waited for by threads: the system wakes them, nobody polls.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use goxe_config::dirs::{self, Folder};
use goxe_config::endpoint::Endpoint;

use super::process;

/// Takes the start lock, in a thread of its own, and hands it to `done`. If nobody wants it any more
/// by then, `done` drops the file, which lets it go.
pub fn take_start_lock(
    path: PathBuf,
    done: impl FnOnce(Result<File, String>) + Send + 'static,
) -> Result<(), String> {
    in_thread("goxe-start-lock", move || {
        let taken = folder_of(&path)
            .and_then(|()| open(&path).and_then(lock).map_err(|error| named(&path, &error)));
        done(taken);
    })
}

/// Waits until nobody holds the data folder, in a thread of its own.
pub fn await_data_lock(
    path: PathBuf,
    done: impl FnOnce(Result<(), String>) + Send + 'static,
) -> Result<(), String> {
    in_thread("goxe-data-lock", move || {
        done(wait_free(&path).map_err(|error| named(&path, &error)));
    })
}

/// Waits until nobody holds this lock. Shared, and let go at once: several may wait side by side, and
/// a daemon that starts waits for none of them longer than a moment.
fn wait_free(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => again(|| file.lock_shared()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether somebody holds this lock now.
pub fn is_held(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

/// Who holds this lock, if it is held by somebody who is no daemon: not by the word that daemons leave in it,
/// and not by its command line where that word is still to come. None within if the system does not say who.
pub fn foreign_holder(path: &Path) -> Option<Option<String>> {
    if !is_held(path) {
        return None;
    }
    let word = Endpoint::read(path).ok();
    if word.is_some_and(|word| process::is_alive(word.pid, word.start_time)) {
        return None;
    }
    let Some(pid) = holder(path) else { return Some(None) };
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> =
        words.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word)).collect();
    if words
        .windows(2)
        .any(|pair| matches!(pair, [first, second] if first == "daemon" && second == "run"))
    {
        return None;
    }
    // Its arguments are nobody's business.
    let name = words.first().and_then(|word| Path::new(&**word).file_name()?.to_str());
    let name: String = name.unwrap_or("?").chars().filter(|char| !char.is_control()).collect();
    Some(Some(format!("process {pid} ({name})")))
}

/// The process that holds a lock alone, where the system lists them.
fn holder(path: &Path) -> Option<u32> {
    let found = std::fs::metadata(path).ok()?;
    let (major, minor) = (rustix::fs::major(found.dev()), rustix::fs::minor(found.dev()));
    let file = format!("{major:02x}:{minor:02x}:{}", found.ino());
    let listed = std::fs::read_to_string("/proc/locks").ok()?;
    listed.lines().find_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [_, "FLOCK", _, "WRITE", pid, of, ..] if of == file => pid.parse().ok(),
        _ => None,
    })
}

fn lock(file: File) -> io::Result<File> {
    again(|| file.lock())?;
    Ok(file)
}

/// A signal may interrupt a wait.
fn again(mut wait: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match wait() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// The data folder exists from the first start on.
pub fn folder_of(path: &Path) -> Result<(), String> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let folder = Folder { path: folder.to_owned(), mode: 0o700 };
    dirs::create(&folder).map_err(|error| error.to_string())
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Runs something that may block for long. A thread of its own: the runtime's pool would make the
/// end of the process wait for it.
pub fn in_thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| format!("no thread can be started: {error}"))
}
