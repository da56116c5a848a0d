//! A server in this process, and a client at the other end of its transport.

use std::{path::Path, sync::Arc, time::Duration};

use goxe_mcp_bridge::{
    daemon::Daemon,
    server::Server,
    tools::files::Folders,
    transport::{Gate, Lines},
};
use rmcp::{
    ServiceExt as _,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation,
        ProtocolVersion,
    },
    service::{ClientLifecycleMode, ClientServiceExt as _, RoleClient, RunningService},
    transport::async_rw::AsyncRwTransport,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// No answer of a server in this process takes longer.
pub const SOON: Duration = Duration::from_secs(5);

/// A server and the raw end of its transport.
pub struct Raw {
    pub input: DuplexStream,
    pub output: tokio::io::Lines<BufReader<DuplexStream>>,
    pub server: Server,
    pub ended: JoinHandle<()>,
}

/// Starts a server whose files are in `folder`.
pub fn start(daemon: Arc<dyn Daemon>, folder: &Path) -> Raw {
    let (input, server_input) = duplex(1 << 20);
    let (server_output, output) = duplex(1 << 20);
    let gone = CancellationToken::new();
    let server = Server::new(daemon, Folders::new(folder.to_owned(), &[]), gone.clone());
    let gate = Gate::new(Lines::new(server_input, server_output), gone);
    let serving = server.clone();
    let ended = tokio::spawn(async move {
        if let Ok(running) = serving.serve(gate).await {
            let _ = running.waiting().await;
        }
    });
    Raw { input, output: BufReader::new(output).lines(), server, ended }
}

impl Raw {
    pub async fn send(&mut self, message: Value) {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.expect("the server reads");
    }

    /// The next message of the server.
    pub async fn next(&mut self) -> Value {
        let line = timeout(SOON, self.output.next_line()).await.expect("an answer in time");
        serde_json::from_str(&line.expect("a line").expect("no end")).expect("JSON")
    }

    /// Sends a request and returns its answer; notifications in between are skipped.
    pub async fn request(&mut self, id: i64, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send(request).await;
        loop {
            let message = self.next().await;
            if message["id"] == json!(id) {
                return message;
            }
        }
    }

    pub async fn initialize(&mut self, capabilities: Value) -> Value {
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "clientInfo": { "name": "test", "version": "1" },
        });
        let answer = self.request(0, "initialize", params).await;
        self.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        answer
    }
}

/// `_meta` of a request of the modern era.
pub fn modern(capabilities: &Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}

pub type Client = RunningService<RoleClient, ClientConfig>;

/// Both eras, as rmcp's client enters them.
pub fn eras() -> [ClientLifecycleMode; 2] {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    [ClientLifecycleMode::Initialize, ClientLifecycleMode::Discover { preferred_versions }]
}

/// Connects rmcp's own client.
pub async fn connect(
    daemon: Arc<dyn Daemon>,
    folder: &Path,
    mode: ClientLifecycleMode,
) -> (Client, Server) {
    let Raw { input, output, server, .. } = start(daemon, folder);
    let output = output.into_inner().into_inner();
    let info = ClientConfig::new(ClientCapabilities::default(), Implementation::new("test", "1"));
    let client = info
        .serve_with_lifecycle(AsyncRwTransport::new_client(output, input), mode)
        .await
        .expect("a session");
    (client, server)
}

/// Calls a tool in a session of the older era.
pub async fn call(daemon: &Arc<super::fake::Fake>, tool: &str, arguments: Value) -> CallToolResult {
    let folder = std::env::temp_dir();
    call_in(daemon, &folder, tool, arguments).await
}

/// Calls a tool whose files are in a folder.
pub async fn call_in(
    daemon: &Arc<super::fake::Fake>,
    folder: &Path,
    tool: &str,
    arguments: Value,
) -> CallToolResult {
    let (client, _) = connect(daemon.clone(), folder, ClientLifecycleMode::Initialize).await;
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let result = client.call_tool(request).await.expect("a result");
    let _ = client.cancel().await;
    result
}

/// The text of a result.
pub fn text(result: &CallToolResult) -> String {
    let texts: Vec<&str> = result
        .content
        .iter()
        .filter_map(|block| block.as_text().map(|text| text.text.as_str()))
        .collect();
    texts.join("\n")
}
