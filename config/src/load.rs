//! The layers and their merge: flags over environment over file over platform over built-in.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::duration::parse_ms;
use crate::error::{ConfigError, ConfigErrors, Site};
use crate::nearest::nearest;
use crate::origin::{Origin, Shown};
use crate::paths::{Choice, Environment, Paths};
use crate::rules::{self, Setting};
use crate::schema::{Key, Refusal, Section};
use crate::sections::{self, Config, SECTIONS};
use crate::shipped;
use crate::source::Source;

/// Largest configuration file that is read.
pub const FILE_BYTES_MAX: u64 = 256 << 10;

/// Variables that are no keys: they choose a daemon, or belong to clients and tests.
const RESERVED: &[&str] = &["GOXE_DATA", "GOXE_CONFIG", "GOXE_TOKEN", "GOXE_BLESS"];

/// Variables that are short names of keys, for those who know no section, and these keys.
pub const SHORT: &[(&str, &str)] = &[
    ("GOXE_SOCKET", "socket.path"),
    ("GOXE_STARTUP_TIMEOUT", "manager.startup_ms"),
    ("GOXE_HEALTH_TIMEOUT", "manager.probe_timeout_ms"),
];

/// Everything that a configuration is made from, as plain data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Values of the platform, by `section.key`.
    pub platform: Vec<(&'static str, String)>,
    /// The user's file.
    pub file: UserFile,
    /// The environment; only variables that start with `GOXE_` are looked at.
    pub variables: BTreeMap<String, OsString>,
    /// `section.key=value` pairs; of two for one key the later counts.
    pub flags: Vec<String>,
}

/// The user's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UserFile {
    /// None is read.
    #[default]
    Absent,
    /// The usual place, where there need not be one.
    IfPresent(PathBuf),
    /// A file that was asked for by name.
    Required(PathBuf),
}

impl Sources {
    /// The sources of a daemon that lies at `paths`.
    pub fn new(
        environment: &Environment,
        choice: &Choice,
        paths: &Paths,
        flags: impl IntoIterator<Item = String>,
    ) -> Self {
        let text = |path: &Path| path.display().to_string();
        let mut platform = vec![
            ("socket.path", text(&paths.socket)),
            ("log.file", text(&paths.log_dir.join("goxe.log"))),
        ];
        if choice.system {
            platform.push(("socket.mode", "0660".to_owned()));
        }
        let named = choice.config.is_some() || environment.variable("GOXE_CONFIG").is_some();
        let file = paths.config_file.clone();
        let socket = choice.socket.as_ref().map(|path| format!("socket.path={}", text(path)));
        Self {
            platform,
            file: if named { UserFile::Required(file) } else { UserFile::IfPresent(file) },
            variables: environment.variables.clone(),
            flags: socket.into_iter().chain(flags).collect(),
        }
    }
}

impl Sources {
    /// Whether every key of a section has its built-in value, because nothing could have set one.
    /// That is seen without reading anything; a file that exists is taken to say something.
    pub fn leave_built_in(&self, section: &str) -> bool {
        let variable = format!("GOXE_{}_", section.to_uppercase());
        let dotted = format!("{section}.");
        let is_file = match &self.file {
            UserFile::Absent => false,
            UserFile::IfPresent(path) => !matches!(path.try_exists(), Ok(false)),
            UserFile::Required(_) => true,
        };
        let sets = |flag: &String| flag.trim_start().starts_with(&dotted);
        !is_file
            && !self.variables.keys().any(|name| name.starts_with(&variable))
            && !self.flags.iter().any(sets)
            && !self.platform.iter().any(|(key, _)| key.starts_with(&dotted))
    }
}

/// A configuration without a mistake.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The typed values.
    pub config: Config,
    /// Every key with its value and origin, in the order of the shipped file.
    pub shown: Vec<Shown>,
}

