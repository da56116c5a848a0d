//! Several files that belong together, whose contents come one behind the other.

use std::path::PathBuf;

use goxe_protocol::api::project::FilePart;

use rustix::fs::{AtFlags, unlinkat};

use super::{FileError, NewFile, Place};

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
    pub async fn new(
        first: NewFile,
        parts: &[FilePart],
        bytes: u64,
        overwrite: bool,
    ) -> Result<Self, FileError> {
        let own = parts.first().map_or(bytes, |part| part.bytes);
        let place = first.place.clone();
        let mut files = vec![(first, own)];
        for FilePart { name, bytes } in parts.iter().skip(1) {
            let place = place.beside(name).ok_or(FileError::NotAFile)?;
            files.push((NewFile::create(place, overwrite).await?, *bytes));
        }
        Ok(Self { files, overwrite })
    }

    /// What was written so far, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(file, _)| file.bytes()).sum()
    }

    /// Adds to the end. More than was announced is refused.
    pub async fn write(&mut self, mut range: &[u8]) -> Result<(), FileError> {
        for (file, rest) in &mut self.files {
            let length = usize::try_from(*rest).unwrap_or(usize::MAX).min(range.len());
            let (own, behind) = range.split_at(length);
            file.write(own).await?;
            *rest -= u64::try_from(length).unwrap_or(u64::MAX);
            range = behind;
        }
        match range {
            [] => Ok(()),
            _ => Err(FileError::Longer),
        }
    }

    /// Puts all files in their places and tells where those beside the first one are. The first one is
    /// placed last, so that it never stands there without what it refers to.
    pub async fn keep(self) -> Result<Vec<PathBuf>, FileError> {
        let mut kept: Vec<Place> = Vec::new();
        for (file, _) in self.files.into_iter().rev() {
            let place = file.place.clone();
            if let Err(error) = file.keep().await {
                // What was not there before goes again.
                if !self.overwrite {
                    for place in &kept {
                        let _ = unlinkat(&*place.folder, &place.name, AtFlags::empty());
                    }
                }
                return Err(error);
            }
            kept.push(place);
        }
        kept.pop();
        Ok(kept.into_iter().rev().map(|place| place.path).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::files::Folders;

    fn place(folder: &tempfile::TempDir, name: &str) -> Place {
        Folders::new(folder.path().to_owned(), &[]).place(name).unwrap()
    }

    fn parts(parts: &[(&str, u64)]) -> Vec<FilePart> {
        let part = |(name, bytes): &(&str, u64)| FilePart { name: (*name).into(), bytes: *bytes };
        parts.iter().map(part).collect()
    }

    #[tokio::test]
    async fn content_is_cut_where_each_part_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b.obj");
        let first = NewFile::create(place(&folder, "a b.obj"), false).await.unwrap();
        let told = parts(&[("a_b.obj", 3), ("a_b.mtl", 4)]);
        let mut files = NewFiles::new(first, &told, 7, false).await.unwrap();
        files.write(b"onetw").await.unwrap();
        files.write(b"o!").await.unwrap();
        assert!(files.write(b"x").await.is_err(), "there is no place for more");
        assert_eq!(files.bytes(), 7);
        assert_eq!(files.keep().await.unwrap(), [folder.path().join("a_b.mtl")]);
        assert_eq!(std::fs::read(path).unwrap(), b"one");
        assert_eq!(std::fs::read(folder.path().join("a_b.mtl")).unwrap(), b"two!");
    }

    #[tokio::test]
    async fn none_is_written_where_one_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let (obj, mtl) = (folder.path().join("a.obj"), folder.path().join("a.mtl"));
        let told = parts(&[("a.obj", 0), ("a.mtl", 0)]);
        std::fs::write(&mtl, b"theirs").unwrap();
        let first = NewFile::create(place(&folder, "a.obj"), false).await.unwrap();
        assert!(NewFiles::new(first, &told, 0, false).await.is_err());
        std::fs::remove_file(&mtl).unwrap();
        // The file itself appears in the meantime: its companion goes again.
        let first = NewFile::create(place(&folder, "a.obj"), false).await.unwrap();
        let files = NewFiles::new(first, &told, 0, false).await.unwrap();
        std::fs::write(&obj, b"theirs").unwrap();
        assert!(files.keep().await.is_err());
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["a.obj"]);
    }

    #[test]
    fn companions_stay_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../a.mtl", "/a.mtl", "b/a.mtl", "", ".", "..", "a.mtl/"] {
            assert!(place(&folder, "a.obj").beside(name).is_none(), "{name:?}");
        }
    }
}
