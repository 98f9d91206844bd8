import t from 'tap'
import { createFailureGroups } from '../../../src/cli/report/failure-groups.ts'
import type { Report } from '../../../src/cli/report/show-report.ts'
import { reportJson, reportText } from '../../../src/cli/report/show-report.ts'
import { attempt, failedRace, plainRace, raceEntry } from '../../fixtures/race-entry.ts'

const AT = Date.UTC(2026, 5, 1, 12, 30)

const made = (
  races: readonly Parameters<ReturnType<typeof createFailureGroups>['add']>[0][],
): Report => {
  const groups = createFailureGroups()
  for (const race of races) groups.add(race)
  const demoted = [
    {
      prefix: '2001:db8::/48',
      evidenceAt: AT,
      until: AT + 120_000,
      unresponsive: false,
      passedOver: 1,
    },
  ]
  return { source: '127.0.0.1:9', now: AT + 60_000, result: groups.result(), history: { demoted } }
}

const RACES = [
  raceEntry({ time: AT, target: 'a\u001b[2J.example:443' }),
  plainRace({ time: AT }),
  failedRace({ time: AT, target: 'down.example:443' }),
]

t.test('the text', async t => {
  const text = reportText(made(RACES), false)
  t.equal(
    text,
    `127.0.0.1:9: 3 races, 2026-06-01 12:30 to 2026-06-01 12:30 UTC
1 hidden failure, 1 failed race

By network
  2001:db8::/48  1 hidden, since 2026-06-01 12:30, last 1 min ago
      why: no answer (1)
      won instead: 192.0.2.1 (1)
      names: a\\x1b[2J.example:443 (1)
      tried last for 1 min more, as history has it
      -> packets are lost on the way: eyeballd doctor a\\x1b[2J.example:443, traceroute -6 a\\x1b2J.example
  192.0.2.0/24  1 failed, since 2026-06-01 12:30, last 1 min ago
      why: ECONNREFUSED (1)
      names: down.example:443 (1)
      -> nothing serves there: ask the owner of down.example:443 to correct its A records

By name
  a\\x1b[2J.example:443  1 hidden, since 2026-06-01 12:30, last 1 min ago
      why: no answer (1)
      won instead: 192.0.2.1 (1)
      networks: 2001:db8::/48 (1)
  down.example:443  1 failed, since 2026-06-01 12:30, last 1 min ago
      why: ECONNREFUSED (1)
      networks: 192.0.2.0/24 (1)

By hour (UTC)
  2026-06-01 12:00  ############################## 1 hidden, 1 failed of 3
`,
  )
  t.match(reportText(made(RACES), true), '\u001b[33m1 hidden\u001b[0m')
})

t.test('nothing has failed', async t => {
  t.equal(
    reportText(made([plainRace({ time: AT })]), false),
    '127.0.0.1:9: 1 race, 2026-06-01 12:30 to 2026-06-01 12:30 UTC\n0 hidden failures, 0 failed races\n',
  )
  t.equal(reportText(made([]), false), '127.0.0.1:9: 0 races\n0 hidden failures, 0 failed races\n')
})

t.test('many groups are shown in part, and one fault stands first', async t => {
  const many = Array.from({ length: 12 }, (_, i) =>
    raceEntry({
      time: AT,
      target: `n${i}`,
      attempts: [attempt({ address: `2001:db8:${i + 1}::1` })],
    }),
  )
  const text = reportText(made(many), false)
  t.match(text, /\n-> all 12 networks that fail are IPv6/)
  t.match(text, '\n  and 2 more\n')
})

t.test('the object has all groups', async t => {
  const value = JSON.parse(reportJson(made(RACES))) as object
  t.match(value, {
    source: '127.0.0.1:9',
    time: AT + 60_000,
    races: 3,
    hidden: 1,
    failed: 1,
    advice: null,
    prefixes: [
      {
        prefix: '2001:db8::/48',
        hidden: 1,
        firstAt: AT,
        reasons: { 'no answer': 1 },
        winners: { '192.0.2.1': 1 },
        demotedUntil: AT + 120_000,
        advice: String,
      },
      { prefix: '192.0.2.0/24', failed: 1 },
    ],
    names: [{}, { name: 'down.example:443', prefixes: { '192.0.2.0/24': 1 } }],
    hours: [{ races: 3 }],
    demoted: [{ prefix: '2001:db8::/48' }],
  })
})
