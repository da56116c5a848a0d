//! The MCP server: both protocol eras over one transport, answered at once without any daemon.
//!
//! A call of a tool is the first thing that needs a daemon; it comes in through [`daemon`], the
//! one seam between MCP and the daemon manager.

mod confirm;
pub mod daemon;
mod guard;
mod late;
mod parent;
pub mod process;
pub mod subscribers;

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation,
        ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
        SubscriptionFilter,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::tools::{Context, Failure, TOOLS, Tool, context::Meter};
use daemon::Daemon;
use subscribers::Subscribers;

/// How long a client may keep the list of tools and what the server says of itself: they only
/// change with the program.
const CACHE_MS: u64 = 3_600_000;

/// What every client is told first. Where tools are loaded on demand, this and the names are all
/// that a model sees of them: workflow, limits, words to find them by.
const INSTRUCTIONS: &str = "\
goxe builds and edits 3D voxel models (pixel-art-like blocks, MagicaVoxel .vox): create, shape, \
colour, inspect, render and export them.

Workflow:
1. project {\"action\":\"list\"} or create; project_info shows what is there.
2. voxels_edit with a list of edits (boxes, spheres, cylinders, lines, single voxels, fill, \
mirror, move, recolour). One call is one undo step, all or nothing. Build big shapes first, then details.
3. render_view after every few edits, from at least two sides. Look, then correct.
4. history {\"action\":\"checkpoint\"} before anything risky; undo takes back one call.
5. project {\"action\":\"export\"} writes a .vox file.

Space: z is up, x right, y away from the viewer in the front view; whole numbers from -32768 to \
32767; corners of boxes are inclusive. Colours are #rrggbb.
Sharing: other people and assistants may edit the same project. Pass `if_revision` (from any \
answer) to edit only what you have seen.
Limits: 200 edits a call, 1000 voxels an edit; use shapes for more. Lists come in pages: pass \
`cursor` on.
Safety: every acknowledged edit is saved and survives crashes. An answer has `done` true, or the \
error says whether anything was done. Errors end with `Next:` and the call to make.
The engine starts by itself. If something hangs: engine_health.";

/// The server of one client.
#[derive(Clone)]
pub struct Server {
    daemon: Arc<dyn Daemon>,
    subscribers: Arc<Subscribers>,
    gone: CancellationToken,
    folder: Arc<PathBuf>,
}

impl Server {
    /// A server in front of a daemon. `gone` fires when the client is gone; `folder` is where
    /// relative paths of files start.
    pub fn new(daemon: Arc<dyn Daemon>, folder: PathBuf, gone: CancellationToken) -> Self {
        let subscribers = Arc::default();
        Server { daemon, subscribers, gone, folder: Arc::new(folder) }
    }

    /// Who is told when the list of tools changes.
    pub fn subscribers(&self) -> &Arc<Subscribers> {
        &self.subscribers
    }

    async fn run(
        &self,
        tool: Tool,
        request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> CallToolResponse {
        let reply = confirm::reply(request.input_responses.as_ref());
        let meter = cx.meta.get_progress_token().map(|token| Meter::new(cx.peer.clone(), token));
        let mut context = Context {
            daemon: &*self.daemon,
            tool,
            arguments: Value::Object(request.arguments.unwrap_or_default()),
            cancel: cx.ct.clone(),
            gone: self.gone.clone(),
            meter,
            confirmed: reply == confirm::Reply::Yes,
            folder: &self.folder,
        };
        match tool.run(&mut context).await {
            Ok(answer) => answer.into_result().into(),
            Err(failure) => match &failure.question {
                Some(question) if reply == confirm::Reply::NotAsked && confirm::can_ask(&cx) => {
                    confirm::ask(question)
                }
                _ => failure.into_result().into(),
            },
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build();
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("goxe", env!("CARGO_PKG_VERSION"))
                    .with_title("goxe voxel engine"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(ProtocolVersion::known_up_to(&ProtocolVersion::V_2026_07_28))
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(CACHE_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let list =
            ListToolsResult::with_all_items(TOOLS.into_iter().map(Tool::entry).cloned().collect());
        // The legacy era knows no cache fields.
        Ok(match cx.protocol_version() {
            Some(version) if version >= ProtocolVersion::V_2026_07_28 => {
                list.with_ttl_ms(CACHE_MS).with_cache_scope(CacheScope::Public)
            }
            _ => list,
        })
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        Tool::named(name).map(Tool::entry).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        match Tool::named(&request.name) {
            Some(tool) => Ok(match guard::guarded(self.run(tool, request, cx)).await {
                Ok(response) => response,
                Err(text) => Failure::of_bridge(tool, &text).into_result().into(),
            }),
            // Only what no model can mend is an error of the protocol.
            None => Err(ErrorData::invalid_params(format!("Unknown tool: {}", request.name), None)),
        }
    }

    async fn on_initialized(&self, cx: NotificationContext<RoleServer>) {
        self.subscribers.add_legacy(cx.peer);
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // rmcp leaves of it what the capabilities announce.
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.subscribers.keep(subscription, &self.gone).await;
        Ok(())
    }
}
