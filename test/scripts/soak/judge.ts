import t from 'tap'
import {
  judgeAccepted,
  judgeBalance,
  judgeDescriptors,
  judgeLatency,
  judgeLog,
  judgeMemory,
} from '../../../scripts/soak/judge.ts'
import { formatResult, formatViolations } from '../../../scripts/soak/table.ts'

const series = (count: number, valueAt: (part: number) => number) =>
  Array.from({ length: count }, (_, at) => ({ at, value: valueAt(at / (count - 1)) }))

t.test('memory may rise by 16 MiB by the regression, whatever its peaks', async t => {
  t.equal(judgeMemory(series(100, part => 100 + part * 10)).isRight, true)
  t.equal(judgeMemory(series(100, part => 100 + part * 20)).isRight, false)
  t.equal(judgeMemory(series(100, part => (part > 0.9 ? 200 : 100))).isRight, true)
  t.match(judgeMemory(series(10, part => 100 + part * 20)), { isRight: true, found: /too short/ })
})

t.test('latency is compared with that of the machine', async t => {
  const judge = (ms: number, directMs: number) =>
    judgeLatency([
      ...series(10, () => 0).map(({ at }) => ({ at, ms: 10, directMs: 5 })),
      ...series(10, () => 0).map(({ at }) => ({ at: 100 + at, ms, directMs })),
    ])
  t.equal(judge(15, 5).isRight, true)
  t.equal(judge(40, 5).isRight, false, 'the daemon is slower')
  t.equal(judge(40, 20).isRight, true, 'the machine is slower')
  t.equal(judgeLatency([]).isRight, false, 'nothing was measured')
})

t.test('descriptors have to be given back', async t => {
  const quiet = [
    { at: 1, before: 20, after: 20 },
    { at: 2, before: 20, after: 21 },
  ]
  t.equal(judgeDescriptors(quiet.slice(0, 1)).isRight, true)
  t.same(judgeDescriptors(quiet).evidence, ['at 2 s 21 are open, 20 before the load'])
  t.equal(judgeDescriptors([]).isRight, false, 'nothing was measured')
})

t.test('a log ends with a line, unless its writer was killed', async t => {
  const log = { invalid: [], rest: '{"lev', lines: 3 }
  t.equal(judgeLog('log', { ...log, rest: '' }, false).isRight, true)
  t.equal(judgeLog('log', log, true).isRight, true)
  t.same(judgeLog('log', log, false).evidence, ['{"lev'])
  t.same(judgeLog('log', { ...log, invalid: ['x'] }, true).evidence, ['x'])
})

t.test('clients and log have to have the same connections', async t => {
  const judge = (
    accepted: number,
    dropped: number,
    isKilled: boolean,
    resets = 0,
    established = 10,
  ) => judgeAccepted('life', established, { accepted }, { dropped, isKilled, resets }).isRight
  t.equal(judge(10, 0, false), true)
  t.equal(judge(9, 0, false), false)
  t.equal(judge(9, 1, false), true, 'a line was dropped')
  t.equal(judge(9, 0, true), true, 'one was in the queue')
  t.equal(judge(9000, 0, true, 0, 10_000), false, 'not a thousand')
  t.equal(judge(11, 0, true), false)
  t.equal(judge(11, 0, true, 1), true, 'one was reset before its client saw it')
})

t.test('the table has every check, and violations have what shows them', async t => {
  const balance = { accepted: 2, ended: 1, lost: 0, open: 1, violations: ['a has no end\n    {}'] }
  const checks = [
    judgeBalance('life', balance, false),
    judgeBalance('good', { ...balance, violations: [] }, true),
  ]
  const rows = [{ kind: 'SOCKS5', clients: 3, good: 2, excused: 1 }]
  const table = formatResult(rows, new Map([['outage', 2]]), new Map([['outage', 1]]), checks)
  t.match(table, /\| SOCKS5 +\| 3 +\| 2 +\| 1 +\|/)
  t.match(table, /\| outage \| 2 +\| 1 +\|/)
  t.match(table, /\| life: every .* \| VIOLATED \| 2 accepted, 1 ended/)
  t.match(table, /\| good: every .* \| ok +\| .*1 open when it was killed/)
  t.match(formatViolations(checks), /^VIOLATED: life: .*\n {2}a has no end\n {4}\{\}$/)
  t.equal(formatViolations(checks.slice(1)), '')
})
