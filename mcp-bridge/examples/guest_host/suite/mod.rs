//! The tools, resources and prompts that the conformance suite calls, each as the suite describes it.

mod asks;
mod content;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use goxe_protocol::api::guest::{
    Argument, CallParams, CallReply, CompleteParams, CompleteReply, FillParams, FillReply, Hints,
    ListReply, LogLevel, Prompt, ReadParams, ReadReply, Resource, Template, Tool,
};
use goxe_protocol::error::Error;
use serde_json::{Map, Value, json};

use crate::host::{Guests, Talk};
use content::{embedded, image, sound, text};

/// Half of what a tool with log or progress works.
const WORK: Duration = Duration::from_millis(50);

/// The fixture of the suite.
#[derive(Default)]
pub struct Suite {
    /// Signs what goes through the hands of clients.
    secret: RandomState,
    more_tools: AtomicBool,
    more_prompts: AtomicBool,
}

const TOOLS: [(&str, &str); 26] = [
    ("test_simple_text", "Answers with a text"),
    ("test_image_content", "Answers with a picture"),
    ("test_audio_content", "Answers with a sound"),
    ("test_embedded_resource", "Answers with what a resource holds"),
    ("test_multiple_content_types", "Answers with text, picture and resource"),
    ("test_tool_with_logging", "Writes three lines of a log"),
    ("test_tool_with_progress", "Tells three times how far it is"),
    ("test_error_handling", "Fails"),
    ("test_sampling", "Asks the client's model"),
    ("test_elicitation", "Asks the user for name and address"),
    ("test_elicitation_sep1034_defaults", "Asks the user with defaults"),
    ("test_elicitation_sep1330_enums", "Asks the user to choose"),
    ("test_missing_capability", "Needs a model to ask"),
    ("test_streaming_elicitation", "Asks the user, in a stream"),
    ("test_logging_tool", "Writes a line of a log"),
    ("test_trigger_tool_change", "Offers one tool more, or less"),
    ("test_trigger_prompt_change", "Offers one prompt more, or less"),
    ("test_input_required_result_elicitation", "Asks for a name"),
    ("test_input_required_result_sampling", "Asks for a capital"),
    ("test_input_required_result_list_roots", "Asks for folders"),
    ("test_input_required_result_request_state", "Asks, and signs what it knows"),
    ("test_input_required_result_multiple_inputs", "Asks everybody at once"),
    ("test_input_required_result_multi_round", "Asks twice"),
    ("test_input_required_result_tampered_state", "Refuses what it did not sign"),
    ("test_input_required_result_capabilities", "Asks whoever can be asked"),
    ("test_slow", "Works until it is cancelled, a minute at most"),
];

impl Guests for Suite {
    fn list(&self) -> ListReply {
        let mut tools: Vec<Tool> =
            TOOLS.iter().map(|(name, description)| tool(name, description)).collect();
        tools.extend([schema_tool(), header_tool()]);
        if self.more_tools.load(Ordering::Relaxed) {
            tools.push(tool("test_one_more", "Comes and goes"));
        }
        ListReply { tools, resources: resources(), templates: templates(), prompts: self.prompts() }
    }

    fn call(&self, params: CallParams, talk: &Talk) -> Result<CallReply, Error> {
        let CallParams { tool, arguments, round } = params;
        let blocks = match tool.as_str() {
            "test_simple_text" => vec![text("This is a simple text response for testing.")],
            "test_image_content" => vec![image()],
            "test_audio_content" => vec![sound()],
            "test_embedded_resource" => {
                vec![embedded("test://embedded-resource", "This is an embedded resource content.")]
            }
            "test_multiple_content_types" => vec![
                text("Multiple content types test:"),
                image(),
                embedded("test://mixed-content-resource", r#"{"test":"data","value":123}"#),
            ],
            "test_logging_tool" => {
                talk.log(LogLevel::Info, "It writes a line, where one is wanted");
                vec![text("It wrote its log.")]
            }
            "test_tool_with_logging" => {
                talk.log(LogLevel::Info, "Tool execution started");
                talk.works(WORK);
                talk.log(LogLevel::Info, "Tool processing data");
                talk.works(WORK);
                talk.log(LogLevel::Info, "Tool execution completed");
                vec![text("It wrote its log.")]
            }
            "test_tool_with_progress" => {
                for done in [0, 50, 100] {
                    talk.progress(done, 100);
                    talk.works(WORK);
                }
                vec![text("It is done.")]
            }
            "test_error_handling" => {
                let content = vec![text("This tool intentionally returns an error for testing")];
                return Ok(CallReply { content, is_error: true, ..CallReply::default() });
            }
            "test_trigger_tool_change" => {
                self.more_tools.fetch_xor(true, Ordering::Relaxed);
                talk.changed();
                vec![text("The list of tools is another one.")]
            }
            "test_trigger_prompt_change" => {
                self.more_prompts.fetch_xor(true, Ordering::Relaxed);
                talk.changed();
                vec![text("The list of prompts is another one.")]
            }
            "json_schema_2020_12_tool" | "test_x_mcp_header" | "test_one_more" => {
                vec![text(&Value::Object(arguments).to_string())]
            }
            "test_slow" => {
                let whole = talk.works(Duration::from_secs(60));
                vec![text(if whole { "a minute" } else { "cancelled" })]
            }
            asking => return self.ask(asking, &arguments, &round),
        };
        Ok(CallReply { content: blocks, ..CallReply::default() })
    }

    fn read(&self, params: ReadParams) -> Result<ReadReply, Error> {
        let content = content::resource(&params.uri)
            .ok_or_else(|| Error::not_found("resource", &params.uri))?;
        Ok(ReadReply { contents: vec![content], asks: None })
    }

    fn fill(&self, params: FillParams) -> Result<FillReply, Error> {
        if params.prompt == "test_input_required_result_prompt" {
            return Ok(asks::prompt(&params.round));
        }
        let argument = |name: &str| {
            let value = params.arguments.get(name);
            value.ok_or_else(|| Error::invalid_params(format!("{name}: it is missing")))
        };
        let messages = match params.prompt.as_str() {
            "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
            "test_prompt_with_arguments" => {
                let (one, two) = (argument("arg1")?, argument("arg2")?);
                vec![text(&format!("Prompt with arguments: arg1='{one}', arg2='{two}'"))]
            }
            "test_prompt_with_embedded_resource" => vec![
                embedded(argument("resourceUri")?, "Embedded resource content for testing."),
                text("Please process the embedded resource above."),
            ],
            "test_prompt_with_image" => vec![image(), text("Please analyze the image above.")],
            "test_one_more_prompt" => vec![text("One more.")],
            other => return Err(Error::not_found("prompt", other)),
        };
        let messages = messages.into_iter().map(content::message).collect();
        Ok(FillReply { messages, ..FillReply::default() })
    }

    fn complete(&self, params: CompleteParams) -> Result<CompleteReply, Error> {
        let values = ["paris", "park", "party", "test", "testing"];
        let values = values.into_iter().filter(|value| value.starts_with(&params.value));
        Ok(CompleteReply { values: values.map(str::to_owned).collect(), total: None })
    }
}

impl Suite {
    /// A text that only this process can have written.
    fn sign(&self, text: &str) -> String {
        format!("{text}.{:016x}", self.secret.hash_one(text))
    }

