//! How each MCP client is told about the server: the text of its entry, and where it goes.
