import type { MetricName } from './metrics.ts'
import { METRIC_NAMES, metricOf } from './metrics.ts'
import type { Snapshot, Values } from './snapshot.ts'
import { REMOVED, labelsOf } from './snapshot.ts'

/** The Content-Type of the text format of Prometheus. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** One line, in the form that prom-client reads and writes. */
type Sample = {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
  readonly metricName?: string
}

const namedLabels = (names: readonly string[], values: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']))

const samplesOf = (name: MetricName, values: Values): Sample[] => {
  const { type, labels } = metricOf(name)
  const names = Object.keys(labels)
  const samples: Sample[] = []
  for (const [key, value] of values) {
    const own = labelsOf(key)
    const named = namedLabels(names, own)
    if (named['listener'] === REMOVED) continue
    const bound = own[names.length]
    if (type !== 'histogram') samples.push({ value, labels: named })
    else if (bound === 'sum') samples.push({ value, labels: named, metricName: `${name}_sum` })
    else {
      const le = { ...named, le: bound ?? '' }
      samples.push({ value, labels: le, metricName: `${name}_bucket` })
      if (bound === '+Inf') samples.push({ value, labels: named, metricName: `${name}_count` })
    }
  }
  return samples
}

/**
 * Writes metrics in the text format of Prometheus, without the final line break. prom-client is loaded at the
 * first call, because it takes 20 ms and 7 MB. Its registry gets the values of the moment; the counters are
 * this program's own, because those of prom-client hash their labels at each count.
 */
export const writeExposition = async (snapshot: Snapshot): Promise<string> => {
  const { AggregatorRegistry } = (await import('prom-client')).default
  const metrics = METRIC_NAMES.flatMap(name => {
    const values = snapshot[name]
    if (!values) return []
    const { type, help } = metricOf(name)
    return { name, type, help, values: samplesOf(name, values), aggregator: 'first' }
  })
  return (await AggregatorRegistry.aggregate([metrics]).metrics()).trimEnd()
}
