/**
 * Hosts and plugins: the swapper, what plugins are written with, the vault, and live servers.
 *
 * @module hotswap
 */
export type { TrustedKey } from "./artifact/signature.ts";
export { type ErrorCode, errorCodes, HotswapError, type Phase } from "./errors.ts";
export type { Logger } from "./logger.ts";
export type { Place } from "./place.ts";
export { type Asset, asset } from "./load/asset.ts";
export {
  definePlugin,
  type ExportOf,
  type FunctionsOf,
  type PluginDefinition,
  type PluginFunctions,
  type PluginHooks,
  type PluginRegistry,
} from "./plugin/define.ts";
export { dependency } from "./plugin/dependency.ts";
export { type Registry, registry } from "./plugin/registry.ts";
export type { Scope, Undo } from "./plugin/scope.ts";
export type { EventSource } from "./plugin/switched.ts";
export type { Explanation, GenerationName } from "./generation/explanation.ts";
export type { ErrorSource } from "./generation/call-stats.ts";
export type { ErrorGroup } from "./generation/error-log.ts";
export type { GenerationInfo, GenerationState } from "./generation/generation-record.ts";
export type { PluginModule, StaticPlugin } from "./load/static.ts";
export type { OnPluginError, PluginErrorContext } from "./load/uncaught.ts";
export type { Lease } from "./link/lease.ts";
export type { PluginManager } from "./link/manager.ts";
export type { ReloadNote } from "./link/note.ts";
export type { Plugin } from "./link/plugin.ts";
export type { ReloadDetails, ReloadPlan } from "./plan/details.ts";
export type { ReloadKind, ReloadListener, ReloadNews, ReloadPhase, ReloadRecord } from "./reload/reload-log.ts";
export type { FunctionMetrics, GenerationMetrics, PluginMetrics, SwapperMetrics } from "./reload/metrics.ts";
export type { ProbationOutcome, ProbationState } from "./plan/probation-state.ts";
export type { ProbationOptions } from "./reload/probation.ts";
export type { ReloadCallback, ReloadOptions, SwapperOptions } from "./reload/options.ts";
export type { PreparedReload } from "./reload/prepared-reload.ts";
export { PluginManagerSwapper } from "./reload/swapper.ts";
export type { FunctionReference } from "./serve/function-reference.ts";
export type { LiveServer, ServeOptions, ServeRoute, ServeSockets } from "./serve/options.ts";
export { serve } from "./serve/serve.ts";
export type { ServerHandle } from "./serve/place.ts";
export type { DataBag, DataBagEntries, KeyDeclaration } from "./vault/bag/data-bag.ts";
export type { MigrationOutcome } from "./vault/bag/transaction.ts";
export { guard } from "./vault/data/guard.ts";
export { LiveData, type LiveTypeSource, wrap } from "./vault/data/live-data.ts";
// For one version more: jobs have an entrance of their own, "hotswap/jobs".
export {
  type AddOptions,
  type DeadJob,
  type JobInfo,
  JobQueue,
  type JobQueueOptions,
  type JobSource,
  type TickResult,
} from "./jobs/index.ts";
export type { LiveFuncRegistry, LiveFuncs, LiveTypeRegistry, LiveTypes } from "./vault/live-registry.ts";
export type { LiveFunc, LiveType, Migration, Migrations } from "./vault/live-type.ts";
export { type DataStore, RecordRefused, type StoreBatch, type StoreRecord } from "./vault/store/data-store.ts";
export { type SqliteStore, sqliteStore, type StoreSize } from "./vault/store/sqlite-store.ts";
export type { Vault } from "./vault/vault.ts";
