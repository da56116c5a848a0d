//! The file `DATA/starts`, read and replaced under the start lock.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

use super::process;
use crate::manager::core::Starts;

/// More than this is never read.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Reads the record; whatever cannot be read counts as empty.
pub fn read(path: &Path, boot_id: &str) -> Starts {
    let bytes = read_bytes(path).unwrap_or_default();
    Starts::parse(&bytes, boot_id, process::now_ms())
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Without waiting: a FIFO in its place must not hold us.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Replaces the record whole. Only under the start lock, so the temporary name needs no number. It
/// is not synced: after a power cut the count begins anew.
pub fn write(path: &Path, starts: &Starts) -> io::Result<()> {
    let temporary = path.with_extension("new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create(&temporary)?.write_all(&starts.encode())?;
    fs::rename(&temporary, path)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
