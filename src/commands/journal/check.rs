//! `goxe journal check`

use std::process::ExitCode;

use goxe_daemon::offline::{Checked, Offline};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{self, BAD, GOOD, POOR, paint};
use crate::progress::Meter;

/// Exit code 1 when something is damaged.
pub(super) fn run(context: &Context) -> Result<ExitCode, Failure> {
    let paths = context.settings()?.paths;
    let offline = Offline::open(&paths)?;
    let mut meter = Meter::new(context.output, "journal");
    let checked = offline.check(&mut |done, total| meter.show(done, total, "read"));
    meter.end();
    let checked = checked?;
    context.output.answer(&checked, words)?;
    Ok(if checked.sound { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed.code()) })
}

fn words(checked: &Checked) -> String {
    let rows = checked.projects.iter().map(|project| {
        let name = match (&project.project, project.id) {
            (Some(name), _) => name.clone(),
            (None, 0) => "(catalogue)".to_owned(),
            (None, _) => "?".to_owned(),
        };
        let revision = project.revision.clone().unwrap_or_else(|| "-".to_owned());
        let problem = project.problem.clone().unwrap_or_else(|| "sound".to_owned());
        [name, project.id.to_string(), revision, problem]
    });
    let mut text = output::table(["project", "number", "revision", "state"], rows);
    text.push('\n');
    for note in &checked.notes {
        text.push_str(&format!("{} {note}\n", paint(POOR, "note")));
    }
    for damage in &checked.damage {
        text.push_str(&format!("{} {damage}\n", paint(BAD, "damaged")));
    }
    let size = output::bytes(checked.journal_bytes);
    let end = match checked.sound {
        true => paint(GOOD, format!("{size} of journal, all sound")),
        false => {
            paint(BAD, format!("{size} of journal, not all sound: keep a copy, restore a backup"))
        }
    };
    text + &end + "\n"
}
