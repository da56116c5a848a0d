//! Measures the program, as ratios to the least that the machine needs for the same work, taken in
//! the same rounds. `cargo bench` runs everything; `cargo bench -- net N9` only the group `net` and in
//! it only the measures N9. Nothing here is a test: it prints, and never fails on time. Linux only.
//! `GOXE_BIN` names another build of the program to measure.

mod bridge;
mod disk;
mod echo;
mod limit;
mod load;
mod machine;
mod net;
mod request;
mod server;
mod table;
mod voxels;

use std::path::Path;
use std::process::ExitCode;

/// What a part of the benchmark comes to.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Every round visits everything in turn, so that a slow moment of the machine falls on all.
const ROUNDS: usize = 5;

/// A part of the benchmark that can be asked for by its name.
type Group = (&'static str, fn(&Choice) -> Outcome<()>);

const GROUPS: [Group; 4] =
    [("net", net::run), ("bridge", bridge::run), ("disk", disk::run), ("voxels", voxels::run)];

/// The measures, by the numbers that the specification gives them.
const NUMBERS: [&str; 19] = [
    "N1", "N2", "N3", "N4", "N7", "N8", "N9", "N12", "N13", "N14", "health", "cancel", "D1", "D2",
    "V1", "V3", "V4", "V5", "R1",
];

#[expect(clippy::print_stderr, reason = "a benchmark that broke off says why")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // The benchmark starts itself for the processes that it measures against.
        ["role", "limit", socket, reply] => {
            limit::serve(Path::new(socket), reply).map_err(Into::into)
        }
        ["role", "echo"] => echo::serve(),
        ref names => run(names),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
#[derive(Debug, Default)]
struct Choice {
    groups: Vec<String>,
    numbers: Vec<String>,
}

impl Choice {
    /// Groups are known by their names; anything else is the number of a measure. Cargo adds flags of
    /// its own, which say nothing.
    fn read(arguments: &[&str]) -> Self {
        let words =
            arguments.iter().filter(|word| !word.starts_with('-')).map(|word| (*word).to_owned());
        let (groups, numbers) =
            words.partition(|word| GROUPS.iter().any(|(group, _)| group == word));
        Self { groups, numbers }
    }

    fn wants_group(&self, name: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|group| group == name)
    }

    /// Whether a measure of this number is to be taken.
    fn wants(&self, number: &str) -> bool {
        self.numbers.is_empty() || self.numbers.iter().any(|wanted| wanted == number)
    }
}

fn run(arguments: &[&str]) -> Outcome<()> {
    let choice = Choice::read(arguments);
    if let Some(word) = choice.numbers.iter().find(|word| !NUMBERS.contains(&word.as_str())) {
        let groups = GROUPS.map(|(group, _)| group).join(", ");
        let numbers = NUMBERS.join(", ");
        return Err(
            format!("no {word}: there are the groups {groups} and the measures {numbers}").into()
        );
    }
    machine::open_many_files()?;
    for (name, group) in GROUPS {
        if choice.wants_group(name) {
            group(&choice)?;
        }
    }
    Ok(())
}
