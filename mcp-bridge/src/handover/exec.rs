//! The step from one program to the next within one process, and the way back when it fails.

use std::{
    convert::Infallible,
    ffi::{CString, OsString},
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::ffi::OsStringExt as _,
    },
    path::PathBuf,
};

use goxe_config::executable::Identity;
use rustix::io::{FdFlags, fcntl_setfd};

use super::{
    SessionState,
    state::STATE_BYTES_MAX,
    successor::{Successor, arguments},
};

/// Begins the argument that names the descriptor of the state.
pub(super) const FLAG: &str = "--handover=";

/// What came over from the process before this one: the number of an inherited descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inherited(pub i32);

/// Becomes the other program. Returns why that failed; then everything is as it was.
pub(super) fn become_it(
    successor: &Successor,
    state: &SessionState,
    input: &OwnedFd,
    output: &OwnedFd,
) -> io::Error {
    match step(successor, state, input, output) {
        Ok(never) => match never {},
        Err(error) => {
            // Standard input and output are nobody's again.
            let nothing = File::open("/dev/null");
            let _ = nothing.and_then(|file| Ok(nix::unistd::dup2_stdin(file)?));
            let _ = nix::unistd::dup2_stdout(io::stderr());
            error
        }
    }
}

fn step(
    successor: &Successor,
    state: &SessionState,
    input: &OwnedFd,
    output: &OwnedFd,
) -> io::Result<Infallible> {
    if Identity::of(&successor.path)? != successor.identity {
        return Err(io::Error::other("it was replaced once more"));
    }
    let kept = keep(&state.to_bytes())?;
    let flag = OsString::from(format!("{FLAG}{}", kept.as_raw_fd()));
    let words = arguments().chain([flag]).map(|word| CString::new(word.into_vec()));
    let words = words.collect::<Result<Vec<_>, _>>()?;
    let path = CString::new(successor.path.clone().into_os_string().into_vec())?;
    nix::unistd::dup2_stdin(input)?;
    nix::unistd::dup2_stdout(output)?;
    // Last, so that a child that is started at this moment does not inherit it.
    fcntl_setfd(&kept, FdFlags::empty())?;
    Ok(nix::unistd::execv(&path, &words)?)
}

/// A file without a name that holds these bytes.
#[cfg(target_os = "linux")]
pub(super) fn keep(bytes: &[u8]) -> io::Result<File> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("goxe-mcp-handover", flags)?);
    file.write_all(bytes)?;
    file.rewind()?;
    fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?;
    Ok(file)
}

/// The same where there is no memory with a descriptor.
#[cfg(not(target_os = "linux"))]
pub(super) fn keep(bytes: &[u8]) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let name = format!("goxe-mcp-{}", uuid::Uuid::now_v7().simple());
    let path = std::env::temp_dir().join(name);
    let mut options = File::options();
    let mut file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// Takes over what the process before this one left. Call it first thing.
///
/// # Errors
/// What was named is no session.
pub fn adopt(Inherited(number): Inherited) -> io::Result<SessionState> {
    let foreign = || io::Error::new(io::ErrorKind::InvalidInput, "it names no session");
    if number <= 2 {
        return Err(foreign());
    }
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let mut file = File::open(PathBuf::from(folder).join(number.to_string()))?;
    if !is_ours(&file) {
        return Err(foreign());
    }
    // Children must not inherit it; what was opened just now closes by itself.
    nix::unistd::close(number)?;
    file.rewind()?;
    let mut bytes = Vec::new();
    let most = u64::try_from(STATE_BYTES_MAX).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes)?;
    let state = SessionState::from_bytes(&bytes).map_err(io::Error::other)?;
    adopt_children();
    Ok(state)
}

/// Nobody else can have changed it.
#[cfg(target_os = "linux")]
fn is_ours(file: &File) -> bool {
    use rustix::fs::{SealFlags, fcntl_get_seals};

    fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SealFlags::SEAL | SealFlags::WRITE))
}

#[cfg(not(target_os = "linux"))]
fn is_ours(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.is_file())
}

/// A daemon that this process started as its former self is still its child: somebody has to wait
/// for its end, or it would stay as a dead entry in the list of processes.
fn adopt_children() {
    use rustix::process::{Pid, WaitOptions, waitpid};

    let pid = std::process::id();
    let listed = std::fs::read_to_string(format!("/proc/self/task/{pid}/children"));
    let numbers = listed.unwrap_or_default();
    let children = numbers.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?));
    for child in children {
        let wait = move || {
            // However it ended: nobody asks.
            let _ = waitpid(Some(child), WaitOptions::empty());
        };
        // Without a thread the entry stays until this process ends.
        let _ = std::thread::Builder::new().name("goxe-child".to_owned()).spawn(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_adopted_once() {
        let state = SessionState { lines: vec!["{}".to_owned()], ..SessionState::default() };
        let kept = keep(&state.to_bytes()).unwrap();
        let number = std::os::fd::IntoRawFd::into_raw_fd(kept);
        assert_eq!(adopt(Inherited(number)).unwrap(), state);
        assert!(adopt(Inherited(number)).is_err(), "it is closed");
    }

    #[test]
    fn what_is_no_session_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create_new(folder.path().join("a")).unwrap();
        for number in [-1, 0, 1, 2, file.as_raw_fd(), i32::MAX] {
            assert!(adopt(Inherited(number)).is_err(), "{number}");
        }
        assert!(file.metadata().is_ok(), "it is still open");
    }
}
