//! The daemon's log: JSON lines or text, written by a thread of its own, rotated by size.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{Layer, Registry, layer::SubscriberExt, reload, util::SubscriberInitExt};

/// Lines that wait for the writing thread; more are dropped and counted, so that a full disk
/// never stops the loop.
const LINES_MAX: usize = 16_384;

/// How the log is written.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The file.
    pub file: PathBuf,
    /// Whether its lines are JSON.
    pub json: bool,
    /// Whether the log goes to standard error too, as text.
    pub to_stderr: bool,
    /// What is logged until the level is toggled.
    pub level: LevelFilter,
    /// A file is rotated before it grows over this.
    pub size_bytes_max: u64,
    /// Files that are kept, the current one among them; older ones are `.1`, `.2` and so on.
    pub files_max: usize,
    /// Bytes of all files; the oldest go first.
    pub total_bytes_max: u64,
}

/// The running log. Dropping it writes what is queued.
pub struct Log {
    level: LevelFilter,
    current: LevelFilter,
    handle: reload::Handle<LevelFilter, Registry>,
    _guards: Vec<WorkerGuard>,
}

impl Log {
    /// Starts the log for the whole process.
    pub fn start(options: &LogOptions) -> io::Result<Self> {
        let (writer, guard) = non_blocking(Rotating::open(options)?);
        let (filter, handle) = reload::Layer::new(options.level);
        let lines = if options.json {
            let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
            json.with_writer(writer).boxed()
        } else {
            tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer).boxed()
        };
        let mut guards = vec![guard];
        let stderr = options.to_stderr.then(|| {
            let (writer, guard) = non_blocking(io::stderr());
            guards.push(guard);
            let colours = io::stderr().is_terminal();
            tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(writer).boxed()
        });
        tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .with(stderr)
            .try_init()
            .map_err(io::Error::other)?;
        Ok(Log { level: options.level, current: options.level, handle, _guards: guards })
    }

    /// Switches between the configured level and debug; returns the level now.
    pub fn toggle_debug(&mut self) -> LevelFilter {
        let next = if self.current == LevelFilter::DEBUG && self.level != LevelFilter::DEBUG {
            self.level
        } else {
            LevelFilter::DEBUG
        };
        match self.handle.reload(next) {
            Ok(()) => self.current = next,
            Err(error) => tracing::error!(%error, "the log level stays"),
        }
        self.current
    }
}

fn non_blocking(writer: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX).thread_name("log").finish(writer)
}

/// A file that moves to `.1` before it grows over its limit; `.1` moves to `.2`, and so on.
struct Rotating {
    path: PathBuf,
    size_bytes_max: u64,
    /// Old files that are kept.
    old_max: usize,
    /// Absent after a failure, until it can be opened again.
    file: Option<File>,
    size: u64,
}

impl Rotating {
    fn open(options: &LogOptions) -> io::Result<Self> {
        let size_bytes_max = options.size_bytes_max;
        let fit = options.total_bytes_max / size_bytes_max.max(1);
        let fit = usize::try_from(fit).unwrap_or(usize::MAX);
        let old_max = options.files_max.min(fit).saturating_sub(1);
        let path = options.file.clone();
        let mut rotating = Rotating { path, size_bytes_max, old_max, file: None, size: 0 };
        rotating.reopen()?;
        Ok(rotating)
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        self.size = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file = None;
        for number in (1..self.old_max).rev() {
            // A gap in the numbers is no reason to stop logging.
            let _ = fs::rename(self.numbered(number), self.numbered(number + 1));
        }
        if self.old_max > 0 {
            let _ = fs::rename(&self.path, self.numbered(1));
        } else {
            let _ = fs::remove_file(&self.path);
        }
        self.reopen()
    }
}

impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.size > 0 && self.size.saturating_add(length) > self.size_bytes_max {
            self.rotate()?;
        }
        // Somebody may have removed the folder, or the disk was full: try anew with every line.
        if self.file.is_none() || !self.path.exists() {
            self.reopen()?;
        }
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        match file.write_all(line) {
            Ok(()) => {
                self.size = self.size.saturating_add(length);
                Ok(line.len())
            }
            Err(error) => {
                self.file = None;
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.flush(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(path: &std::path::Path, size_bytes_max: u64, total_bytes_max: u64) -> LogOptions {
        LogOptions {
            file: path.to_owned(),
            json: true,
            to_stderr: false,
            level: LevelFilter::INFO,
            size_bytes_max,
            files_max: 5,
            total_bytes_max,
        }
    }

    #[test]
    fn rotation_keeps_so_many_files_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/goxe.log");
        let mut log = Rotating::open(&options(&path, 100, 300)).unwrap();
        for number in 0..10 {
            let line = format!("{number:049}\n");
            log.write_all(line.as_bytes()).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["goxe.log", "goxe.log.1", "goxe.log.2"]);
        for name in names {
            let size = fs::metadata(path.with_file_name(name)).unwrap().len();
            assert_eq!(size, 100);
        }
        assert!(fs::read_to_string(&path).unwrap().ends_with("9\n"));
    }

    #[test]
    fn a_removed_folder_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/goxe.log");
        let mut log = Rotating::open(&options(&path, 1000, 3000)).unwrap();
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        log.write_all(b"still here\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "still here\n");
    }
}
