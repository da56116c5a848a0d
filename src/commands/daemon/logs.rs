//! `goxe daemon logs [--follow]`

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::args::Logs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{BAD, DIM, POOR, paint};
use crate::tail::Tail;

/// How often the log is looked at while it is followed.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn run(logs: &Logs, context: &Context) -> Result<(), Failure> {
    let path = context.settings()?.loaded.config.log.file;
    let failed = |error: std::io::Error| Failure::file("read the log", &path, &error);
    let (mut tail, lines) = Tail::open(&path, logs.lines).map_err(failed)?;
    let output = context.output;
    if !logs.follow {
        let lines: Vec<String> = lines.into_iter().chain(tail.rest()).collect();
        let file = path.display().to_string();
        let answer = json!({ "file": file, "lines": lines.iter().map(|line| value(line)).collect::<Value>() });
        return output.answer(&answer, |_| match lines.is_empty() {
            true => format!("{file} has no lines: the daemon has not run yet"),
            false => lines.iter().map(|line| words(line) + "\n").collect(),
        });
    }
    // A stream has no end at which a document could be printed: programs get a document a line.
    let show = |line: &String| match output.is_json() {
        true => output.stream(&value(line).to_string()),
        false => output.stream(&words(line)),
    };
    let mut lines = lines;
    loop {
        for line in &lines {
            if show(line)?.is_break() {
                return Ok(());
            }
        }
        lines = tail.next().map_err(failed)?;
        // Nothing tells of a rotation but the file's identity, which has to be looked at.
        if lines.is_empty() && output.wait(LOOK)?.is_break() {
            return Ok(());
        }
    }
}

/// A line as JSON: itself, or a text.
fn value(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| Value::from(line))
}

/// A line for people: time, level, message, and the rest as `name=value`.
fn words(line: &str) -> String {
    let Value::Object(mut fields) = value(line) else { return printable(line) };
    let mut take = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => printable(&text),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let (time, level) = (take("timestamp"), take("level"));
    let (target, message) = (take("target"), take("message"));
    let level = match level.as_str() {
        "ERROR" => paint(BAD, "ERROR"),
        "WARN" => paint(POOR, "WARN "),
        other => format!("{other:<5}"),
    };
    let rest = rest(&fields);
    format!("{} {level} {message}{rest} {}", paint(DIM, time), paint(DIM, target))
}

fn rest(fields: &Map<String, Value>) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => printable(text),
        other => other.to_string(),
    };
    fields.iter().map(|(name, value)| format!(" {}={}", paint(DIM, name), text(value))).collect()
}

/// Text that cannot steer the terminal it is printed on.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn json_lines_read_as_sentences() {
        let line =
            r#"{"timestamp":"T","level":"WARN","message":"disk full","bytes":7,"target":"goxe"}"#;
        let plain = anstream::adapter::strip_str(&words(line)).to_string();
        assert_eq!(plain, "T WARN  disk full bytes=7 goxe");
        assert_eq!(words("plain \u{1b}[31mtext"), "plain  [31mtext");
    }
}
