import t from 'tap'
import { createAccounts } from '../../../scripts/soak/accounts.ts'
import { compareWithLog, parseExposition, sumOf } from '../../../scripts/soak/metrics.ts'

const EXPOSITION = `# HELP eyeballd_connections_total Connections accepted.
# TYPE eyeballd_connections_total counter
eyeballd_connections_total{listener="mixed"} 3
eyeballd_connections_active{listener="mixed"} 0
eyeballd_rejected_total{listener="mixed",reason="auth"} 1
eyeballd_rejected_total{listener="mixed",reason="probe"} 0
eyeballd_races_total{outcome="won",family="4"} 1
eyeballd_races_total{outcome="won",family="6"} 0
eyeballd_races_total{outcome="failed",family="none"} 1
eyeballd_hidden_failures_total{family="6",code="ECONNREFUSED"} 1
eyeballd_bytes_total{direction="up"} 100
eyeballd_bytes_total{direction="down"} 200
eyeballd_config_reloads_total{outcome="success"} 1
eyeballd_config_reloads_total{outcome="failure"} 0
eyeballd_log_dropped_total 0
eyeballd_pipes_active{engine="splice"} 0
`

/** A log that says the same, and one connection of a listener that is gone. */
const LOG = [
  { event: 'accepted', conn: 'a', listener: 'mixed' },
  { event: 'race', conn: 'a', outcome: 'won', winner: { family: 4 }, hidden: true },
  { event: 'close', conn: 'a', listener: 'mixed', bytesUp: 100, bytesDown: 200, reason: 'eof' },
  { event: 'accepted', conn: 'b', listener: 'mixed' },
  { event: 'rejected', conn: 'b', listener: 'mixed', reason: 'auth' },
  { event: 'accepted', conn: 'c', listener: 'mixed' },
  { event: 'race', conn: 'c', outcome: 'failed' },
  { event: 'accepted', conn: 'd', listener: 'extra' },
  { event: 'rejected', conn: 'd', listener: 'extra', reason: 'protocol', level: 20 },
  { event: 'reload' },
].map(fields => ({ level: 30, time: 1, msg: '', ...fields }))

const compare = (exposition: string, slack = 0): string[] => {
  const accounts = createAccounts()
  for (const line of LOG) accounts.take(line, JSON.stringify(line))
  return compareWithLog(parseExposition(exposition), accounts.totals, 'extra', slack)
}

t.test('metrics that say what the log says are right', async t => {
  t.same(compare(EXPOSITION), [])
})

t.test('each number that differs is found', async t => {
  for (const line of EXPOSITION.split('\n').filter(text => /^\w.* \d+$/.test(text))) {
    const more = EXPOSITION.replace(
      line,
      line.replace(/\d+$/, value => String(Number(value) + 1)),
    )
    t.not(compare(more).length, 0, line)
  }
  const up = EXPOSITION.replace('"up"} 100', '"up"} 101')
  t.same(compare(up), ['bytes up: 101 in the metrics, 100 in the log'])
  t.same(compare(up, 0.05), [], 'within the slack')
})

t.test('a metric that is not there counts as 0', async t => {
  t.match(compare(''), [/^connections of mixed: 0 in the metrics, 3 in the log$/])
})

t.test('sums are those of the lines with the labels', async t => {
  const samples = parseExposition('a{x="1",y="2"} 1\na{x="1",y="3"} 2\na_more{x="1"} 5\na 7\n')
  t.equal(sumOf(samples, 'a', { x: '1' }), 3)
  t.equal(sumOf(samples, 'a', { x: '1', y: '3' }), 2)
  t.equal(sumOf(samples, 'a'), 10)
})
