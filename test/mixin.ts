/** The rules and the dashboard of config/mixin/ speak of metrics that there are. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import type { MetricName } from '../src/metrics/metrics.ts'
import { METRICS, METRIC_NAMES, metricOf } from '../src/metrics/metrics.ts'
import { createHistogram } from '../src/metrics/histogram.ts'
import { writeExposition } from '../src/metrics/exposition.ts'
import { keyOf } from '../src/metrics/snapshot.ts'
import { runProgram, unlessMissing } from './fixtures/programs.ts'

const folder = fileURLToPath(new URL('../config/mixin/', import.meta.url))
const read = (name: string): string => readFileSync(`${folder}${name}`, 'utf8')

type Rules = {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string
      readonly record?: string
      readonly expr: string
    }[]
  }[]
}

type Dashboard = {
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly gridPos: { readonly x: number; readonly w: number }
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
  }[]
  readonly templating: { readonly list: readonly { readonly query: string }[] }
}

const rulesOf = (name: string) =>
  (parseYaml(read(name)) as Rules).groups.flatMap(({ rules }) => rules)
const alerts = rulesOf('prometheus_alerts.yaml')
const records = rulesOf('prometheus_rules.yaml')
const dashboard = JSON.parse(read('dashboards_out/eyeballd.json')) as Dashboard
const targets = dashboard.panels.flatMap(panel => panel.targets)

const EXPRESSIONS = [
  ...[...alerts, ...records].map(({ expr }) => expr),
  ...targets.map(({ expr }) => expr),
  ...dashboard.templating.list
    .map(({ query }) => query)
    .filter(query => query.startsWith('label_values')),
]

/** Labels that Prometheus adds. */
const ADDED = ['job', 'instance']

/** The metric that a series belongs to, and its labels. */
const seriesOf = (
  series: string,
): { readonly name: MetricName; readonly labels: readonly string[] } | undefined => {
  const found = METRIC_NAMES.find(
    name =>
      series === name ||
      (metricOf(name).type === 'histogram' &&
        ['_bucket', '_sum', '_count'].some(end => series === name + end)),
  )
  if (!found) return undefined
  const le = series.endsWith('_bucket') ? ['le'] : []
  return { name: found, labels: [...Object.keys(metricOf(found).labels), ...le, ...ADDED] }
}

/** What is wrong with the names in a PromQL expression. */
const faultsOf = (expr: string): string[] => {
  const faults: string[] = []
  const known = new Set(ADDED)
  for (const [, series = '', matchers = ''] of expr.matchAll(
    /(?<![a-z_:])((?:eyeballd|process|nodejs)_[a-z_]+|up)\b(?:\{([^}]*)\})?/g,
  )) {
    const metric = seriesOf(series)
    if (!metric && series !== 'up') faults.push(`no metric ${series}`)
    for (const label of metric?.labels ?? ADDED) known.add(label)
    for (const [, label = '', operator = '', value = ''] of matchers.matchAll(
      /([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g,
    )) {
      if (!(metric?.labels ?? ADDED).includes(label)) faults.push(`${series} has no label ${label}`)
      const values = metric && metricOf(metric.name).labels[label]
      for (const each of operator.endsWith('~') ? value.split('|') : [value])
        if (values && !values.includes(each)) faults.push(`${series}: ${label} is never ${each}`)
    }
  }
  for (const [, list = ''] of expr.matchAll(/\b(?:by|on|group_left)\s*\(([^)]*)\)/g))
    for (const label of list.split(',').map(each => each.trim()))
      if (label !== '' && !known.has(label)) faults.push(`no label ${label} in ${expr}`)
  return faults
}

t.test('every metric, label and value that rules and dashboard name is there', async t => {
  t.ok(EXPRESSIONS.length > 40, 'there are expressions')
  for (const expr of EXPRESSIONS) t.same(faultsOf(expr), [], expr)
  t.equal(faultsOf('rate(eyeballd_race_total{kind="a"}[5m])').length > 0, true, 'faults are found')
  t.same(faultsOf('sum by (code) (eyeballd_races_total{outcome="lost"})').length, 2)
})

t.test('every metric is in the dashboard', async t => {
  const shown = targets.map(({ expr }) => expr).join('\n')
  for (const name of Object.keys(METRICS)) t.ok(shown.includes(name), name)
  for (const { expr, legendFormat } of targets)
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      t.ok(new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr), `${legendFormat} of ${expr}`)
})

t.test('panels have an id of their own and a place in the grid', async t => {
  const ids = dashboard.panels.map(({ id }) => id)
  t.equal(new Set(ids).size, ids.length)
  t.ok(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24))
})

t.test(
  'promtool accepts the rules, and what they do',
  { skip: unlessMissing('promtool') },
  async t => {
    const promtool = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await runProgram(t, 'promtool', args, { cwd: folder })
      t.equal(code, 0, stdout + stderr)
    }
    await promtool('check', 'rules', 'prometheus_alerts.yaml', 'prometheus_rules.yaml')
    await promtool('test', 'rules', 'tests/alerts_test.yaml')
  },
)

/** What a mixin has, as JSON. @param mixin an expression of jsonnet */
const buildMixin = async (t: Test, mixin: string): Promise<unknown> => {
  const all =
    '{ alerts: mixin.prometheusAlerts, rules: mixin.prometheusRules, dashboards: mixin.grafanaDashboards }'
  const words = ['-e', `local mixin = ${mixin}; ${all}`]
  const { code, stdout, stderr } = await runProgram(t, 'jsonnet', words, { cwd: folder })
  t.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

t.test(
  'jsonnet builds the mixin from the same files',
  { skip: unlessMissing('jsonnet') },
  async t => {
    const own = {
      alerts: parseYaml(read('prometheus_alerts.yaml')) as Rules,
      rules: parseYaml(read('prometheus_rules.yaml')) as Rules,
      dashboards: { 'eyeballd.json': dashboard },
    }
    t.same(await buildMixin(t, 'import "mixin.libsonnet"'), own)
    const other =
      '{ grafanaDashboards:: { "other.json": {} }, prometheusAlerts:: { groups: ["a"] }, prometheusRules:: { groups: ["r"] } }'
    t.same(
      await buildMixin(t, `${other} + import "mixin.libsonnet"`),
      {
        alerts: { groups: ['a', ...own.alerts.groups] },
        rules: { groups: ['r', ...own.rules.groups] },
        dashboards: { 'other.json': {}, ...own.dashboards },
      },
      'beside another mixin',
    )
  },
)

t.test('promtool accepts the metrics', { skip: unlessMissing('promtool') }, async t => {
  const snapshot: { [Name in MetricName]?: Map<string, number> } = {}
  for (const name of METRIC_NAMES) {
    const { type, labels } = metricOf(name)
    const own = Object.values(labels).map(values => values?.[0] ?? 'a"\\\nb')
    const values = new Map<string, number>()
    if (type === 'histogram')
      createHistogram().write((le, value) => values.set(keyOf(...own, le), value))
    else values.set(keyOf(...own), 1.5)
    snapshot[name] = values
  }
  const input = `${await writeExposition(snapshot)}\n`
  const { code, stdout, stderr } = await runProgram(t, 'promtool', ['check', 'metrics'], { input })
  t.same([code, stdout, stderr], [0, '', ''])
})
