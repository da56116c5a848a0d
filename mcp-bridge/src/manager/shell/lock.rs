//! The locks of a data folder, waited for by threads: the system wakes them, nobody polls.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use goxe_config::dirs::{self, Folder};

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
