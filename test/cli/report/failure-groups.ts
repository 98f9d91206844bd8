import t from 'tap'
import {
  GROUPS_MAX,
  createFailureGroups,
  prefixOf,
} from '../../../src/cli/report/failure-groups.ts'
import { attempt, failedRace, plainRace, raceEntry } from '../../fixtures/race-entry.ts'

const HOUR = 3_600_000
const START = 500_000 * HOUR

t.test('networks', async t => {
  t.equal(prefixOf('192.0.2.77'), '192.0.2.0/24')
  t.equal(prefixOf('2001:db8:1:2::3'), '2001:db8:1::/48')
  t.equal(prefixOf('::ffff:192.0.2.1'), '192.0.2.0/24')
  t.equal(prefixOf('[redacted]'), '[redacted]')
})

t.test('hidden failures and failed races by network, name and hour', async t => {
  const groups = createFailureGroups()
  groups.add(raceEntry({ time: START + 5 }))
  groups.add(raceEntry({ time: START + HOUR, target: 'other.example:443' }))
  groups.add(plainRace({ time: START + 7 }))
  groups.add(failedRace({ time: START + 3 * HOUR + 9, target: 'down.example:443' }))
  const result = groups.result()
  t.match(result, {
    races: 4,
    hidden: 2,
    failed: 1,
    from: START + 5,
    to: START + 3 * HOUR + 9,
    uncounted: 0,
  })
  t.strictSame(result.prefixes, [
    {
      key: '2001:db8::/48',
      hidden: 2,
      failed: 0,
      firstAt: START + 5,
      lastAt: START + HOUR,
      reasons: [['no answer', 2]],
      winners: [['192.0.2.1', 2]],
      others: [
        ['www.example.com:443', 1],
        ['other.example:443', 1],
      ],
    },
    {
      key: '192.0.2.0/24',
      hidden: 0,
      failed: 1,
      firstAt: START + 3 * HOUR + 9,
      lastAt: START + 3 * HOUR + 9,
      reasons: [['ECONNREFUSED', 1]],
      winners: [],
      others: [['down.example:443', 1]],
    },
  ])
  t.strictSame(
    result.names.map(({ key, hidden, failed }) => [key, hidden, failed]),
    [
      ['www.example.com:443', 1, 0],
      ['other.example:443', 1, 0],
      ['down.example:443', 0, 1],
    ],
  )
  t.strictSame(result.hours, [
    { at: START, races: 2, hidden: 1, failed: 0 },
    { at: START + HOUR, races: 1, hidden: 1, failed: 0 },
    { at: START + 3 * HOUR, races: 1, hidden: 0, failed: 1 },
  ])
})

t.test('two addresses of one network are one failure of it', async t => {
  const groups = createFailureGroups()
  const attempts = [
    attempt(),
    attempt({ n: 2, address: '2001:db8::2', outcome: 'failed', code: 'EHOSTUNREACH' }),
  ]
  groups.add(raceEntry({ attempts }))
  t.match(groups.result().prefixes, [
    {
      hidden: 1,
      reasons: [
        ['no answer', 1],
        ['EHOSTUNREACH', 1],
      ],
    },
  ])
})

t.test('an attempt that began after the winner has not failed', async t => {
  const groups = createFailureGroups()
  const attempts = [
    attempt(),
    attempt({ n: 2, address: '192.0.2.1', family: 4, outcome: 'connected' }),
    attempt({ n: 3, address: '198.51.100.1', family: 4, outcome: 'cancelled' }),
  ]
  groups.add(raceEntry({ attempts }))
  t.match(groups.result().prefixes, [{ key: '2001:db8::/48' }])
  t.equal(groups.result().prefixes.length, 1)
})

t.test('a failure without an attempt is one of its name', async t => {
  const groups = createFailureGroups()
  groups.add(failedRace({ attempts: [], error: { code: 'ENOTFOUND', message: 'no such name' } }))
  const won = attempt({ address: '192.0.2.1', family: 4, outcome: 'connected' })
  groups.add(raceEntry({ attempts: [won], target: null }))
  groups.add(raceEntry({ attempts: [], target: 'masked' }))
  const { names, prefixes } = groups.result()
  t.strictSame(prefixes, [])
  t.match(names, [
    { key: 'www.example.com:443', reasons: [['ENOTFOUND', 1]] },
    { key: 'no target', reasons: [['moved back by history', 1]] },
    { key: 'masked', reasons: [['not known', 1]] },
  ])
})

t.test('no log can fill the memory', async t => {
  const groups = createFailureGroups()
  const count = GROUPS_MAX + 50
  for (let i = 0; i < count; i++) {
    const address = `10.${i >> 8}.${i & 255}.1`
    groups.add(
      failedRace({
        time: i * HOUR,
        target: `n${i}`,
        attempts: [attempt({ address, outcome: 'failed', code: `E${i}` })],
      }),
    )
  }
  const { names, prefixes, uncounted, failed, hours } = groups.result()
  t.equal(names.length, GROUPS_MAX)
  t.equal(prefixes.length, GROUPS_MAX)
  t.equal(uncounted, 100)
  t.equal(failed, count)
  t.ok(hours.length <= 366 * 24)
  const one = createFailureGroups()
  for (let i = 0; i < 100; i++)
    one.add(failedRace({ attempts: [attempt({ outcome: 'failed', code: `E${i}` })] }))
  t.equal(one.result().names[0]?.reasons.length, 20)
})
