//! The MCP server: both protocol eras over one transport, answered at once without any daemon.
//!
//! A call of a tool is the first thing that needs a daemon; it comes in through [`crate::daemon`], the
//! one seam between MCP and the daemon manager.

mod builtin;
mod confirm;
mod guard;
mod late;
pub mod offers;
mod parent;
pub mod process;
mod roots;
mod tasks;

use std::{borrow::Cow, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskMethod, CancelTaskParams,
        CompleteRequestParams, CompleteResult, DiscoverResult, GetPromptRequestParams,
        GetPromptResponse, GetTaskMethod, GetTaskParams, GetTaskResult, Implementation,
        InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SetLevelRequestMethod, SubscribeRequestParams, SubscriptionFilter,
        UnsubscribeRequestParams, UpdateTaskMethod, UpdateTaskParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use tokio_util::sync::CancellationToken;

use crate::{
    daemon::Daemon,
    guests::Guests,
    resources::Resources,
    source::{Source, era::is_modern},
    subscribers::{Subscribers, URIS_MAX},
    tools::{Failure, Selection, files::Folders},
};
use builtin::Builtin;
use offers::{Offers, unknown_resource};
use roots::Roots;
use tasks::Tasks;

/// How long a client may keep the list of tools and what the server says of itself: they only
/// change with the program.
const CACHE_MS: u64 = 3_600_000;

/// The server of one client.
#[derive(Clone)]
pub struct Server {
    daemon: Arc<dyn Daemon>,
    offers: Offers,
    subscribers: Arc<Subscribers>,
    guests: Arc<Guests>,
    roots: Arc<Roots>,
    selection: Selection,
}

impl Server {
    /// A server in front of a daemon. `gone` fires when the client is gone; `folders` are where files
    /// are read and written.
    pub fn new(daemon: Arc<dyn Daemon>, folders: Folders, gone: CancellationToken) -> Self {
        Self::with_selection(daemon, folders, gone, Selection::default())
    }

    /// The same with these tools alone.
    pub fn with_selection(
        daemon: Arc<dyn Daemon>,
        folders: Folders,
        gone: CancellationToken,
        selection: Selection,
    ) -> Self {
        let resources = Resources {
            daemon: Arc::clone(&daemon),
            renders: Arc::default(),
            recent: Arc::default(),
        };
        let recent = Arc::clone(&resources.recent);
        let subscribers = Subscribers::new(Arc::clone(&daemon), recent, gone.clone());
        let roots = Arc::<Roots>::default();
        let builtin: Arc<dyn Source> = Arc::new(Builtin {
            daemon: Arc::clone(&daemon),
            resources,
            folders,
            roots: Arc::clone(&roots),
            tasks: Tasks::default(),
            gone: gone.clone(),
            selection,
        });
        let guests = Arc::new(Guests::new(
            Arc::clone(&daemon),
            Arc::clone(&builtin),
            Arc::clone(&subscribers),
            gone,
        ));
        let offers = match selection.has_guests() {
            true => Offers::new([builtin, Arc::<Guests>::clone(&guests) as Arc<dyn Source>]),
            false => Offers::new([builtin]),
        };
        Server { daemon, offers, subscribers, guests, roots, selection }
    }

    /// Who is told when something changes.
    pub fn subscribers(&self) -> &Arc<Subscribers> {
        &self.subscribers
    }
}

/// The cursor that a request for a list carries.
fn cursor(params: Option<&PaginatedRequestParams>) -> Option<&str> {
    params?.cursor.as_deref()
}

/// A page as the result of its kind. The older era knows no cache fields.
macro_rules! listed {
    ($result:ident, $paged:expr, $cx:expr, $keep_ms:expr, $scope:expr) => {{
        let (items, next_cursor) = $paged;
        let mut list = $result::with_all_items(items);
        list.next_cursor = next_cursor;
        match is_modern($cx) {
            true => list.with_ttl_ms($keep_ms).with_cache_scope($scope),
            false => list,
        }
    }};
}

impl ServerHandler for Server {
    #[expect(deprecated, reason = "it is how the older era is told that calls have logs")]
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_tasks()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("goxe", env!("CARGO_PKG_VERSION"))
                    .with_title("goxe voxel engine"),
            )
            .with_instructions(self.selection.instructions())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(ProtocolVersion::known_up_to(&ProtocolVersion::V_2026_07_28))
    }

    async fn discover(&self, cx: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        if let Some(client) = cx.client_info() {
            self.daemon.introduce(&client.name);
        }
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(CACHE_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        cx.peer.set_peer_info(request.clone());
        let mut begun = self.negotiate_initialize(&request)?;
        // Clients of the older era that know tasks by this name show an empty result instead of one.
        begun.capabilities.extensions = None;
        Ok(begun)
    }

    async fn list_tools(
        &self,
        params: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let page = self.offers.tools(cursor(params.as_ref())).await?;
        Ok(listed!(ListToolsResult, page, &cx, self.offers.keep_ms(), CacheScope::Public))
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        self.selection.named(name).map(|tool| self.selection.entry(tool))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.clone();
        match guard::guarded(self.offers.call_tool(request, cx)).await {
            Ok(result) => result,
            Err(text) => Ok(Failure::of_bridge(&name, &text).into_result().into()),
        }
    }

    async fn list_resources(
        &self,
        params: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.subscribers.resources_were_read();
        let page = self.offers.resources(cursor(params.as_ref())).await?;
        // Projects come and go at any moment.
        Ok(listed!(ListResourcesResult, page, &cx, 0, CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        params: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let page = self.offers.templates(cursor(params.as_ref())).await?;
        let keep_ms = self.offers.keep_ms();
        Ok(listed!(ListResourceTemplatesResult, page, &cx, keep_ms, CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.subscribers.resources_were_read();
        let response = self.offers.read_resource(&request, &cx).await?;
        Ok(match response {
            // The older era knows no cache fields.
            ReadResourceResponse::Complete(mut result) if !is_modern(&cx) => {
                result.ttl_ms = None;
                result.cache_scope = None;
                result.into()
            }
            response => response,
        })
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.offers.attend().await;
        match self.offers.watches(&request.uri) {
            true => self.subscribers.watch(&request.uri),
            false => Err(unknown_resource(&request.uri)),
        }
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscribers.unwatch(&request.uri);
        Ok(())
    }

    #[expect(deprecated, reason = "it is how the older era asks for the logs of calls")]
    async fn set_level(
        &self,
        request: rmcp::model::SetLevelRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if is_modern(&cx) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        self.guests.set_level(&request.level);
        Ok(())
    }

    async fn list_prompts(
        &self,
        params: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let page = self.offers.prompts(cursor(params.as_ref())).await?;
        Ok(listed!(ListPromptsResult, page, &cx, self.offers.keep_ms(), CacheScope::Public))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.offers.prompt(&request, &cx).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Ok(CompleteResult::new(self.offers.complete(&request, &cx).await?))
    }

    async fn on_initialized(&self, cx: NotificationContext<RoleServer>) {
        if let Some(client) = cx.peer.peer_info() {
            self.daemon.introduce(&client.client_info.name);
        }
        self.subscribers.add_legacy(cx.peer);
    }

    async fn on_roots_list_changed(&self, _: NotificationContext<RoleServer>) {
        self.roots.changed();
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // rmcp leaves of it what the capabilities announce.
        let mut filter = requested.clone();
        if let Some(uris) = &mut filter.resource_subscriptions {
            uris.retain(|uri| self.offers.watches(uri));
            uris.truncate(URIS_MAX);
        }
        Some(filter)
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let (kept, ()) = tokio::join!(self.subscribers.keep(subscription), self.offers.attend());
        kept
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        tasks::check_era::<GetTaskMethod>(&cx)?;
        Ok(GetTaskResult::new(self.offers.get_task(&request.task_id, &cx).await?))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::check_era::<UpdateTaskMethod>(&cx)?;
        self.offers.update_task(&request.task_id, &request.input_responses, &cx).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::check_era::<CancelTaskMethod>(&cx)?;
        self.offers.cancel_task(&request.task_id, &cx).await
    }
}
