//! What goxe costs a model: tokens of the list of tools and of typical answers, each with a budget.
//! `docs/tokens.md` is the table; `GOXE_BLESS=1` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;
use tiktoken_rs::CoreBPE;

use crate::calls::{Call, unnamed_in};
use crate::support::Place;
use crate::tasks::Task;

/// Most bytes of the whole list, as JSON.
const LIST_BYTES_MAX: usize = 12 * 1024;
/// Most tokens of the whole list, and of the instructions.
const LIST_TOKENS_MAX: usize = 3_600;
const INSTRUCTIONS_TOKENS_MAX: usize = 600;

/// Typical calls: what they are, the call, most tokens of its answer.
const ANSWERS: &[(&str, &str, usize)] = &[
    ("a new project", r#"project {"action":"create","project":"tokens"}"#, 200),
    ("the list of projects", r#"project {"action":"list"}"#, 300),
    ("what a project holds", r#"project_info {"project":"castle"}"#, 500),
    (
        "an edit list",
        r##"voxels_edit {"project":"tokens","edits":[{"edit":"box","min":[0,0,0],"max":[20,20,3],"color":"#808080"}]}"##,
        250,
    ),
    (
        "an edit list with a mistake",
        r##"voxels_edit {"project":"tokens","edits":[{"edit":"cube","min":[0,0,0],"max":[9,9,3],"color":"#808080"}]}"##,
        350,
    ),
    (
        "three slices, 12 by 26",
        r#"voxels_read {"read":"slices","project":"chair","axis":"y","range":[9,11]}"#,
        1_300,
    ),
    ("a page of 50 voxels", r#"voxels_read {"read":"list","project":"chair","limit":50}"#, 1_800),
    ("a box", r#"voxels_read {"read":"bounds","project":"castle"}"#, 100),
    (
        "the ten most frequent colours",
        r#"voxels_find {"by":"histogram","project":"chair","limit":10}"#,
        400,
    ),
    ("the layers", r#"layers_edit {"action":"list","project":"castle"}"#, 400),
    ("the history", r#"history {"action":"list","project":"castle"}"#, 700),
    ("an undo", r#"history {"action":"undo","project":"tokens"}"#, 300),
    ("the words beside a picture", r#"render_view {"project":"chair"}"#, 150),
    ("health", r#"engine_health {}"#, 700),
    ("no work in the background", r#"job {"action":"list"}"#, 50),
];

/// How far a count may lie from the table: process ids, times and hashes differ from run to run.
const SLACK_PERCENT: usize = 10;
const SLACK_TOKENS: usize = 12;

/// One row: what it is, its tokens, the most there may be.
type Row = (String, usize, usize);

fn tokens(tokenizer: &CoreBPE, text: &str) -> usize {
    tokenizer.encode_ordinary(text).len()
}

fn measure() -> (Vec<Row>, Vec<Row>, usize) {
    let tokenizer = tiktoken_rs::o200k_base().expect("the vocabulary is in the crate");
    let place = Place::new();
    let mut bridge = unnamed_in(&place, &[]);
    let told = bridge.initialize_as("tokens")["instructions"].clone();
    let list = bridge.request("tools/list", json!({}))["tools"].clone();
    let bytes = list.to_string().len();
    let entries = list.as_array().expect("tools");
    let mut listed: Vec<Row> = entries
        .iter()
        .map(|entry| {
            let name = entry["name"].as_str().expect("a name").to_owned();
            (name, tokens(&tokenizer, &entry.to_string()), 1_400)
        })
        .collect();
    let whole = listed.iter().map(|(_, tokens, _)| tokens).sum();
    listed.push(("all tools".to_owned(), whole, LIST_TOKENS_MAX));
    let instructions = tokens(&tokenizer, told.as_str().unwrap_or_default());
    listed.push(("the instructions".to_owned(), instructions, INSTRUCTIONS_TOKENS_MAX));
    for task in Task::all().iter().filter(|task| ["castle", "chair"].contains(&task.name.as_str()))
    {
        assert_eq!(task.build(&mut bridge), [""; 0]);
    }
    let answered = |(what, call, max): &(&str, &str, usize)| {
        let call = Call::verbatim(call);
        let text = call.make(&mut bridge).text();
        (format!("{what} | `{}`", call.tool), tokens(&tokenizer, &text), *max)
    };
    (listed, ANSWERS.iter().map(answered).collect(), bytes)
}

fn table(listed: &[Row], answered: &[Row]) -> String {
    let mut text = String::from(
        "# What goxe costs in tokens\n\n\
         Counted by a test (`tests/eval/tokens.rs`) with the tokenizer o200k_base, through the real bridge. \
         A count above its budget fails the test. Other tokenizers count a little more or less.\n\n\
         ## Once a session\n\n| | tokens | budget |\n|---|---:|---:|\n",
    );
    for (what, tokens, max) in listed {
        let budget = if what.starts_with(|c: char| c.is_ascii_lowercase()) && what.contains(' ') {
            max.to_string()
        } else {
            String::new()
        };
        let _ = writeln!(text, "| {what} | {tokens} | {budget} |");
    }
    text.push_str("\n## Each answer\n\n| answer | tool | tokens | budget |\n|---|---|---:|---:|\n");
    for (what, tokens, max) in answered {
        let _ = writeln!(text, "| {what} | {tokens} | {max} |");
    }
    text
}

#[test]
fn tools_and_answers_stay_within_their_budgets() {
    let (listed, answered, bytes) = measure();
    println!("{}", table(&listed, &answered));
    assert!(bytes <= LIST_BYTES_MAX, "tools/list has {bytes} bytes");
    let over: Vec<&Row> =
        listed.iter().chain(&answered).filter(|(_, tokens, max)| tokens > max).collect();
    assert!(over.is_empty(), "over budget: {over:?}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tokens.md");
    if std::env::var_os("GOXE_BLESS").is_some() {
        fs::write(&path, table(&listed, &answered)).expect("the table is written");
    }
    let known = fs::read_to_string(&path).expect("docs/tokens.md is there");
    for (what, tokens, _) in listed.iter().chain(&answered) {
        let row = format!("| {what} | ");
        let line = known.lines().find_map(|line| line.strip_prefix(&row));
        let line = line.unwrap_or_else(|| panic!("{what} is not in docs/tokens.md: GOXE_BLESS=1"));
        let old: usize = line.split(' ').next().and_then(|n| n.parse().ok()).expect("a count");
        let slack = old * SLACK_PERCENT / 100 + SLACK_TOKENS;
        assert!(old.abs_diff(*tokens) <= slack, "{what}: {tokens}, not {old}: GOXE_BLESS=1");
    }
}
