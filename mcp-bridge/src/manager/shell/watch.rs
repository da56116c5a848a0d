//! Told by the system when the endpoint file changes, so that nobody has to look again and again.

use std::path::Path;

/// Calls `changed` whenever the endpoint file of this folder is written, replaced or removed, and once
/// at the beginning, for what happened before it was watched. Blocks until `changed` returns false; returns at once where the system cannot tell.
#[cfg(target_os = "linux")]
pub fn watch(data: &Path, changed: impl FnMut() -> bool) {
    // Without a watch the manager looks by itself from time to time, only later.
    let _ = watch_folder(data, changed);
}

#[cfg(target_os = "linux")]
fn watch_folder(data: &Path, mut changed: impl FnMut() -> bool) -> rustix::io::Result<()> {
    use std::mem::MaybeUninit;

    use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
    use rustix::io::Errno;

    let inotify = init(CreateFlags::CLOEXEC)?;
    let flags = WatchFlags::MOVED_TO
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::ONLYDIR;
    add_watch(&inotify, data, flags)?;
    if !changed() {
        return Ok(());
    }
    let mut buffer = [MaybeUninit::uninit(); 4 << 10];
    let mut reader = Reader::new(&inotify, &mut buffer);
    loop {
        match reader.next() {
            Ok(event) => {
                let about =
                    event.file_name().is_none_or(|name| name.to_bytes() == b"endpoint.json");
                if about && !changed() {
                    return Ok(());
                }
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Where the system cannot tell, the manager looks by itself from time to time.
#[cfg(not(target_os = "linux"))]
pub fn watch(_data: &Path, _changed: impl FnMut() -> bool) {}
