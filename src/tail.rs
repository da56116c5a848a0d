//! The end of a file that grows, and that is moved away and begun anew when it is large.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Size of one read.
const BLOCK_BYTES: u64 = 64 << 10;

/// A file that is followed.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    file: Option<File>,
    /// A line whose end has not been written yet.
    partial: Vec<u8>,
}

impl Tail {
    /// Opens a file and returns its last lines. One that is not there yet has none.
    pub fn open(path: &Path, lines_max: usize) -> io::Result<(Self, Vec<String>)> {
        let mut tail = Tail { path: path.to_owned(), file: None, partial: Vec::new() };
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((tail, Vec::new())),
            Err(error) => Err(error),
            Ok(mut file) => {
                seek_to_last(&mut file, lines_max)?;
                tail.file = Some(file);
                let lines = tail.read()?;
                Ok((tail, lines))
            }
        }
    }

    /// The line at the file's end that is not complete, if nobody waits for its rest.
    pub fn rest(self) -> Option<String> {
        Some(text(&self.partial)).filter(|rest| !rest.is_empty())
    }

    /// The lines that are there now. A file that was moved away is read to its end first.
    pub fn next(&mut self) -> io::Result<Vec<String>> {
        let moved = self.is_moved();
        let mut lines = self.read()?;
        if moved {
            lines.extend(Some(text(&self.partial)).filter(|rest| !rest.is_empty()));
            self.partial.clear();
            self.file = None;
        }
        if self.file.is_none() {
            match File::open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(lines),
                opened => self.file = Some(opened?),
            }
            lines.extend(self.read()?);
        }
        Ok(lines)
    }

    /// Whether another file lies at the path now, or this one was cut.
    fn is_moved(&mut self) -> bool {
        let Some(file) = &mut self.file else { return false };
        let (Ok(held), Ok(position)) = (file.metadata(), file.stream_position()) else {
            return true;
        };
        match fs::metadata(&self.path) {
            Ok(there) => {
                (there.dev(), there.ino()) != (held.dev(), held.ino()) || held.len() < position
            }
            // Between the move and the new file there is none.
            Err(_) => false,
        }
    }

    /// Whole lines up to the present end.
    fn read(&mut self) -> io::Result<Vec<String>> {
        let Some(file) = &mut self.file else { return Ok(Vec::new()) };
        file.read_to_end(&mut self.partial)?;
        let Some(last) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.partial.split_off(last + 1);
        let whole = std::mem::replace(&mut self.partial, rest);
        Ok(text(&whole).lines().map(str::to_owned).collect())
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Moves to where the last lines begin, reading backwards in blocks.
fn seek_to_last(file: &mut File, lines_max: usize) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut start = end;
    // A line end at the very end ends the last line and begins none.
    let mut breaks_left = lines_max;
    while start > 0 {
        let from = start.saturating_sub(BLOCK_BYTES);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.take(start - from).read_to_end(&mut block)?;
        let places: Vec<u64> = (from..start)
            .zip(&block)
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at)
            .collect();
        for at in places.into_iter().rev() {
            if at + 1 < end {
                if breaks_left <= 1 {
                    let begin = if lines_max == 0 { end } else { at + 1 };
                    return file.seek(SeekFrom::Start(begin)).map(drop);
                }
                breaks_left -= 1;
            }
        }
        start = from;
    }
    file.seek(SeekFrom::Start(if lines_max == 0 { end } else { 0 })).map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn append(path: &Path, text: &str) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_last_lines_of_any_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let long: String = (0..9_000).map(|number| format!("line {number:06}\n")).collect();
        for (content, max, first, count) in [
            ("", 3, None, 0),
            ("a\n", 3, Some("a"), 1),
            ("a\nb\nc\nd\n", 3, Some("b"), 3),
            ("a\nb\n", 0, None, 0),
            ("a\nb\nc", 2, Some("b"), 1),
            (&long, 8_000, Some("line 001000"), 8_000),
            (&long, 10_000, Some("line 000000"), 9_000),
        ] {
            fs::write(&path, content).unwrap();
            let (_, lines) = Tail::open(&path, max).unwrap();
            assert_eq!(lines.first().map(String::as_str), first, "{max} of {}", content.len());
            assert_eq!(lines.len(), count);
        }
    }

    #[test]
    fn a_rotation_loses_and_repeats_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let (mut tail, lines) = Tail::open(&path, 10).unwrap();
        assert!(lines.is_empty());
        append(&path, "one\ntw");
        assert_eq!(tail.next().unwrap(), ["one"]);
        append(&path, "o\nthree\n");
        fs::rename(&path, folder.path().join("log.1")).unwrap();
        assert_eq!(tail.next().unwrap(), ["two", "three"]);
        append(&path, "four\n");
        assert_eq!(tail.next().unwrap(), ["four"]);
        fs::write(&path, "").unwrap();
        append(&path, "5\n");
        assert_eq!(tail.next().unwrap(), ["5"]);
    }
}
