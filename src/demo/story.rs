//! What the demo did, step by step: told while it happens, and as one document at the end.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::failure::{Exit, Failure};
use crate::output::{BOLD, DIM, GOOD, Output, paint};

/// One step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What was done.
    pub step: String,
    /// What came of it.
    pub result: String,
    /// How long it took.
    pub ms: f64,
}

/// The steps so far.
#[derive(Debug)]
pub struct Story {
    output: Output,
    steps: Vec<Step>,
}

impl Story {
    /// A story that has not begun.
    pub fn new(output: Output) -> Self {
        Story { output, steps: Vec::new() }
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// A heading.
    pub fn chapter(&self, title: &str) {
        self.say(&format!("\n{}", paint(BOLD, title)));
    }

    /// Does one step, and tells what came of it and how long it took.
    pub fn step<T>(
        &mut self,
        step: &str,
        work: impl FnOnce() -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let (value, result) = work().map_err(|failure| Failure {
            message: format!("{step}: {}", failure.message),
            ..failure
        })?;
        self.tell(step, result, begun.elapsed());
        Ok(value)
    }

    /// Tells a step that was done.
    pub fn tell(&mut self, step: &str, result: String, took: Duration) {
        let ms = took.as_secs_f64() * 1_000.0;
        let time = if ms < 100.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") };
        let (tick, time) = (paint(GOOD, "✓"), paint(DIM, format!("{time:>9}")));
        self.say(&format!("  {tick} {step:<22} {time}  {result}"));
        // Microseconds are as exact as these times are.
        let ms = (ms * 1_000.0).round() / 1_000.0;
        self.steps.push(Step { step: step.to_owned(), result, ms });
    }

    /// Lines for people; programs get the document at the end.
    pub fn say(&self, line: &str) {
        if !self.output.is_json() {
            // Nobody reads any more: the demo goes on, and its exit code tells how it went.
            let _ = self.output.print(line);
        }
    }
}

/// Makes sure of something that the demo claims.
pub fn ensure(holds: bool, claim: impl FnOnce() -> String) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(Failure::new(Exit::Failed, "demo", claim())
            .hint("keep the demo's folder: its logs and its journal tell what happened")),
    }
}
