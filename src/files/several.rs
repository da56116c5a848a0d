//! Several files that belong together, whose contents come one behind the other.

use std::fs;
use std::path::{Component, Path, PathBuf};

use goxe_protocol::api::project::FilePart;

use super::{NewFile, Sink};
use crate::failure::{Exit, Failure};

/// A file that was asked for, and those that belong beside it.
#[derive(Debug)]
pub struct NewFiles {
    /// Each with the bytes that are still to come.
    files: Vec<(NewFile, u64)>,
    overwrite: bool,
}

impl NewFiles {
    /// Goes on with a file that was begun. `parts` says what it and its companions are called and how
    /// long they are; without any it is the only one, of this length.
    pub fn new(
        first: NewFile,
        parts: &[FilePart],
        bytes: u64,
        overwrite: bool,
    ) -> Result<Self, Failure> {
        let own = parts.first().map_or(bytes, |part| part.bytes);
        let folder = first.place.parent().map(Path::to_owned).unwrap_or_default();
        let mut files = vec![(first, own)];
        for FilePart { name, bytes } in parts.iter().skip(1) {
            files.push((NewFile::create(&beside(&folder, name)?, overwrite)?, *bytes));
        }
        Ok(Self { files, overwrite })
    }

    /// Puts all files in their places and tells their absolute paths, that of the first one first.
    /// It is placed last, so that it never stands there without what it refers to.
    pub fn keep(self) -> Result<Vec<PathBuf>, Failure> {
        let mut kept: Vec<PathBuf> = Vec::new();
        for (file, _) in self.files.into_iter().rev() {
            match file.keep() {
                Ok(place) => kept.insert(0, place),
                Err(failure) => {
                    // What was not there before goes again.
                    if !self.overwrite {
                        kept.iter().for_each(|place| drop(fs::remove_file(place)));
                    }
                    return Err(failure);
                }
            }
        }
        Ok(kept)
    }
}

impl Sink for NewFiles {
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        for (file, rest) in &mut self.files {
            let length = usize::try_from(*rest).unwrap_or(usize::MAX).min(bytes.len());
            let (own, behind) = bytes.split_at(length);
            file.write(own)?;
            *rest -= u64::try_from(length).unwrap_or(u64::MAX);
            bytes = behind;
        }
        match bytes {
            [] => Ok(()),
            _ => Err(wrong("more content arrived than was announced")),
        }
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|(file, _)| file.bytes()).sum()
    }
}

/// A file in the same folder: its name must not lead out of it.
fn beside(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let mut components = Path::new(name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name => Ok(folder.join(only)),
        _ => Err(wrong(&format!("{name:?} is no name for a file beside it"))),
    }
}

fn wrong(message: &str) -> Failure {
    Failure::new(Exit::Failed, "incomplete", message.to_owned())
        .hint("no file was written; try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(&str, u64)]) -> Vec<FilePart> {
        let part = |(name, bytes): &(&str, u64)| FilePart { name: (*name).into(), bytes: *bytes };
        parts.iter().map(part).collect()
    }

    #[test]
    fn content_is_cut_where_each_part_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = NewFile::create(&folder.path().join("a b.obj"), false).unwrap();
        let told = parts(&[("a_b.obj", 3), ("a_b.mtl", 4)]);
        let mut files = NewFiles::new(first, &told, 7, false).unwrap();
        files.write(b"on").unwrap();
        files.write(b"etw").unwrap();
        files.write(b"o!").unwrap();
        assert!(files.write(b"x").is_err(), "there is no place for more");
        assert_eq!(files.bytes(), 7);
        let kept = files.keep().unwrap();
        assert_eq!(kept, [folder.path().join("a b.obj"), folder.path().join("a_b.mtl")]);
        assert_eq!(fs::read(&kept[0]).unwrap(), b"one");
        assert_eq!(fs::read(&kept[1]).unwrap(), b"two!");
    }

    #[test]
    fn none_is_written_where_one_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let create = || NewFile::create(&folder.path().join("a.obj"), false).unwrap();
        let told = parts(&[("a.obj", 0), ("a.mtl", 0)]);
        // The companion is there already.
        fs::write(folder.path().join("a.mtl"), b"theirs").unwrap();
        assert!(NewFiles::new(create(), &told, 0, false).is_err());
        fs::remove_file(folder.path().join("a.mtl")).unwrap();
        // The file itself appears in the meantime: its companion goes again.
        let files = NewFiles::new(create(), &told, 0, false).unwrap();
        fs::write(folder.path().join("a.obj"), b"theirs").unwrap();
        assert!(files.keep().is_err());
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["a.obj"]);
    }

    #[test]
    fn companions_stay_in_the_folder() {
        for name in ["../a.mtl", "/a.mtl", "b/a.mtl", "", ".", "..", "a.mtl/"] {
            assert!(beside(Path::new("/tmp"), name).is_err(), "{name:?}");
        }
        assert!(beside(Path::new(""), "a.mtl").is_ok());
    }
}
