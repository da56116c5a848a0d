//! A disk that can be filled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system of memory, unmounted at the end.
pub struct Tmpfs(PathBuf);

impl Tmpfs {
    /// Mounts one; nothing where that is not allowed.
    pub fn mount(path: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir(&path).expect("a mount point");
        let options = format!("size={size},mode=0700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path);
        let done = works(&mut mount);
        done.then_some(Tmpfs(path))
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily, as a daemon that is about to be killed may still hold files.
        works(Command::new("umount").arg("-l").arg(&self.0));
    }
}

/// Takes all space that is left on a file system.
pub fn fill(path: &Path) {
    let mut file = fs::File::create(path).expect("a file to fill with");
    let block = vec![1; 64 << 10];
    let mut size = block.len();
    while size > 0 {
        if std::io::Write::write_all(&mut file, &block[..size]).is_err() {
            size /= 2;
        }
    }
}
