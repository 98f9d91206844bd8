/** Label values from a fixed list; null: the names of the listeners, or the version. */
type Labels = Readonly<Record<string, readonly string[] | null>>

type Metric = {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: Labels
  /** How the values of several processes become one; the sum by default. */
  readonly joined?: 'max' | 'min'
}

export const FAMILIES = ['4', '6'] as const

export const REJECT_LABELS = [
  'protocol',
  'version',
  'auth',
  'banned',
  'command',
  'address',
  'access',
  'limit',
  'timeout',
  'loop',
  'probe',
] as const

export const RACE_OUTCOMES = ['won', 'failed', 'aborted'] as const

export const ATTEMPT_OUTCOMES = ['connected', 'failed', 'cancelled', 'denied', 'lost'] as const

/** Why a first choice did not win; any other code counts as `other`. */
export const HIDDEN_CODES = [
  'unanswered',
  'demoted',
  'slower',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'EMFILE',
  'other',
] as const

/** What became of a query; `cancelled`: nobody waited for it any more. */
export const QUERY_OUTCOMES = [
  'answered',
  'nodata',
  'nxdomain',
  'servfail',
  'refused',
  'timeout',
  'unreachable',
  'cancelled',
  'other',
] as const

export const RECORD_TYPES = ['A', 'AAAA'] as const

export const CACHE_RESULTS = ['hit', 'stale', 'miss'] as const

export const RELOAD_OUTCOMES = ['success', 'failure'] as const

/**
 * Upper bounds of the buckets, in seconds. The delays of a race have bounds of their own: 50 ms (RFC 8305
 * Resolution Delay), 250 ms (Connection Attempt Delay), and 30 s, after which a race fails.
 */
export const BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 2.5, 5, 10, 20, 30,
] as const

/** All metrics, in the order of the output. */
export const METRICS = {
  eyeballd_build_info: {
    type: 'gauge',
    help: 'Always 1; the label has the version of eyeballd.',
    labels: { version: null },
  },
  eyeballd_connections_total: {
    type: 'counter',
    help: 'Connections accepted, those that are refused included.',
    labels: { listener: null },
  },
  eyeballd_connections_active: {
    type: 'gauge',
    help: 'Open connections.',
    labels: { listener: null },
  },
  eyeballd_connections_limit: {
    type: 'gauge',
    help: 'Maximum number of open connections: limits.maxConnections, or what the limit on open files allows.',
    labels: {},
  },
  eyeballd_rejected_total: {
    type: 'counter',
    help: 'Connections and requests refused without a race. Reason probe: the client sent nothing, or is a health check.',
    labels: { listener: null, reason: REJECT_LABELS },
  },
  eyeballd_races_total: {
    type: 'counter',
    help: 'Races that have ended, by the family of the winner.',
    labels: { outcome: RACE_OUTCOMES, family: [...FAMILIES, 'none'] },
  },
  eyeballd_race_duration_seconds: {
    type: 'histogram',
    help: 'Time from the request to the winner, or to the failure. Aborted races are left out.',
    labels: {},
  },
  eyeballd_attempts_total: {
    type: 'counter',
    help: 'Connection attempts in races that have ended.',
    labels: { family: FAMILIES, outcome: ATTEMPT_OUTCOMES },
  },
  eyeballd_hidden_failures_total: {
    type: 'counter',
    help: 'Races that were not won by the first choice of RFC 6724, by the family of that address and by what happened to it.',
    labels: { family: FAMILIES, code: HIDDEN_CODES },
  },
  eyeballd_dns_queries_total: {
    type: 'counter',
    help: 'Queries sent to DNS servers, or to the C library (resolver.mode: system).',
    labels: { type: RECORD_TYPES, outcome: QUERY_OUTCOMES },
  },
  eyeballd_dns_duration_seconds: {
    type: 'histogram',
    help: 'Duration of these queries, without cancelled ones.',
    labels: { type: RECORD_TYPES },
  },
  eyeballd_dns_cache_total: {
    type: 'counter',
    help: 'Questions to the DNS cache, for each name and type.',
    labels: { result: CACHE_RESULTS },
  },
  eyeballd_dns_waiting: {
    type: 'gauge',
    help: 'Queries that wait because too many are in flight.',
    labels: {},
  },
  eyeballd_bytes_total: {
    type: 'counter',
    help: 'Bytes relayed, those of open connections included. Direction up: from clients to targets.',
    labels: { direction: ['up', 'down'] },
  },
  eyeballd_pipes_active: {
    type: 'gauge',
    help: 'Open relays, by the engine that moves their bytes.',
    labels: { engine: ['splice', 'stream'] },
  },
  eyeballd_log_dropped_total: {
    type: 'counter',
    help: 'Log lines that were dropped, because their reader was too slow or gone.',
    labels: {},
  },
  eyeballd_config_reloads_total: {
    type: 'counter',
    help: 'Reloads of the configuration.',
    labels: { outcome: RELOAD_OUTCOMES },
  },
  eyeballd_config_last_reload_successful: {
    type: 'gauge',
    help: 'Whether the last reload succeeded: 1, also before the first one; 0 if it failed.',
    labels: {},
    joined: 'min',
  },
  eyeballd_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the configuration in force was loaded, in seconds since 1970.',
    labels: {},
    joined: 'max',
  },
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of all processes and threads, in user and kernel mode.',
    labels: {},
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process started, in seconds since 1970.',
    labels: {},
    joined: 'min',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Resident memory, summed over all processes.',
    labels: {},
  },
  process_open_fds: {
    type: 'gauge',
    help: 'Open file descriptors, summed over all processes.',
    labels: {},
  },
  process_max_fds: {
    type: 'gauge',
    help: 'Limit on open file descriptors, summed over all processes.',
    labels: {},
  },
  nodejs_heap_size_used_bytes: {
    type: 'gauge',
    help: 'Memory used in the heaps of the main threads.',
    labels: {},
  },
  nodejs_eventloop_lag_seconds: {
    type: 'gauge',
    help: 'Time that one turn of the event loop took at this scrape, in the slowest process.',
    labels: {},
    joined: 'max',
  },
} as const satisfies Readonly<Record<string, Metric>>

export type MetricName = keyof typeof METRICS

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[]

/** The metric of a name. */
export const metricOf = (name: MetricName): Metric => METRICS[name]
