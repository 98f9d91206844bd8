import t from 'tap'
import { createReloadCounts } from '../../src/metrics/reload-counts.ts'

t.test('reloads by outcome, and the time of the last that succeeded', async t => {
  let now = 100
  const reloads = createReloadCounts(() => now)
  const read = () => {
    const { eyeballd_config_reloads_total: outcomes, ...rest } = reloads.read()
    const at = rest.eyeballd_config_last_reload_success_timestamp_seconds?.get('')
    const isGood = rest.eyeballd_config_last_reload_successful?.get('')
    return { ...Object.fromEntries(outcomes ?? []), at, isGood }
  }
  t.same(read(), { success: 0, failure: 0, at: 100, isGood: 1 })
  now = 200
  reloads.count({ type: 'reload', error: 'line 3 has a tab' })
  reloads.count({ type: 'stopped' })
  t.same(read(), { success: 0, failure: 1, at: 100, isGood: 0 })
  reloads.count({ type: 'reload', restart: ['processes'] })
  t.same(read(), { success: 1, failure: 1, at: 200, isGood: 1 })
})
