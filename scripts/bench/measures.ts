/** One row of the table: a value that steps find, and how it is shown. */
export type Measure = {
  /** The name of the value in a sample. */
  readonly name: string
  readonly label: string
  /** For the plot, where the label needs the row above it. */
  readonly title?: string
  readonly unit: string
  /** Which values are good; without it there is nothing to compare. */
  readonly better?: 'more' | 'less'
  readonly digits: number
  /** The measure of `direct` that it is held against, where it is not the same one. */
  readonly directName?: string
}

/** The rows of the table, in their order. */
export const MEASURES: readonly Measure[] = [
  { name: 'down1', label: 'download, 1 connection', unit: 'Gbit/s', better: 'more', digits: 1 },
  { name: 'down8', label: 'download, 8 connections', unit: 'Gbit/s', better: 'more', digits: 1 },
  { name: 'up1', label: 'upload, 1 connection', unit: 'Gbit/s', better: 'more', digits: 1 },
  { name: 'up8', label: 'upload, 8 connections', unit: 'Gbit/s', better: 'more', digits: 1 },
  { name: 'cpu', label: 'CPU time of bulk', unit: 's/GiB', better: 'less', digits: 2 },
  { name: 'ping', label: 'round trips, 20 connections', unit: '1/s', better: 'more', digits: 0 },
  { name: 'ping50', label: 'a round trip, median', unit: 'µs', better: 'less', digits: 0 },
  { name: 'ping99', label: 'a round trip, p99', unit: 'µs', better: 'less', digits: 0 },
  {
    name: 'socks',
    label: 'connections by SOCKS, 50 at a time',
    unit: '1/s',
    better: 'more',
    digits: 0,
    directName: 'forward',
  },
  {
    name: 'socks50',
    label: 'connect by SOCKS, median',
    unit: 'ms',
    better: 'less',
    digits: 1,
    directName: 'forward50',
  },
  {
    name: 'socks99',
    label: 'connect by SOCKS, p99',
    unit: 'ms',
    better: 'less',
    digits: 1,
    directName: 'forward99',
  },
  {
    name: 'socksCpu',
    label: 'CPU time of a connection by SOCKS',
    unit: 'µs',
    better: 'less',
    digits: 0,
  },
  {
    name: 'socksAlone',
    label: 'the same on a port for SOCKS alone',
    title: 'connections by SOCKS on a port for it alone',
    unit: '1/s',
    better: 'more',
    digits: 0,
    directName: 'forward',
  },
  {
    name: 'socksAloneCpu',
    label: 'CPU time of such a connection',
    unit: 'µs',
    better: 'less',
    digits: 0,
  },
  {
    name: 'http',
    label: 'connections by HTTP CONNECT, 50 at a time',
    unit: '1/s',
    better: 'more',
    digits: 0,
    directName: 'forward',
  },
  {
    name: 'http50',
    label: 'connect by HTTP, median',
    unit: 'ms',
    better: 'less',
    digits: 1,
    directName: 'forward50',
  },
  {
    name: 'http99',
    label: 'connect by HTTP, p99',
    unit: 'ms',
    better: 'less',
    digits: 1,
    directName: 'forward99',
  },
  {
    name: 'httpCpu',
    label: 'CPU time of a connection by HTTP',
    unit: 'µs',
    better: 'less',
    digits: 0,
  },
  {
    name: 'forward',
    label: 'connections by forward, 50 at a time',
    unit: '1/s',
    better: 'more',
    digits: 0,
  },
  { name: 'forward50', label: 'connect by forward, median', unit: 'ms', better: 'less', digits: 1 },
  { name: 'forward99', label: 'connect by forward, p99', unit: 'ms', better: 'less', digits: 1 },
  {
    name: 'forwardCpu',
    label: 'CPU time of a connection by forward',
    unit: 'µs',
    better: 'less',
    digits: 0,
  },
  {
    name: 'quiet99',
    label: '100 interactive connections, p99',
    unit: 'ms',
    better: 'less',
    digits: 2,
  },
  {
    name: 'busy99',
    label: 'these beside one download, p99',
    title: '100 interactive beside a download, p99',
    unit: 'ms',
    better: 'less',
    digits: 2,
  },
  { name: 'busyTimes', label: 'times that without it', unit: '', digits: 1 },
  { name: 'base', label: 'memory without connections', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'idle', label: 'memory of an idle connection', unit: 'kB', better: 'less', digits: 1 },
  { name: 'startMs', label: 'start, from exec to serving', unit: 'ms', better: 'less', digits: 0 },
  { name: 'startCpu', label: 'CPU time of a start', unit: 'ms', better: 'less', digits: 0 },
  { name: 'check', label: 'CPU time of a health check', unit: 'ms', better: 'less', digits: 0 },
  { name: 'held', label: 'idle connections held', unit: '', digits: 0 },
  { name: 'besideIdle', label: 'download beside these', unit: 'Gbit/s', better: 'more', digits: 1 },
  { name: 'besideShare', label: 'of that without them', unit: '%', digits: 0 },
]
