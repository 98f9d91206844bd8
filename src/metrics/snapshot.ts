import type { MetricName } from './metrics.ts'
import { METRIC_NAMES, metricOf } from './metrics.ts'

/** The values of one metric, by the values of its labels (`keyOf`). */
export type Values = ReadonlyMap<string, number>

/**
 * The metrics of one process at one moment, as plain data that processes send each other. A histogram has a
 * value for each `le` behind its other labels, counted up as Prometheus does, and one for `sum`.
 */
export type Snapshot = { readonly [Name in MetricName]?: Values }

/** No label value contains it, not even the name of a socket file. */
const SEPARATOR = '\0'

/** @param labels in the order of `METRICS`, behind them the bound of a histogram */
export const keyOf = (...labels: readonly string[]): string => labels.join(SEPARATOR)

export const labelsOf = (key: string): readonly string[] => (key === '' ? [] : key.split(SEPARATOR))

/** The listener of counts of listeners that were removed. No listener has this name, and no scrape shows it. */
export const REMOVED = ''

const JOINS = {
  sum: (a: number, b: number) => a + b,
  max: Math.max,
  min: Math.min,
}

/** Joins the metrics of several processes, mostly as sums. */
export const joinSnapshots = (all: readonly Snapshot[]): Snapshot => {
  const joined: { [Name in MetricName]?: Map<string, number> } = {}
  for (const snapshot of all) {
    for (const name of METRIC_NAMES) {
      const values = snapshot[name]
      if (!values) continue
      const join = JOINS[metricOf(name).joined ?? 'sum']
      const into = (joined[name] ??= new Map())
      for (const [key, value] of values) {
        const known = into.get(key)
        into.set(key, known === undefined ? value : join(known, value))
      }
    }
  }
  return joined
}

/**
 * What is kept of a process that has ended, so that no sum falls: all but the gauges. Counts of listeners that
 * are not in force are joined, so that a series of reloads takes no memory.
 */
export const pastOf = (snapshot: Snapshot, listeners: ReadonlySet<string>): Snapshot => {
  const past: { [Name in MetricName]?: Map<string, number> } = {}
  for (const name of METRIC_NAMES) {
    const { type, labels } = metricOf(name)
    const values = snapshot[name]
    if (type === 'gauge' || !values) continue
    const kept = new Map<string, number>()
    const isByListener = Object.keys(labels)[0] === 'listener'
    for (const [key, value] of values) {
      const [listener = '', ...rest] = isByListener ? key.split(SEPARATOR) : []
      const isGone = isByListener && !listeners.has(listener)
      const into = isGone ? keyOf(REMOVED, ...rest) : key
      kept.set(into, (kept.get(into) ?? 0) + value)
    }
    past[name] = kept
  }
  return past
}

/** One value; 0 if the snapshot does not have it. */
export const valueOf = (
  snapshot: Snapshot,
  name: MetricName,
  ...labels: readonly string[]
): number => snapshot[name]?.get(keyOf(...labels)) ?? 0

/**
 * The sum of a metric over all values of its labels; not for histograms.
 *
 * @param counts which of them count; all by default
 */
export const totalOf = (
  snapshot: Snapshot,
  name: MetricName,
  counts: (labels: readonly string[]) => boolean = () => true,
): number => {
  let total = 0
  for (const [key, value] of snapshot[name] ?? []) if (counts(labelsOf(key))) total += value
  return total
}
