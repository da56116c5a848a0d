//! A client's file: read whole, replaced whole, its rights and the links to it kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use goxe_mcp_bridge::clients::merge::FILE_BYTES_MAX;
use nix::fcntl::OFlag;
use uuid::Uuid;

use crate::failure::{Exit, Failure};

/// Rights of a file that was not there: some hold secrets later.
const MODE: u32 = 0o600;

/// A file as it was read.
pub(super) struct ClientFile {
    /// Where it lies, links followed.
    path: PathBuf,
    text: String,
    exists: bool,
}

impl ClientFile {
    /// Reads a file; one that is not there is empty.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let target = target(path).map_err(|error| Failure::file("read", path, &error))?;
        match read(&target) {
            Ok(text) => Ok(ClientFile { path: target, text, exists: true }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Ok(ClientFile { path: target, text: String::new(), exists: false })
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                let message = format!("{}: {error}", path.display());
                Err(Failure::new(Exit::Failed, "client_file", message)
                    .hint("correct the file by hand; it was not touched"))
            }
            Err(error) => Err(Failure::file("read", path, &error)),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Puts a new text in its place. False, and nothing done, if somebody else wrote the file since
    /// it was read; that fails if it is the `last` try.
    pub(super) fn replace(&self, text: &str, last: bool) -> Result<bool, Failure> {
        match self.put(text) {
            Ok(false) if last => {
                let message = format!("{} is written by somebody else", self.path.display());
                Err(Failure::new(Exit::Failed, "io", message).hint("close the client, try again"))
            }
            Ok(put) => Ok(put),
            Err(error) => Err(Failure::file("write", &self.path, &error)),
        }
    }

    fn put(&self, text: &str) -> io::Result<bool> {
        let folder = self.path.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
        fs::create_dir_all(folder)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = folder.join(format!(".{name}.{}.tmp", Uuid::now_v7().simple()));
        let put = self.put_by(&temporary, text);
        if !matches!(put, Ok(true)) {
            // What matters is the first error; the file itself is as it was.
            let _ = fs::remove_file(&temporary);
        }
        put
    }

    fn put_by(&self, temporary: &Path, text: &str) -> io::Result<bool> {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(MODE).open(temporary)?;
        if self.exists {
            let there = fs::metadata(&self.path)?;
            let ours = file.metadata()?;
            if (ours.uid(), ours.gid()) != (there.uid(), there.gid()) {
                // Its owner must go on reading it.
                fchown(&file, Some(there.uid()), Some(there.gid()))?;
            }
            file.set_permissions(there.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let now = match read(&self.path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if now.as_deref() != self.exists.then_some(self.text.as_str()) {
            return Ok(false);
        }
        fs::rename(temporary, &self.path)?;
        Ok(true)
    }
}

/// Where a path leads: a rename would replace the link instead of the file.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        // A link whose file is not there yet leads there all the same.
        Err(_) => match fs::read_link(path) {
            Ok(link) => Ok(path.parent().unwrap_or(Path::new("/")).join(link)),
            Err(_) => Ok(path.to_owned()),
        },
    }
}

fn read(path: &Path) -> io::Result<String> {
    // Without waiting: opening a pipe would.
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not an ordinary file"));
    }
    read_text(file)
}

fn read_text(file: File) -> io::Result<String> {
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > FILE_BYTES_MAX {
        let text = format!("the file has more than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(ErrorKind::InvalidData, text));
    }
    String::from_utf8(bytes).map_err(|error| {
        let text = format!("byte {} is no UTF-8", error.utf8_error().valid_up_to() + 1);
        io::Error::new(ErrorKind::InvalidData, text)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_lead_on_and_rights_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        fs::write(&real, "{}").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.json", &link).unwrap();
        assert!(ClientFile::read(&link).unwrap().replace("{ }", false).unwrap());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "{ }");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside");
    }

    #[test]
    fn a_file_and_its_folders_are_made() {
        let folder = tempfile::tempdir().unwrap();
        let (dangling, place) = (folder.path().join("link"), folder.path().join("a/b/c.json"));
        symlink(&place, &dangling).unwrap();
        let file = ClientFile::read(&dangling).unwrap();
        assert_eq!(file.text(), "");
        assert!(file.replace("{}", false).unwrap());
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, MODE);
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.json");
        let absent = ClientFile::read(&place).unwrap();
        fs::write(&place, "one").unwrap();
        assert!(!absent.replace("ours", false).unwrap());
        let file = ClientFile::read(&place).unwrap();
        fs::write(&place, "two").unwrap();
        assert!(!file.replace("ours", false).unwrap());
        assert!(file.replace("ours", true).is_err());
        assert_eq!(fs::read_to_string(&place).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.json");
        fs::write(&place, b"{\"a\": \"\xff\"}").unwrap();
        let failure = ClientFile::read(&place).err().unwrap();
        assert!(failure.message.contains("byte 8"), "{failure:?}");
        assert!(ClientFile::read(folder.path()).is_err());
    }
}
