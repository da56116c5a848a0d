//! What is printed: a line for each measure, with its bounds and how it stands to them.

use std::fmt::{self, Display};

/// What a measure has to keep.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// Less is better.
    AtMost { must: f64, goal: f64 },
    /// More is better.
    AtLeast { must: f64, goal: f64 },
    /// Less is better; nothing is asked.
    Less { goal: f64 },
    /// More is better; nothing is asked.
    More { goal: f64 },
    /// Printed, judged by nobody.
    Told,
}

/// One measure: what the specification calls it and asks of it.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub number: &'static str,
    pub name: &'static str,
    /// What `base` and `goxe` are in.
    pub unit: &'static str,
    pub bound: Bound,
    /// The best that others reach by the same measure, and who. Taken once, on two processors of an AMD
    /// EPYC under Linux 6.18, by the same load in the same rounds as its base: redis 7.0, nginx 1.22,
    /// tokio 1.54 with `serde_json` on lines, zbus 6.2, tarpc 0.38, rmcp 3.8, SQLite's write-ahead log,
    /// numpy, dot_vox 5.2, Goxel 0.11 as a daemon, each at its usual settings.
    pub peer: &'static str,
}

/// One round of a measure.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub goxe: f64,
    /// What it is a ratio of; absent where the figure itself is judged.
    pub base: Option<f64>,
}

impl Sample {
    fn judged(&self) -> f64 {
        self.base.map_or(self.goxe, |base| self.goxe / base)
    }
}

/// A measure with its rounds.
#[derive(Clone, Debug)]
pub struct Row {
    pub measure: Measure,
    pub samples: Vec<Sample>,
}

impl Row {
    /// A measure before its first round.
    pub fn new(measure: Measure) -> Self {
        Self { measure, samples: Vec::new() }
    }

    /// Adds a round that is compared with a base of the same round.
    pub fn compare(&mut self, base: f64, goxe: f64) {
        self.samples.push(Sample { goxe, base: Some(base) });
    }

    /// Adds a round that stands for itself.
    pub fn tell(&mut self, goxe: f64) {
        self.samples.push(Sample { goxe, base: None });
    }

    fn verdict(&self) -> &'static str {
        let value = median(self.samples.iter().map(Sample::judged));
        let (must, goal) = match self.measure.bound {
            Bound::AtMost { must, goal } => (value <= must, value <= goal),
            Bound::AtLeast { must, goal } => (value >= must, value >= goal),
            Bound::Less { goal } => (true, value <= goal),
            Bound::More { goal } => (true, value >= goal),
            Bound::Told => return "",
        };
        match (must, goal) {
            (true, true) => "goal",
            (true, false) => "must",
            (false, _) => "MISSED",
        }
    }
}

/// Prints the rows of a group. The ratio is the median over rounds of ratios within a round.
#[expect(clippy::print_stdout, reason = "the table is what the benchmark is for")]
pub fn print(group: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    println!("\n== {group}");
    println!(
        "{:<5}{:<43}{:>6}{:>11}{:>11}{:>9}{:>16}{:>8}{:>8}  {:<7} best peer",
        "#", "measure", "unit", "base", "goxe", "ratio", "(min..max)", "must", "goal", "meets"
    );
    for row in rows.iter().filter(|row| !row.samples.is_empty()) {
        println!("{row}");
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measure { number, name, unit, bound, peer } = self.measure;
        let goxe = Figure(Some(median(self.samples.iter().map(|sample| sample.goxe))));
        let bases: Vec<f64> = self.samples.iter().filter_map(|sample| sample.base).collect();
        let base = Figure((!bases.is_empty()).then(|| median(bases.iter().copied())));
        let ratio = Figure(base.0.map(|_| median(self.samples.iter().map(Sample::judged))));
        let judged = || self.samples.iter().map(Sample::judged);
        let least = judged().fold(f64::INFINITY, f64::min);
        let greatest = judged().fold(f64::NEG_INFINITY, f64::max);
        let spread = format!("({}..{})", Figure(Some(least)), Figure(Some(greatest)));
        let (must, goal) = match bound {
            Bound::AtMost { must, goal } | Bound::AtLeast { must, goal } => {
                (Some(must), Some(goal))
            }
            Bound::Less { goal } | Bound::More { goal } => (None, Some(goal)),
            Bound::Told => (None, None),
        };
        let (must, goal) = (Figure(must), Figure(goal));
        let verdict = self.verdict();
        // Figures are written first, so that the widths apply to them.
        let [base, goxe, ratio] = [base, goxe, ratio].map(|figure| figure.to_string());
        let [must, goal] = [must, goal].map(|figure| figure.to_string());
        write!(
            f,
            "{number:<5}{name:<43}{unit:>6}{base:>11}{goxe:>11}{ratio:>9}{spread:>16}{must:>8}\
             {goal:>8}  {verdict:<7} {peer}"
        )
    }
}

/// A number with three digits that count, or a dash.
struct Figure(Option<f64>);

impl Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("-"),
            Some(value) if value.abs() >= 100.0 => write!(f, "{value:.0}"),
            Some(value) if value.abs() >= 10.0 => write!(f, "{value:.1}"),
            Some(value) if value.abs() >= 0.1 || value == 0.0 => write!(f, "{value:.2}"),
            Some(value) => write!(f, "{value:.3}"),
        }
    }
}

/// The one in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
