//! The file that a picture or a turntable goes to, by the rules of every file that the bridge writes:
//! whole or not at all, and over no other one unasked.

use std::path::Path;

use serde_json::json;

use crate::tools::{
    Context, Failure,
    files::{self, FileError, NewFile},
};

/// A file that is being written, by the argument that named it.
pub(super) struct Target<'a> {
    argument: &'static str,
    path: &'a str,
    file: NewFile,
}

impl<'a> Target<'a> {
    /// Begins a file, before anything is drawn for it.
    pub(super) async fn create(
        context: &Context<'_>,
        argument: &'static str,
        path: &'a str,
        endings: &[&str],
        overwrite: bool,
    ) -> Result<Self, Failure> {
        if context.arguments.get("job").and_then(serde_json::Value::as_bool) == Some(true) {
            let mut next = context.arguments.clone();
            next["job"] = json!(false);
            let why = "the file is written by the call itself, with progress.";
            return Err(context.wrong("what goes to a file is no job", why, &next));
        }
        let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
        if !ending.is_some_and(|ending| endings.contains(&&*ending.to_ascii_lowercase())) {
            let mut next = context.arguments.clone();
            let folder = context.folder.join(path).parent().map(Path::to_path_buf);
            let folder = folder.filter(|folder| folder.is_dir());
            next[argument] = match (folder, files::stem(path)) {
                // Beside what was named.
                (Some(folder), Some(stem)) => {
                    let name = files::free_name(&folder, stem, "png");
                    json!(Path::new(path).with_file_name(name))
                }
                _ => json!(free(context, path)),
            };
            let why = format!("its name ends with .{}.", endings.join(" or ."));
            return Err(context.wrong(&format!("{path:?} is no name for a picture"), why, &next));
        }
        let created = NewFile::create(&context.folder.join(path), overwrite).await;
        let file = created.map_err(|error| unwritable(context, argument, path, &error))?;
        Ok(Target { argument, path, file })
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
        Ok(context.folder.join(self.path).display().to_string())
    }
}

fn unwritable(context: &Context<'_>, argument: &str, path: &str, error: &FileError) -> Failure {
    let mut next = context.arguments.clone();
    if matches!(error, FileError::Exists) {
        next["overwrite"] = json!(true);
    } else {
        next[argument] = json!(free(context, path));
    }
    context.wrong(
        &format!("{path:?} cannot be written: {error}"),
        format!("relative paths start at {}. No file was changed.", context.folder.display()),
        &next,
    )
}

/// A name for a picture in the folder that relative paths start at.
fn free(context: &Context<'_>, path: &str) -> String {
    files::free_name(context.folder, files::stem(path).unwrap_or("picture"), "png")
}
