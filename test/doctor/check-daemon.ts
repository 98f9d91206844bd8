import t from 'tap'
import type { HistoryAnswer, StatusAnswer } from '../../src/admin/api.ts'
import { checkDaemon } from '../../src/doctor/check-daemon.ts'
import { statusOf } from '../fixtures/fake-endpoint.ts'

const { now } = statusOf()

const demotedOf = (
  prefix: string,
  facts: Partial<HistoryAnswer['demoted'][number]> = {},
): HistoryAnswer['demoted'][number] => ({
  prefix,
  evidenceAt: now - 10_000,
  until: now + 110_000,
  unresponsive: false,
  passedOver: 1,
  ...facts,
})

const NO_HIDDEN = { ...statusOf().races, hidden: 0 }

const look = (
  facts: Partial<StatusAnswer> = {},
  demoted: HistoryAnswer['demoted'] = [],
): readonly string[] => {
  const status = statusOf({ races: NO_HIDDEN, ...facts })
  const found = checkDaemon({ ok: true, where: '127.0.0.1:9', status, history: { demoted } })
  return found.map(({ id, severity, message }) => `${id} ${severity}: ${message}`)
}

t.test('a daemon without a fault', async t => {
  t.strictSame(look(), [
    'daemon ok: The daemon at 127.0.0.1:9 (0.1.0, up 10 s) serves 12 of 10,000 connections',
    'history ok: The history of the daemon holds no address that races try later',
  ])
  t.strictSame(checkDaemon(null), [])
})

t.test('what is wrong with one', async t => {
  t.match(look({ state: 'draining' })[0], /^daemon note: .* is draining$/)
  const connections = { active: 10, limit: 10, accepted: 20, rejected: 9 }
  t.match(look({ connections })[0], /^daemon warning: .* is full: it serves 10 of 10 connections$/)
  t.match(
    look({ lastReload: { at: now, error: 'f:1:1: x' } })[1],
    /^daemon\.reload warning: The last reload failed, .*: f:1:1: x$/,
  )
  t.equal(look({ lastReload: { at: now, error: null } }).length, 2)
  t.match(
    look({ races: { ...NO_HIDDEN, hidden: 1 } })[1],
    /^daemon\.hidden note: The daemon counts 1 hidden failure since its start/,
  )
})

t.test('what history holds', async t => {
  t.strictSame(
    look({}, [demotedOf('2001:db8::/48'), demotedOf('192.0.2.1', { unresponsive: true })]).slice(1),
    [
      'history warning: The daemon tries 2001:db8::/48 after other addresses for 1 min 50 s more, because it did not answer 10 s ago',
      'history warning: The daemon tries 192.0.2.1 after other addresses for 1 min 50 s more, because it took a connection and sent nothing 10 s ago',
    ],
  )
  t.match(look({}, [demotedOf('192.0.2.1', { until: now })])[1], /^history ok/, 'it is over')
  t.match(
    look({}, [demotedOf('192.0.2.1', { path: 'tun0' })])[1],
    /tries 192\.0\.2\.1 by tun0 after/,
  )
  const many = Array.from({ length: 8 }, (_, i) => demotedOf(`192.0.2.${i}`))
  t.match(
    look({}, many).at(-1),
    /^history warning: The daemon tries 3 more addresses and networks later$/,
  )
  t.equal(look({}, many).length, 7)
})

t.test('a daemon that cannot be asked', async t => {
  const found = checkDaemon({ ok: false, where: 'x', why: 'no daemon listens at x' })
  t.match(found, [
    {
      id: 'daemon',
      severity: 'note',
      message: 'What the history of a daemon holds is not known: no daemon listens at x',
    },
  ])
})
