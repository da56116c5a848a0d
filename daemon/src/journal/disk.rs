//! The way to files: a narrow trait, so that tests can fail, tear and cut what a real disk may.

mod folder;

use std::io;

pub use folder::Folder;

/// Ending of a file that is being written. What carries it after a crash is nobody's and is removed.
pub const TEMPORARY: &str = ".tmp";

/// A data folder. Paths are relative, parts are separated by `/`.
///
/// Durability is what POSIX promises and no more: a file's bytes after [`DiskFile::sync_data`], its
/// name after [`Disk::sync_folder`] on the folder that holds it.
pub trait Disk: Send + Sync {
    /// Makes a new, empty file; an existing one is an error.
    fn create(&self, path: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file to append to it.
    fn open(&self, path: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Fills the buffer from `offset` on; less than its length only at the end of the file.
    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Length of a file in bytes.
    fn length(&self, path: &str) -> io::Result<u64>;
    /// Names in a folder, sorted; none when there is no such folder.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
    /// Renames a file, replacing what has the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Makes a folder if it is not there. Its parent has to be.
    fn create_folder(&self, path: &str) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &str) -> io::Result<()>;
    /// Makes the names in a folder durable; "" is the data folder itself.
    fn sync_folder(&self, path: &str) -> io::Result<()>;
    /// Bytes that may still be written.
    fn space_free(&self) -> io::Result<u64>;
}

/// An open file that grows at its end.
pub trait DiskFile: Send {
    /// Writes all bytes at the end. After an error any part of them may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes all bytes durable. After an error nobody knows which are: never call it again.
    fn sync_data(&mut self) -> io::Result<()>;
    /// Cuts the file to a length.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// A whole file, which must be `max` bytes at most.
pub fn read_whole(disk: &dyn Disk, path: &str, max: u64) -> io::Result<Vec<u8>> {
    let length = disk.length(path)?;
    if length > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{path}: {length} bytes")));
    }
    let length = usize::try_from(length)
        .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, path.to_owned()))?;
    read_range(disk, path, 0, length)
}

/// Exactly `length` bytes of a file. The caller has compared it with the file's length.
pub fn read_range(disk: &dyn Disk, path: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let read = disk.read(path, offset, &mut bytes)?;
    if read < length {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, path.to_owned()));
    }
    Ok(bytes)
}

/// Writes a file so that it is there whole or not at all: temporary name, sync, rename, sync of the
/// folder. The file stays open for more. When only the last sync failed, the name may be there.
pub fn create_whole(
    disk: &dyn Disk,
    folder: &str,
    name: &str,
    parts: &[&[u8]],
) -> io::Result<Box<dyn DiskFile>> {
    let path = join(folder, name);
    let temporary = format!("{path}{TEMPORARY}");
    let written = write_temporary(disk, &temporary, parts);
    let file = match written.and_then(|file| disk.rename(&temporary, &path).map(|()| file)) {
        Ok(file) => file,
        Err(error) => {
            // A leftover is harmless: the next start removes it.
            let _ = disk.remove(&temporary);
            return Err(error);
        }
    };
    disk.sync_folder(folder)?;
    Ok(file)
}

fn write_temporary(
    disk: &dyn Disk,
    temporary: &str,
    parts: &[&[u8]],
) -> io::Result<Box<dyn DiskFile>> {
    match disk.remove(temporary) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut file = disk.create(temporary)?;
    for part in parts {
        file.append(part)?;
    }
    file.sync_data()?;
    Ok(file)
}

/// Makes a folder and its name durable.
pub fn create_folder_synced(disk: &dyn Disk, parent: &str, name: &str) -> io::Result<()> {
    disk.create_folder(&join(parent, name))?;
    disk.sync_folder(parent)
}

/// Removes what writing left behind in a folder when it was interrupted.
pub fn remove_temporaries(disk: &dyn Disk, folder: &str) -> io::Result<()> {
    for name in disk.list(folder)? {
        if name.ends_with(TEMPORARY) {
            disk.remove(&join(folder, &name))?;
        }
    }
    Ok(())
}

/// A name below a folder; "" is the data folder itself.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
