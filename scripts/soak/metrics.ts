import type { Totals } from './accounts.ts'

/** The value of each line of a Prometheus exposition, by the line's name and labels as they are written. */
export type Samples = ReadonlyMap<string, number>

export const parseExposition = (text: string): Samples =>
  new Map(
    text
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => {
        const blank = line.lastIndexOf(' ')
        return [line.slice(0, blank), Number(line.slice(blank + 1))] as const
      }),
  )

/** The sum over all lines of a metric whose labels have all of these. */
export const sumOf = (
  samples: Samples,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number => {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  let sum = 0
  for (const [key, value] of samples) {
    const isOfName = key === name || key.startsWith(`${name}{`)
    if (isOfName && parts.every(part => key.includes(part))) sum += value
  }
  return sum
}

const sum = (map: ReadonlyMap<string, number>, fits: (key: string) => boolean): number =>
  [...map].reduce((total, [key, value]) => (fits(key) ? total + value : total), 0)

/** Each number that the metrics and the log both have, as `[what, metrics, log]`. */
export const pairsOf = (
  samples: Samples,
  totals: Totals,
  without: string,
): readonly (readonly [string, number, number])[] => {
  const listeners = [...totals.accepted.keys()].filter(listener => listener !== without)
  const rejected = [...totals.rejected.keys()].filter(key => !key.startsWith(`${without} `))
  const races = ['won 4', 'won 6', 'failed', 'aborted'].map(key => {
    const [outcome = '', family = 'none'] = key.split(' ')
    const found = sumOf(samples, 'eyeballd_races_total', { outcome, family })
    return [`races ${key}`, found, totals.races.get(key) ?? 0] as const
  })
  return [
    ...listeners.map(
      listener =>
        [
          `connections of ${listener}`,
          sumOf(samples, 'eyeballd_connections_total', { listener }),
          totals.accepted.get(listener) ?? 0,
        ] as const,
    ),
    ...rejected.map(key => {
      const [listener = '', reason = ''] = key.split(' ')
      const found = sumOf(samples, 'eyeballd_rejected_total', { listener, reason })
      return [`rejected ${key}`, found, totals.rejected.get(key) ?? 0] as const
    }),
    [
      'all rejected',
      sumOf(samples, 'eyeballd_rejected_total') -
        sumOf(samples, 'eyeballd_rejected_total', { listener: without }),
      sum(totals.rejected, key => !key.startsWith(`${without} `)),
    ],
    ...races,
    ['hidden failures', sumOf(samples, 'eyeballd_hidden_failures_total'), totals.hidden],
    ['bytes up', sumOf(samples, 'eyeballd_bytes_total', { direction: 'up' }), totals.bytes.up],
    [
      'bytes down',
      sumOf(samples, 'eyeballd_bytes_total', { direction: 'down' }),
      totals.bytes.down,
    ],
    [
      'good reloads',
      sumOf(samples, 'eyeballd_config_reloads_total', { outcome: 'success' }),
      totals.reloads.good,
    ],
    [
      'bad reloads',
      sumOf(samples, 'eyeballd_config_reloads_total', { outcome: 'failure' }),
      totals.reloads.bad,
    ],
    ['dropped lines', sumOf(samples, 'eyeballd_log_dropped_total'), totals.dropped],
    ['active connections', sumOf(samples, 'eyeballd_connections_active'), 0],
    ['active relays', sumOf(samples, 'eyeballd_pipes_active'), 0],
  ]
}

/**
 * What metrics and log do not agree on, at a moment without a client.
 *
 * @param without the listener that comes and goes: its series end some time after it
 * @param slack how far they may be apart, as a part: a process that was killed had counted what it never reported
 */
export const compareWithLog = (
  samples: Samples,
  totals: Totals,
  without: string,
  slack: number,
): string[] =>
  pairsOf(samples, totals, without)
    .filter(([, found, logged]) => Math.abs(found - logged) > Math.max(found, logged) * slack)
    .map(([what, found, logged]) => `${what}: ${found} in the metrics, ${logged} in the log`)
