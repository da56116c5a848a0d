// Types of goxe-manager.mjs.

import { EventEmitter } from "node:events";

export interface GoxeManagerOptions {
  /** Start the daemon at once (true). */
  autoStart?: boolean;
  /** Start it again when it falls or hangs (true). */
  restartOnFailure?: boolean;
  /** How long a health check may take (GOXE_HEALTH_TIMEOUT, else 2000). */
  healthCheckTimeoutMs?: number;
  /** How often health is asked for (10000). */
  healthCheckIntervalMs?: number;
  /** How long a start may take without progress (GOXE_STARTUP_TIMEOUT, else 30000). */
  startupTimeoutMs?: number;
  /** Where the daemon listens (GOXE_SOCKET, else the platform's place). */
  socketPath?: string;
  /** Its data folder, which is the daemon (GOXE_DATA, else the user's own). */
  dataPath?: string;
  /** The goxe program (GOXE_BIN, else `goxe` in the PATH). */
  program?: string;
}

export interface Running {
  /** Whether this start started it. */
  started: boolean;
  pid: number;
  socket: string;
  server: string;
  epoch: string;
  store: string;
}

export type Condition = "up" | "recovering" | "draining" | "hung" | "refused" | "down" | "failed";

export interface Status {
  condition: Condition;
  reason?: string;
  pid?: number;
  epoch?: string;
  probe_ms?: number;
  starts_failed: number;
  starts_failed_max: number;
  next_start_ms?: number;
  data?: string;
  socket?: string;
  status?: Record<string, unknown>;
}

export interface HealthCheck {
  healthy: boolean;
  pid: number | null;
  latencyMs: number | null;
  condition?: Condition;
  degraded?: string[];
}

export interface Stopped {
  stopped: boolean;
  killed: boolean;
  pid: number | null;
  ms: number;
}

export interface GoxeManagerEvents {
  started: [daemon: { pid: number; epoch: string; started: boolean }];
  stopped: [daemon: { pid: number; epoch: string; reason: string }];
  health_check: [check: HealthCheck];
  progress: [line: Record<string, unknown> & { event: string }];
  failed: [error: Error];
}

export class GoxeError extends Error {
  readonly kind: string;
  readonly code: number | null;
  readonly hint: string;
}

export class GoxeManager extends EventEmitter<GoxeManagerEvents> {
  constructor(options?: GoxeManagerOptions);
  start(): Promise<Running>;
  getStatus(): Promise<Status>;
  performHealthCheck(): Promise<HealthCheck>;
  restart(): Promise<Running>;
  stop(): Promise<Stopped>;
  close(): void;
}
