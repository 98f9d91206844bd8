import t from 'tap'
import { createAccounts } from '../../../scripts/soak/accounts.ts'
import type { LogLine } from '../../fixtures/start-eyeballd.ts'

type Fields = Readonly<Record<string, unknown>>

const line = (event: string, conn?: string, fields: Fields = {}): LogLine => ({
  level: 30,
  time: 1,
  msg: '',
  event,
  ...(conn !== undefined && { conn, listener: 'mixed', protocol: 'socks5' }),
  ...fields,
})
const accepted = (conn: string, fields: Fields = {}): LogLine => line('accepted', conn, fields)
const close = (conn: string, fields: Fields = {}): LogLine =>
  line('close', conn, { bytesUp: 1, bytesDown: 2, reason: 'eof', ...fields })
const race = (conn: string, outcome: string, fields: Fields = {}): LogLine =>
  line('race', conn, { outcome, ...fields })

const accountsOf = (lines: readonly LogLine[]) => {
  const accounts = createAccounts()
  for (const each of lines) accounts.take(each, JSON.stringify(each))
  return accounts
}
const balanceOf = (lines: readonly LogLine[], killed = false) => accountsOf(lines).balance(killed)
/** The first line of each violation. */
const violationsOf = (lines: readonly LogLine[], killed = false): string[] =>
  balanceOf(lines, killed).violations.map(text => text.split('\n')[0] ?? '')

t.test('connections with one end add up', async t => {
  const lines = [
    accepted('a'),
    accepted('b'),
    race('a', 'won'),
    close('a'),
    line('rejected', 'b', { reason: 'auth' }),
    accepted('c'),
    race('c', 'failed'),
    accepted('d'),
    race('d', 'aborted'),
    line('stopped'),
  ]
  t.same(balanceOf(lines), { accepted: 4, ended: 4, lost: 0, open: 0, violations: [] })
})

t.test('a connection without an end is a violation, with its lines', async t => {
  const lines = [accepted('a'), race('a', 'won'), accepted('b'), close('b')]
  const { violations, open } = balanceOf(lines)
  t.equal(open, 1)
  t.match(violations[0], /^a has no end\n.*accepted.*\n.*race/)
  t.same(violationsOf(lines, true), [], 'a daemon that was killed wrote no end')
})

t.test('every other way not to add up is a violation', async t => {
  const cases: readonly (readonly [string, readonly LogLine[]])[] = [
    ['a was accepted twice', [accepted('a'), accepted('a'), close('a')]],
    ['a was never accepted', [close('a')]],
    ['a goes on after its end', [accepted('a'), close('a'), close('a')]],
    ['a goes on after its race failed', [accepted('a'), race('a', 'failed'), close('a')]],
    ['a has no end', [accepted('a'), race('a', 'won')]],
  ]
  for (const [expected, lines] of cases) t.same(violationsOf(lines), [expected])
})

t.test('forwarded requests may have a race that fails, and go on', async t => {
  const http = { protocol: 'http' }
  const lines = [accepted('a'), race('a', 'failed', http), race('a', 'won', http), close('a', http)]
  t.same(violationsOf(lines), [])
  t.same(violationsOf(lines.slice(0, 3)), ['a has no end'])
})

t.test('as many lines may be missing as were dropped', async t => {
  const lines = [accepted('a'), close('b')]
  t.same(violationsOf([...lines, line('dropped', undefined, { lines: 2 })]), [])
  t.same(violationsOf([...lines, line('dropped', undefined, { lines: 1 })]), [
    'b was never accepted',
    'a has no end',
  ])
  const twice = [accepted('a'), close('a'), close('a'), line('dropped', undefined, { lines: 9 })]
  t.same(violationsOf(twice), ['a goes on after its end'], 'a line too many is no missing one')
})

t.test('connections of a process that died need no end, others do', async t => {
  const lines = [
    accepted('a', { process: 7 }),
    accepted('b', { process: 8 }),
    line('process-lost', undefined, { process: 7 }),
  ]
  const accounts = accountsOf(lines)
  t.equal(accounts.open(), 1)
  const { lost, open, violations } = accounts.balance()
  t.same([lost, open, violations.length], [1, 1, 1])
})

t.test('totals are those of the lines', async t => {
  const { totals } = accountsOf([
    accepted('a'),
    race('a', 'won', { winner: { family: 6 }, hidden: true }),
    close('a'),
    accepted('b'),
    race('b', 'won', { winner: { family: 4 }, hidden: false }),
    close('b', { bytesUp: 10, bytesDown: 20, reason: 'drain' }),
    accepted('c'),
    race('c', 'failed'),
    accepted('d'),
    line('rejected', 'd', { reason: 'limit' }),
    line('reload'),
    line('reload', undefined, { error: 'no' }),
  ])
  t.same(Object.fromEntries(totals.accepted), { mixed: 4 })
  t.same(Object.fromEntries(totals.races), { 'won 6': 1, 'won 4': 1, failed: 1 })
  t.same(Object.fromEntries(totals.rejected), { 'mixed limit': 1 })
  t.same(Object.fromEntries(totals.closed), { eof: 1, drain: 1 })
  t.same(totals.bytes, { up: 11, down: 22 })
  t.same(totals.reloads, { good: 1, bad: 1 })
  t.equal(totals.hidden, 1)
})