impl Config {
    /// Merges all layers, or lists every mistake in them.
    pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
        let mut merge = Merge::default();
        merge.read(&Source::new(None, shipped::TEXT));
        for (dotted, text) in &sources.platform {
            merge.set_text(dotted, text, Origin::Platform);
        }
        merge.read_file(&sources.file);
        merge.read_variables(&sources.variables);
        for flag in &sources.flags {
            merge.read_flag(flag);
        }
        for (dotted, text) in &sources.platform {
            if merge.settings.get(*dotted).is_some_and(|setting| setting.value == "") {
                merge.set_text(dotted, text, Origin::Platform);
            }
        }
        merge.finish()
    }

    /// The built-in values alone: `socket.path` and `log.file` are empty, for they are the platform's.
    pub fn built_in() -> Self {
        let loaded = Self::load(&Sources::default());
        loaded.expect("the shipped file is checked by a test").config
    }
}

/// The settings so far, by `section.key`, and the mistakes.
#[derive(Default)]
struct Merge {
    settings: BTreeMap<String, Setting>,
    refused: BTreeSet<String>,
    errors: Vec<ConfigError>,
}

impl Merge {
    fn read(&mut self, source: &Source<'_>) {
        let (found, errors) = source.read();
        self.errors.extend(errors);
        for found in found {
            let checked = found.key.kind.check(found.value);
            self.set(found.key, checked, found.site);
        }
    }