    /// The text, if it was signed here.
    fn signed<'a>(&self, state: Option<&'a str>) -> Result<&'a str, Error> {
        state
            .and_then(|state| Some((state, state.rsplit_once('.')?.0)))
            .filter(|(state, text)| self.sign(text) == *state)
            .map(|(_, text)| text)
            .ok_or_else(|| Error::invalid_params("state: it is not the one that was handed out"))
    }

    fn prompts(&self) -> Vec<Prompt> {
        let mut prompts = vec![
            prompt("test_simple_prompt", &[]),
            prompt("test_prompt_with_arguments", &["arg1", "arg2"]),
            prompt("test_prompt_with_embedded_resource", &["resourceUri"]),
            prompt("test_prompt_with_image", &[]),
            prompt("test_input_required_result_prompt", &[]),
        ];
        if self.more_prompts.load(Ordering::Relaxed) {
            prompts.push(prompt("test_one_more_prompt", &[]));
        }
        prompts
    }
}

fn tool(name: &str, description: &str) -> Tool {
    let argument = match name {
        "test_sampling" => Some("prompt"),
        "test_elicitation" => Some("message"),
        _ => None,
    };
    let input = match argument {
        Some(name) => json!({
            "type": "object",
            "properties": { name: { "type": "string" } },
            "required": [name],
        }),
        None => json!({ "type": "object", "properties": {} }),
    };
    let hints = Hints { read_only: true, destructive: false, ..Hints::default() };
    let (name, description) = (name.to_owned(), description.to_owned());
    Tool { name, description, input: object(input), hints, ..Tool::default() }
}

/// A tool whose schema has to arrive as it is.
fn schema_tool() -> Tool {
    let mut tool = tool("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features");
    tool.input = object(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": {
            "properties": { "contactMethod": { "const": "phone" } },
            "required": ["contactMethod"],
        },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    }));
    tool
}

/// A tool whose argument an HTTP client repeats in a header.
fn header_tool() -> Tool {
    let mut tool = tool("test_x_mcp_header", "Takes an argument that is a header too");
    tool.input = object(json!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
    }));
    tool
}

fn prompt(name: &str, arguments: &[&str]) -> Prompt {
    let arguments = arguments.iter().map(|name| Argument {
        name: (*name).to_owned(),
        description: Some("For the test".to_owned()),
        required: true,
    });
    Prompt {
        name: name.to_owned(),
        description: Some("A prompt of the suite".to_owned()),
        arguments: arguments.collect(),
        ..Prompt::default()
    }
}

fn resources() -> Vec<Resource> {
    [
        ("test://static-text", "text/plain"),
        ("test://static-binary", "image/png"),
        ("test://watched-resource", "text/plain"),
    ]
    .map(|(uri, mime)| Resource {
        uri: uri.to_owned(),
        name: uri.trim_start_matches("test://").to_owned(),
        description: Some("A resource of the suite".to_owned()),
        mime_type: Some(mime.to_owned()),
        ..Resource::default()
    })
    .into()
}

fn templates() -> Vec<Template> {
    vec![Template {
        pattern: "test://template/{id}/data".to_owned(),
        name: "template".to_owned(),
        mime_type: Some("application/json".to_owned()),
        ..Template::default()
    }]
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => unreachable!("{other} is written as an object"),
    }
}
