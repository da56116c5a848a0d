//! What is printed: tables and words for people, one JSON document for programs.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Style};
use comfy_table::{Cell, Table, presets};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde::Serialize;

use crate::args::Color;
use crate::failure::{Exit, Failure};

/// Where and in which form a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    json: bool,
}

impl Output {
    /// Output for people or for programs. Colours are decided once, for the process.
    pub fn new(json: bool, color: Color) -> Self {
        let choice = match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        Output { json }
    }

    /// Whether programs read the answer.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Whether a person watches, so that progress bars make sense.
    pub fn is_watched(self) -> bool {
        !self.json && io::stderr().is_terminal()
    }

    /// Prints the answer of the command: `value` as JSON, or what `words` makes of it.
    pub fn answer<T: Serialize>(
        self,
        value: &T,
        words: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        let text = match self.json {
            true => serde_json::to_string_pretty(value).map_err(|error| {
                Failure::new(Exit::Failed, "output", format!("cannot write JSON: {error}"))
            })?,
            false => words(value),
        };
        self.print(&text)
    }

    /// Prints text on standard output, with a line end.
    pub fn print(self, text: &str) -> Result<(), Failure> {
        // Who reads has enough, as `head` has: that is no failure of ours.
        self.stream(text).map(drop)
    }

    /// Prints one text of many; `Break` when nobody reads any more.
    pub fn stream(self, text: &str) -> Result<ControlFlow<()>, Failure> {
        let mut out = anstream::stdout().lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let written = write!(out, "{text}{end}").and_then(|()| out.flush());
        match written {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                Err(Failure::new(Exit::Failed, "output", message))
            }
        }
    }

    /// Lets time pass; `Break` as soon as nobody reads standard output any more.
    pub fn wait(self, time: Duration) -> Result<ControlFlow<()>, Failure> {
        let stdout = io::stdout();
        let timeout = Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        };
        match poll(&mut [PollFd::new(&stdout, PollFlags::empty())], Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => Ok(ControlFlow::Continue(())),
            Ok(_) => Ok(ControlFlow::Break(())),
            Err(error) => {
                let message = format!("cannot watch standard output: {error}");
                Err(Failure::new(Exit::Failed, "output", message))
            }
        }
    }

    /// Tells something beside the answer, on standard error.
    pub fn note(self, text: impl Display) {
        let mut out = anstream::stderr().lock();
        // There is nobody to tell that nothing can be told.
        let _ = writeln!(out, "{text}");
    }

    /// Tells why the command failed.
    pub fn failure(self, failure: &Failure) {
        if self.json {
            return self.note(failure.to_json());
        }
        let mut text = format!("{} {}", paint(BAD, "error:"), failure.message);
        if !failure.hint.is_empty() {
            text.push_str(&format!("\n  {} {}", paint(DIM, "next:"), failure.hint));
        }
        self.note(text);
    }
}

/// What is as it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What deserves a look.
pub const POOR: Style = AnsiColor::Yellow.on_default();
/// What is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is beside the point.
pub const DIM: Style = Style::new().dimmed();
/// What matters most.
pub const BOLD: Style = Style::new().bold();

/// Text in a style; terminals that show none get plain text.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A table of rows below a head.
pub fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(head.map(|title| Cell::new(title.to_uppercase())));
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Lines of a name and a value, the values below each other.
pub fn facts<'a>(rows: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let rows: Vec<(&str, String)> = rows.into_iter().collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| {
        let padded = format!("{name:<width$}");
        format!("{}  {value}\n", paint(DIM, padded))
    };
    rows.iter().map(line).collect()
}

/// A number with its thousands apart.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something.
pub fn count(value: u64, thing: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", number(value))
}

/// A size in bytes, for people.
pub fn bytes(value: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| value >= *unit) {
        Some((unit, name)) => {
            let tenths = u128::from(value) * 10 / u128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{value} B"),
    }
}

/// A moment, for people: in the local time zone.
pub fn moment(unix_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(unix_ms) {
        Ok(time) => {
            let zoned = time.to_zoned(jiff::tz::TimeZone::system());
            zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        Err(_) => format!("{unix_ms} ms"),
    }
}

/// A duration, for people.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms / 1_000 % 60),
        3_600_000..86_400_000 => format!("{} h {} min", ms / 3_600_000, ms / 60_000 % 60),
        _ => format!("{} d {} h", ms / 86_400_000, ms / 3_600_000 % 24),
    }
}

#[cfg(test)]
mod tests;
