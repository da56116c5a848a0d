//! How far a long call is: a bar on a terminal, lines where that was asked for, else nothing.

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::output::Output;

/// Shows the progress of one call.
#[derive(Debug)]
pub enum Meter {
    /// Nobody is told.
    Silent,
    /// A bar on standard error, which goes when the call has ended.
    Bar(ProgressBar),
    /// Lines on standard error.
    Lines(Output),
}

impl Meter {
    /// A bar where a person watches.
    pub fn new(output: Output, what: &str) -> Self {
        match output.is_watched() {
            true => Meter::Bar(bar(what)),
            false => Meter::Silent,
        }
    }

    /// A bar where a person watches, lines elsewhere: progress was asked for.
    pub fn asked_for(output: Output, what: &str) -> Self {
        match output.is_watched() {
            true => Meter::Bar(bar(what)),
            false => Meter::Lines(output),
        }
    }

    /// For calls that are short.
    pub fn silent() -> Self {
        Meter::Silent
    }

    /// Whether anybody is told.
    pub fn is_shown(&self) -> bool {
        !matches!(self, Meter::Silent)
    }

    /// Shows how far the work is; a total of 0 is not known yet.
    pub fn show(&mut self, done: u64, total: u64, message: &str) {
        match self {
            Meter::Silent => {}
            Meter::Bar(bar) => {
                bar.set_length(total.max(done));
                bar.set_position(done);
                bar.set_message(message.to_owned());
            }
            Meter::Lines(output) if output.is_json() => {
                let note = json!({ "done": done, "total": total, "message": message });
                output.note(json!({ "progress": note }));
            }
            Meter::Lines(output) => output.note(format!("{done} of {total} {message}").trim_end()),
        }
    }

    /// Takes the bar away.
    pub fn end(&mut self) {
        if let Meter::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {percent:>3}% {msg}");
    let bar = ProgressBar::new(0).with_prefix(what.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
