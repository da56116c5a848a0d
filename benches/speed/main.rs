//! Measures the program, as ratios to the least that the machine needs for the same work, taken in
//! the same rounds. `cargo bench -- NAME..` runs the groups of these names, `cargo bench` all of
//! them. Nothing here is a test: it prints, and never fails on time. Linux only.

mod limit;
mod load;
mod machine;
mod net;
mod request;
mod server;
mod table;

use std::path::Path;
use std::process::ExitCode;

/// What a part of the benchmark comes to.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Every round visits everything in turn, so that a slow moment of the machine falls on all.
const ROUNDS: usize = 5;

/// A part of the benchmark that can be asked for by its name.
type Group = (&'static str, fn() -> Outcome<()>);

const GROUPS: [Group; 1] = [("net", net::run)];

#[expect(clippy::print_stderr, reason = "a benchmark that broke off says why")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // The benchmark starts itself for the processes that it measures against.
        ["role", "limit", socket, reply] => {
            limit::serve(Path::new(socket), reply).map_err(Into::into)
        }
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

fn run(arguments: &[&str]) -> Outcome<()> {
    let names: Vec<&str> =
        arguments.iter().copied().filter(|name| !name.starts_with('-')).collect();
    if let Some(unknown) = names.iter().find(|name| GROUPS.iter().all(|(group, _)| group != *name))
    {
        let known: Vec<&str> = GROUPS.iter().map(|(group, _)| *group).collect();
        return Err(format!("no group {unknown}; there are {}", known.join(", ")).into());
    }
    machine::open_many_files()?;
    for (name, group) in GROUPS {
        if names.is_empty() || names.contains(&name) {
            group()?;
        }
    }
    Ok(())
}
