//! The file that a picture or a turntable goes to, by the rules of every file that the bridge writes:
//! whole or not at all, and over no other one unasked.

use std::path::Path;

use serde_json::{Value, json};

use crate::tools::{
    Context, Failure,
    files::{self, FileError, NewFile},
};

/// A file that is being written, by the argument that named it.
pub(super) struct PictureFile<'a> {
    argument: &'static str,
    path: &'a str,
    told: String,
    file: NewFile,
}

impl<'a> PictureFile<'a> {
    /// Begins a file, before anything is drawn for it.
    pub(super) async fn create(
        context: &Context<'_>,
        argument: &'static str,
        path: &'a str,
        endings: &[&str],
        overwrite: bool,
    ) -> Result<Self, Failure> {
        if context.arguments.get("job").and_then(Value::as_bool) == Some(true) {
            let mut next = context.arguments.clone();
            next["job"] = json!(false);
            let why = "the file is written by the call itself, with progress.";
            return Err(context.wrong("what goes to a file is no job", why, &next));
        }
        let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
        if !ending.is_some_and(|ending| endings.contains(&&*ending.to_ascii_lowercase())) {
            let mut next = context.arguments.clone();
            next[argument] = match (context.folders.place(path), files::stem(path)) {
                // Beside what was named.
                (Ok(place), Some(stem)) => {
                    json!(Path::new(path).with_file_name(place.free_name(stem, "png")))
                }
                _ => free(context, path),
            };
            let why = format!("its name ends with .{}.", endings.join(" or ."));
            return Err(context.wrong(&format!("{path:?} is no name for a picture"), why, &next));
        }
        let refused = |error: FileError| unwritable(context, argument, path, &error);
        let place = context.folders.place(path).map_err(refused)?;
        let told = place.path.display().to_string();
        let file = NewFile::create(place, overwrite).await.map_err(refused)?;
        Ok(PictureFile { argument, path, told, file })
    }

    /// Bytes written so far.
    pub(super) fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    /// Writes a part.
    pub(super) async fn write(
        &mut self,
        context: &Context<'_>,
        part: &[u8],
    ) -> Result<(), Failure> {
        let written = self.file.write(part).await;
        written.map_err(|error| unwritable(context, self.argument, self.path, &error))
    }

    /// Puts it in its place, and tells where that is.
    pub(super) async fn keep(self, context: &Context<'_>) -> Result<String, Failure> {
        let kept = self.file.keep().await;
        kept.map_err(|error| unwritable(context, self.argument, self.path, &error))?;
        Ok(self.told)
    }
}

fn unwritable(context: &Context<'_>, argument: &str, path: &str, error: &FileError) -> Failure {
    let mut next = context.arguments.clone();
    if matches!(error, FileError::Exists) {
        next["overwrite"] = json!(true);
    } else {
        next[argument] = free(context, path);
    }
    let why = format!("{}. No file was changed.", context.folders.told());
    let is_outside = matches!(error, FileError::Outside);
    let failure = context.wrong(&format!("{path:?} cannot be written: {error}"), why, &next);
    Failure { is_outside, ..failure }
}

/// A name for a picture where such a name is proposed.
fn free(context: &Context<'_>, path: &str) -> Value {
    let usual = context.folders.usual();
    let stem = files::stem(path).unwrap_or("picture");
    usual.map_or(Value::Null, |(place, prefix)| json!(prefix.join(place.free_name(stem, "png"))))
}
