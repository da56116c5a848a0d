//! Every field of every method that a tool uses is an argument of that tool, or is left out for a
//! reason that stands here; the same for what the method answers.

use std::collections::BTreeSet;

use goxe_mcp_bridge::tools::Tool;
use goxe_protocol::api::{CATALOGUE, MethodInfo};
use serde_json::Value;

/// Which tool calls which methods.
const USED: &[(Tool, &[&str])] = &[
    (
        Tool::History,
        &[
            "history.list",
            "history.undo",
            "history.redo",
            "history.checkpoint",
            "history.forget",
            "history.restore",
            "history.outcome",
        ],
    ),
    (Tool::Job, &["job.list", "job.status", "job.cancel"]),
    (
        Tool::LayersEdit,
        &["layer.list", "layer.create", "layer.delete", "layer.rename", "layer.show", "layer.hide"],
    ),
    (
        Tool::Project,
        &[
            "project.create",
            "project.list",
            "project.rename",
            "project.delete",
            "project.restore",
            "project.purge",
            "project.import",
            "project.export",
        ],
    ),
    (Tool::ProjectInfo, &["project.info"]),
    (Tool::RenderView, &["render.image", "render.turntable"]),
    (Tool::VoxelsEdit, &["voxel.edit"]),
    (Tool::VoxelsFind, &["voxel.find", "voxel.histogram", "voxel.count"]),
    (Tool::VoxelsRead, &["voxel.read", "voxel.get", "voxel.bounds"]),
];

/// Methods that no tool offers, and why.
const NOT_OFFERED: &[(&str, &str)] = &[
    ("system.hello", "the manager greets the daemon"),
    ("system.echo", "a probe of the wire, nothing for a model"),
    ("system.status", "part of engine_health, which the manager asks for"),
    ("system.describe", "the tools describe themselves"),
    ("system.cancel", "MCP's own cancellation becomes it"),
    ("system.backup", "an administrator's work, done on the command line"),
    ("voxel.write", "dense boxes are bytes; models write edit lists or import files"),
    ("blob.create", "the bridge moves large files by itself"),
    ("blob.write", "the bridge moves large files by itself"),
    ("blob.read", "the bridge moves large files by itself"),
    ("blob.delete", "the bridge moves large files by itself"),
    ("event.subscribe", "MCP's own subscriptions become it"),
    ("event.unsubscribe", "MCP's own subscriptions become it"),
];

/// Params that are no argument, and why.
const NOT_ARGUMENTS: &[(&str, &str, &str)] = &[
    ("voxel.read", "form", "`read` says it: list asks for voxels, slices for the dense form"),
    ("project.import", "blob", "the bridge makes the blob of a large file"),
    ("project.export", "job", "the file is written by the call itself, with progress"),
    ("render.image", "up", "taken, but told to nobody: the z axis is up in nearly every picture"),
    (
        "render.image",
        "ambient_occlusion",
        "taken, but told to nobody: no picture is better without",
    ),
    ("render.image", "sun_strength", "taken, but told to nobody: the usual sun is bright enough"),
    ("render.turntable", "ambient_occlusion", "as for render.image"),
    ("render.turntable", "sun_strength", "as for render.image"),
    ("render.turntable", "frame_ms", "a turn of usual length is as good for a model"),
];

/// Fields of replies that are in no answer, and why.
const NOT_ANSWERED: &[(&str, &str, &str)] = &[
    ("project.export", "blob", "the bridge has written its content to the file"),
    ("project.export", "job", "the call waits for the file"),
];

fn names(schema: &Value) -> BTreeSet<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn method(name: &str) -> &'static MethodInfo {
    goxe_protocol::api::find(name).unwrap_or_else(|| panic!("no method {name}"))
}

fn excluded(list: &[(&str, &str, &str)], method: &str, field: &str) -> bool {
    list.iter().any(|(name, left_out, reason)| {
        assert!(!reason.is_empty());
        *name == method && *left_out == field
    })
}

#[test]
fn every_method_is_offered_or_left_out_for_a_reason() {
    let used: BTreeSet<&str> =
        USED.iter().flat_map(|(_, methods)| methods.iter().copied()).collect();
    let left_out: BTreeSet<&str> = NOT_OFFERED.iter().map(|(name, _)| *name).collect();
    assert!(used.is_disjoint(&left_out));
    for method in CATALOGUE {
        let known = used.contains(method.name) || left_out.contains(method.name);
        assert!(known, "{} has no tool and no reason", method.name);
    }
    assert_eq!(used.len() + left_out.len(), CATALOGUE.len(), "a list names what is gone");
}

#[test]
fn every_param_is_an_argument() {
    for (tool, methods) in USED {
        let arguments = names(&tool.entry().schema_as_json_value());
        for name in *methods {
            for field in names(&(method(name).params)().to_value()) {
                let given = arguments.contains(&field);
                let left_out = excluded(NOT_ARGUMENTS, name, &field);
                assert!(given || left_out, "{}: {name} wants {field}", tool.name());
            }
        }
    }
}

#[test]
fn every_field_of_a_reply_is_in_the_answer() {
    for (tool, methods) in USED {
        if tool.entry().output_schema.is_none() {
            continue;
        }
        let members = tool.members();
        for name in *methods {
            for field in names(&(method(name).reply)().to_value()) {
                let told = members.contains(&field);
                let left_out = excluded(NOT_ANSWERED, name, &field);
                assert!(told || left_out, "{}: {name} answers {field}", tool.name());
            }
        }
    }
}

/// The fields of each kind of edit, as the protocol has them.
fn edit_fields() -> Vec<(String, BTreeSet<String>)> {
    let params = (method("voxel.edit").params)().to_value();
    let variants = params["properties"]["edits"]["items"]["oneOf"].as_array().expect("variants");
    let kind = |variant: &Value| {
        let name = variant["properties"]["edit"]["const"].as_str().expect("a name");
        (name.to_owned(), names(variant))
    };
    variants.iter().map(kind).collect()
}

#[test]
fn every_edit_and_every_field_of_it_is_in_the_schema() {
    let schema = Tool::VoxelsEdit.entry().schema_as_json_value();
    let item = &schema["properties"]["edits"]["items"];
    let known = names(item);
    let kinds = item["properties"]["edit"]["enum"].as_array().expect("kinds");
    let said = item["properties"]["edit"]["description"].as_str().expect("signatures");
    for (kind, fields) in edit_fields() {
        assert!(kinds.iter().any(|name| *name == kind), "{kind}");
        let head = format!("{kind}{{");
        let signature = said.split(' ').find_map(|word| word.strip_prefix(&head));
        let signature = signature.expect("a signature").trim_end_matches('}');
        let ink = said.split_once("(.. = ").expect("what .. is").1.trim_end_matches(')');
        let told: BTreeSet<&str> = signature
            .split(',')
            .flat_map(|field| if field == ".." { ink } else { field }.split(','))
            .map(|field| field.trim_end_matches('?'))
            .collect();
        for field in fields.iter().filter(|field| !["edit", "layer"].contains(&field.as_str())) {
            assert!(known.contains(field), "{kind}: {field}");
            assert!(told.contains(field.as_str()), "{kind} does not tell of {field}");
        }
    }
    assert!(known.contains("layer"));
}
