import t from 'tap'
import { rememberReload } from '../../src/daemon/last-reload.ts'
import type { DaemonEvent } from '../../src/log/types.ts'

t.test('the last reload is remembered, and every event logged', async t => {
  const logged: DaemonEvent[] = []
  let now = 10
  const inner = { event: (event: DaemonEvent) => void logged.push(event) }
  const { log, lastReload, metrics } = rememberReload(inner, () => now)
  t.equal(lastReload(), null)
  log.event({ type: 'reload', error: 'bad' })
  t.same(lastReload(), { at: 10, error: 'bad' })
  now = 20
  log.event({ type: 'stopped' })
  t.same(lastReload(), { at: 10, error: 'bad' })
  log.event({ type: 'reload', restart: ['processes'] })
  t.same(lastReload(), { at: 20, error: null })
  t.equal(logged.length, 3)
  t.same(metrics().eyeballd_config_reloads_total?.get('failure'), 1)
  const at = metrics().eyeballd_config_last_reload_success_timestamp_seconds
  t.equal(at?.get(''), 0.02)
})
