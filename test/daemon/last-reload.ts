import t from 'tap'
import { rememberReload } from '../../src/daemon/last-reload.ts'
import type { DaemonEvent } from '../../src/log/types.ts'

t.test('the last reload is remembered, and every event logged', async t => {
  const logged: DaemonEvent[] = []
  let now = 10
  const { log, lastReload } = rememberReload({ event: event => void logged.push(event) }, () => now)
  t.equal(lastReload(), null)
  log.event({ type: 'reload', error: 'bad' })
  t.same(lastReload(), { at: 10, error: 'bad' })
  now = 20
  log.event({ type: 'stopped' })
  t.same(lastReload(), { at: 10, error: 'bad' })
  log.event({ type: 'reload', restart: ['processes'] })
  t.same(lastReload(), { at: 20, error: null })
  t.equal(logged.length, 3)
})