    fn read_file(&mut self, file: &UserFile) {
        let (path, required) = match file {
            UserFile::Absent => return,
            UserFile::IfPresent(path) => (path, false),
            UserFile::Required(path) => (path, true),
        };
        let name = path.display().to_string();
        match read_bounded(path) {
            Ok(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => self.read(&Source::new(Some(&name), text)),
                Err(error) => self.errors.push(not_text(&name, &bytes[..error.valid_up_to()])),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound && !required => {}
            Err(error) => {
                let site = Site::from(Origin::File { file: name, line: 0 });
                let message = format!("the file cannot be read: {error}");
                let hint = "`goxe config init` prints a new one";
                self.errors.push(ConfigError::new(site, message).hint(hint));
            }
        }
    }

    fn read_variables(&mut self, variables: &BTreeMap<String, OsString>) {
        let names: BTreeMap<String, &'static Key> =
            sections::keys().map(|key| (key.variable(), key)).collect();
        for (name, value) in variables.iter().filter(|(name, _)| name.starts_with("GOXE_")) {
            let site = Site::from(Origin::Environment { variable: name.clone() });
            let short = SHORT.iter().find(|(short, _)| short == name);
            let key = match (name.as_str(), short, names.get(name)) {
                (_, Some((_, dotted)), _) => sections::key(dotted),
                (_, None, Some(key)) => Some(*key),
                (name, None, None)
                    if RESERVED.contains(&name) || name.starts_with("GOXE_TEST_") =>
                {
                    continue;
                }
                (_, None, None) => None,
            };
            match (key, value.to_str()) {
                (None, _) => self.errors.push(unknown_variable(site, name, names.keys())),
                // An empty variable is a variable that is not set, as everywhere in a shell.
                (Some(_), Some("")) => {}
                (Some(key), Some(text)) if short.is_some() && key.name.ends_with("_ms") => {
                    self.set(key, duration(key, text), site);
                }
                (Some(key), Some(text)) => self.set(key, key.kind.parse_text(text), site),
                (Some(key), None) => self.errors.push(
                    ConfigError::new(site, "the value is not UTF-8 text")
                        .about(key.dotted())
                        .hint(format!("allowed: {}", key.kind)),
                ),
            }
        }
        for (short, dotted) in SHORT {
            self.refuse_both(short, dotted, variables);
        }
    }

    /// Two variables for one key that do not say the same: nobody can tell which one is meant.
    fn refuse_both(
        &mut self,
        short: &str,
        dotted: &'static str,
        variables: &BTreeMap<String, OsString>,
    ) {
        let Some(key) = sections::key(dotted) else { return };
        let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
        let long = key.variable();
        if let (Some(one), Some(other)) = (set(short), set(&long))
            && one != other
        {
            let message = format!("{short} says something else");
            let error = ConfigError::new(Origin::Environment { variable: long }.into(), message);
            self.errors.push(error.about(dotted).hint("set only one of the two"));
        }
    }

    fn read_flag(&mut self, flag: &str) {
        match flag.split_once('=') {
            Some((dotted, text)) => self.set_text(dotted.trim(), text.trim(), Origin::Flag),
            None => self.errors.push(
                ConfigError::new(Origin::Flag.into(), format!("{flag:?} sets nothing"))
                    .hint("write: section.key=value, such as log.level=debug"),
            ),
        }
    }

    fn set_text(&mut self, dotted: &str, text: &str, origin: Origin) {
        if let Some(key) = sections::key(dotted) {
            return self.set(key, key.kind.parse_text(text), origin.into());
        }
        let known: Vec<String> = sections::keys().map(Key::dotted).collect();
        let hint = match nearest(dotted, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => "`goxe config show` lists every key".to_owned(),
        };
        self.errors.push(ConfigError::new(origin.into(), "no such key").about(dotted).hint(hint));
    }

    fn set(&mut self, key: &Key, value: Result<Value, Refusal>, site: Site) {
        let dotted = key.dotted();
        match value {
            Ok(value) => {
                self.settings.insert(dotted, Setting { value, site });
            }
            Err(refusal) => {
                self.errors.push(ConfigError::refused(site, dotted.clone(), refusal));
                self.refused.insert(dotted);
            }
        }
    }

    fn finish(mut self) -> Result<Loaded, ConfigErrors> {
        // A rule about a value that was refused would only repeat that error in other words.
        self.errors.extend(
            rules::broken(&self.settings)
                .into_iter()
                .filter(|broken| broken.keys.iter().all(|key| !self.refused.contains(*key)))
                .map(|broken| broken.error),
        );
        if !self.errors.is_empty() {
            return Err(ConfigErrors::new(self.errors));
        }
        let config = Config::deserialize(self.to_json()).map_err(|error| {
            let error = ConfigError::new(Origin::BuiltIn.into(), error.to_string());
            ConfigErrors::new(vec![error.hint("a value does not fit this machine")])
        })?;
        let shown = sections::keys().filter_map(|key| {
            let setting = self.settings.remove(&key.dotted())?;
            Some(Shown { key: key.dotted(), value: setting.value, origin: setting.site.origin })
        });
        Ok(Loaded { config, shown: shown.collect() })
    }

    fn to_json(&self) -> Value {
        let section = |section: &Section| -> Map<String, Value> {
            let value = |key: &Key| Some(self.settings.get(&key.dotted())?.value.clone());
            section.keys.iter().filter_map(|key| Some((key.name.to_owned(), value(key)?))).collect()
        };
        SECTIONS.iter().map(|it| (it.name.to_owned(), Value::from(section(it)))).collect()
    }
}

/// A duration for a key in milliseconds, which has a unit of its own in a short variable.
fn duration(key: &Key, text: &str) -> Result<Value, Refusal> {
    let ms = parse_ms(text)
        .map_err(|hint| Refusal { message: format!("{text:?} is not allowed"), hint })?;
    key.kind.check(Value::from(ms))
}

/// A file that stops being text after its first, sound bytes.
fn not_text(file: &str, sound: &[u8]) -> ConfigError {
    let sound = String::from_utf8_lossy(sound);
    let site = Source::new(Some(file), &sound).site(sound.len()..sound.len());
    ConfigError::new(site, "this is not UTF-8 text").hint("save the file as UTF-8")
}

fn unknown_variable<'a>(
    site: Site,
    name: &str,
    names: impl Iterator<Item = &'a String>,
) -> ConfigError {
    let short = SHORT.iter().map(|(short, _)| *short);
    let known = names.map(String::as_str).chain(RESERVED.iter().copied()).chain(short);
    ConfigError::new(site, "no such variable").hint(match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => "names are GOXE_SECTION_KEY, such as GOXE_LOG_LEVEL".to_owned(),
    })
}

/// The content of a plain file that is not too large.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before opening: opening a FIFO would wait for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(FILE_BYTES_MAX + 1);
    file.read_to_end(&mut bytes)?;
    if file.limit() == 0 {
        return Err(io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
