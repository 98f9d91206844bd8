import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  ATTEMPT_OUTCOMES,
  METRIC_NAMES,
  METRICS,
  REJECT_LABELS,
  metricOf,
} from '../../src/metrics/metrics.ts'
import type { AttemptOutcome } from '../../src/eyeballs/race/summary.ts'
import type { RejectReason } from '../../src/listener/events.ts'

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

/** The cells of the rows of a table of the page whose first cell is a name in code font. */
const rows = page
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line =>
    line
      .slice(2, -2)
      .split('|')
      .map(cell => cell.trim()),
  )

t.test('docs/metrics.md lists every metric, as it is', async t => {
  const listed = new Map(
    rows
      .filter(([name]) => /^`(?:eyeballd|process|nodejs)_/.test(name ?? ''))
      .map(([name, ...cells]) => [name, cells]),
  )
  for (const name of METRIC_NAMES) {
    const { type, labels, help } = metricOf(name)
    const shown = Object.keys(labels)
      .map(label => `\`${label}\``)
      .join(', ')
    t.same(
      listed.get(`\`${name}\``),
      [type, shown, help],
      `| \`${name}\` | ${type} | ${shown} | ${help} |`,
    )
  }
  t.equal(listed.size, METRIC_NAMES.length, 'and no other')
})

t.test('docs/metrics.md lists the values of every label', async t => {
  const listed = rows.filter(([name]) => METRIC_NAMES.every(each => `\`${each}\`` !== name))
  for (const [label, metrics] of labelsOfAll()) {
    for (const [values, names] of metrics) {
      const row = listed.find(
        ([first, second]) => first === `\`${label}\`` && second === names.join(', '),
      )
      t.equal(
        row?.[2]?.replaceAll(/ \([^)]*\)/g, ''),
        values,
        `${label} of ${names.join(', ')}: ${values}`,
      )
    }
  }
})

/** Labels with fixed values: by label and values, the metrics that have them. */
const labelsOfAll = (): Map<string, Map<string, string[]>> => {
  const all = new Map<string, Map<string, string[]>>()
  for (const name of METRIC_NAMES) {
    for (const [label, values] of Object.entries(metricOf(name).labels)) {
      if (!values) continue
      const own = all.get(label) ?? new Map<string, string[]>()
      const text = values.map(value => `\`${value}\``).join(', ')
      own.set(text, [...(own.get(text) ?? []), `\`${name.replace(/^eyeballd_/, '')}\``])
      all.set(label, own)
    }
  }
  return all
}

t.test('names follow the conventions of Prometheus', async t => {
  for (const name of METRIC_NAMES) {
    const { type, help } = metricOf(name)
    t.equal(name.endsWith('_total'), type === 'counter', name)
    t.match(help, /^[A-Z][^\n|]*\.$/, `${name}: one sentence or more`)
    if (type === 'histogram') t.ok(name.endsWith('_seconds'), `${name} has its unit`)
  }
})

t.test('every reason and outcome of an event has its label', async t => {
  // They do not compile if an event has another one.
  const reasons: readonly (RejectReason | 'probe')[] = REJECT_LABELS
  const counted: Record<RejectReason, true> = {
    protocol: true,
    version: true,
    auth: true,
    banned: true,
    command: true,
    address: true,
    access: true,
    limit: true,
    timeout: true,
    loop: true,
  }
  t.same([...reasons].toSorted(), [...Object.keys(counted), 'probe'].toSorted())
  const outcomes: Record<AttemptOutcome, true> = {
    connected: true,
    failed: true,
    cancelled: true,
    denied: true,
    lost: true,
  }
  t.same([...ATTEMPT_OUTCOMES].toSorted(), Object.keys(outcomes).toSorted())
})

t.test('no label can hold a name or an address of a client or target', async t => {
  for (const [name, { labels }] of Object.entries(METRICS)) {
    const open = Object.entries(labels).filter(([, values]) => values === null)
    t.ok(
      open.every(([label]) => label === 'listener' || label === 'version'),
      name,
    )
  }
})
