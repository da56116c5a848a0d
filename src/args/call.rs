//! `goxe call ...`

use std::ffi::OsStr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueHint};
use goxe_protocol::api::CATALOGUE;
use serde_json::value::RawValue;

/// One call of a method.
#[derive(Debug, Args)]
pub struct Call {
    /// The method, such as project.list
    #[arg(value_name = "METHOD", value_parser = MethodName, hide_possible_values = true)]
    pub method: String,
    /// Its params as JSON; - reads them from standard input
    #[arg(value_name = "JSON", default_value = "{}", allow_hyphen_values = true)]
    pub params: Params,
    /// Send the content of this file with it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub attach: Option<PathBuf>,
    /// Write the bytes that come with the answer into this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub save: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long, requires = "save")]
    pub overwrite: bool,
    /// Show how far the call is
    #[arg(long)]
    pub progress: bool,
    /// How long to wait for the answer, a start of the daemon included
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
    /// A UUID of version 7 by which a writing call that is sent again runs once; a new one when absent
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

/// Params of a call.
#[derive(Debug, Clone)]
pub enum Params {
    /// They come from standard input.
    Input,
    /// They were given.
    Given(Box<RawValue>),
}

impl FromStr for Params {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Params::Input);
        }
        match serde_json::from_str::<Box<RawValue>>(text) {
            Ok(params) if params.get().starts_with(['{', '[']) => Ok(Params::Given(params)),
            Ok(_) => Err("params are a JSON object, such as {\"project\": \"castle\"}".to_owned()),
            Err(error) => Err(format!("this is not JSON: {error}")),
        }
    }
}

/// Takes any name, because services bring methods of their own, and offers the known ones.
#[derive(Debug, Clone, Copy)]
struct MethodName;

impl TypedValueParser for MethodName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        clap::builder::NonEmptyStringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = CATALOGUE.iter().map(|method| {
            let summary = method.doc.split(['.', ';', ':']).next().unwrap_or_default().trim();
            PossibleValue::new(method.name).help(summary)
        });
        Some(Box::new(values))
    }
}
