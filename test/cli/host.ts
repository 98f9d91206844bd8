import t from 'tap'
import { createHost } from '../../src/cli/host.ts'
import { createHandSignals } from '../fixtures/hand-signals.ts'

const host = createHost(process, createHandSignals().signals)

t.test('says whether an engine can run here', async t => {
  await host.checkEngine('stream')
  if (process.platform !== 'linux')
    await t.rejects(host.checkEngine('splice'), { code: 'ERR_ENGINE' })
})

t.test('a wrong configuration starts no daemon', async t => {
  const load = () => {
    throw Object.assign(new Error('wrong'), { code: 'ERR_CONFIG' })
  }
  await t.rejects(host.runDaemon({ load, reload: null }), { code: 'ERR_CONFIG' })
})
