import t from 'tap'
import type { ServiceManagerParts } from '../../../src/daemon/systemd/service-manager.ts'
import {
  RETRY_MS,
  STATUS_INTERVAL_MS,
  createServiceManager,
} from '../../../src/daemon/systemd/service-manager.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const rig = (watchdogMs: number | null = null) => {
  const clock = createHandClock()
  const sent: string[] = []
  const logged: DaemonEvent[] = []
  const is = { answer: 'sent' as 'sent' | 'full' | 'lost', connections: 0, lost: 0, stalled: 0 }
  const parts: ServiceManagerParts = {
    send: text => {
      if (is.answer === 'sent') sent.push(text)
      return is.answer
    },
    watchdogMs,
    daemon: {
      connections: () => is.connections,
      processes: () => 1,
      lost: () => is.lost,
      stalledMs: () => is.stalled,
    },
    clock,
    log: { event: event => void logged.push(event) },
    monotonicUs: () => 77n,
  }
  return { service: createServiceManager(parts), parts, clock, sent, logged, is }
}

t.test('it says when the daemon serves, reloads and drains', async t => {
  const { service, sent, is, clock } = rig()
  service.ready()
  t.same(sent.splice(0), ['READY=1\nSTATUS=serving, 0 connections'])
  service.reloading()
  t.same(sent.splice(0), ['RELOADING=1\nMONOTONIC_USEC=77\nSTATUS=serving, 0 connections'])
  service.reloaded('f.yaml:1: bad')
  const failed = 'the last reload failed: f.yaml:1: bad'
  t.same(sent.splice(0), [`READY=1\nSTATUS=serving, 0 connections, ${failed}`])
  is.lost = 2
  service.reloaded(null)
  t.same(sent.splice(0), ['READY=1\nSTATUS=serving, 0 connections, 2 addresses not open'])
  is.connections = 1
  service.draining(30_000)
  t.same(sent.splice(0), [
    'STOPPING=1\nEXTEND_TIMEOUT_USEC=40000000\nSTATUS=draining, 1 connection left',
  ])
  service.reloaded(null)
  t.same(sent, [], 'a reload that ends later does not make it ready again')
  service.close()
  t.equal(clock.pending(), 0)
})

t.test('the status follows the counts: at most one in a while, and only a new one', async t => {
  const { service, sent, is, clock } = rig()
  service.ready()
  sent.length = 0
  clock.advance(3 * STATUS_INTERVAL_MS)
  t.same(sent, [])
  is.connections = 1
  clock.advance(1)
  is.connections = 1200
  clock.advance(STATUS_INTERVAL_MS)
  t.same(sent, ['STATUS=serving, 1200 connections'])
  is.answer = 'full'
  is.connections = 3
  clock.advance(STATUS_INTERVAL_MS)
  is.answer = 'sent'
  clock.advance(STATUS_INTERVAL_MS)
  t.same(sent.slice(1), ['STATUS=serving, 3 connections'], 'one that was not taken is sent later')
})

t.test('with several processes it says how many serve', async t => {
  const { parts, sent } = rig()
  createServiceManager({ ...parts, daemon: { ...parts.daemon, processes: () => 2 } }).ready()
  t.match(sent, ['READY=1\nSTATUS=serving, 0 connections, 2 processes'])
})

t.test('what finds the socket full is sent later, in order', async t => {
  const { service, sent, is, clock } = rig()
  is.answer = 'full'
  service.ready()
  service.reloading()
  is.answer = 'sent'
  service.reloaded(null)
  t.same(sent, [], 'what waits goes first')
  is.answer = 'full'
  clock.advance(RETRY_MS)
  is.answer = 'sent'
  clock.advance(RETRY_MS)
  t.same(
    sent.map(text => text.split('\n')[0]),
    ['READY=1', 'RELOADING=1', 'READY=1'],
  )
})

t.test('a socket that nobody reads costs no memory and no time', async t => {
  const { service, sent, is, clock } = rig()
  is.answer = 'full'
  service.ready()
  for (let i = 0; i < 1000; i++) service.reloading()
  service.draining(0)
  is.answer = 'sent'
  clock.advance(RETRY_MS)
  t.equal(sent.length, 8)
  t.match(sent.at(-1), /^STOPPING=1/, 'the last ones are kept')
  is.answer = 'lost'
  service.reloading()
  is.answer = 'sent'
  sent.length = 0
  clock.advance(RETRY_MS)
  t.same(sent, [], 'what nobody can get is not sent again')
})

t.test('the watchdog is fed at half its time, while the relay workers answer', async t => {
  const { service, sent, is, clock, logged } = rig(30_000)
  const fed = (): number => sent.filter(text => text === 'WATCHDOG=1').length
  service.ready()
  t.equal(fed(), 1)
  clock.advance(45_000)
  t.equal(fed(), 4)
  is.stalled = 15_000.4
  clock.advance(30_000)
  t.equal(fed(), 4)
  t.same(logged, [{ type: 'stalled', durationMs: 15_000 }], 'logged once')
  is.stalled = 0
  clock.advance(RETRY_MS)
  t.equal(fed(), 5, 'a worker that runs again is trusted, before the time is over')
  clock.advance(14_999)
  t.equal(fed(), 5)
  service.draining(600_000)
  clock.advance(60_000)
  t.equal(fed(), 9, 'also while it drains')
  service.close()
  t.equal(clock.pending(), 0)
})

t.test('a question that was asked only just now is no reason to starve the watchdog', async t => {
  const { service, sent, is, clock, logged } = rig(30_000)
  service.ready()
  sent.length = 0
  is.stalled = 3
  clock.advance(15_000)
  t.same(sent, ['WATCHDOG=1'], 'the look for hung relay workers has asked 3 ms before')
  t.same(logged, [])
  service.close()
})

t.test('a watchdog message that finds the socket full is sent again soon', async t => {
  const { service, sent, is, clock } = rig(30_000)
  service.ready()
  is.answer = 'full'
  clock.advance(15_000)
  is.answer = 'sent'
  sent.length = 0
  clock.advance(RETRY_MS)
  t.same(sent, ['WATCHDOG=1'], 'before the 30 s are over')
  clock.advance(14_999)
  t.equal(sent.length, 1, 'the next one comes at its time')
  service.close()
  t.equal(clock.pending(), 0)
})
