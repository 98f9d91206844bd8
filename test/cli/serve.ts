import t from 'tap'
import { serve } from '../../src/cli/serve.ts'
import type { RunDaemon } from '../../src/cli/types.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

t.test('serve reads the configuration on each load and reload', async t => {
  let text = 'drainTimeout: 1s'
  const seen: number[] = []
  const io = createFakeIo({
    readFile: () => Buffer.from(text),
    runDaemon: async ({ load, reload }) => {
      seen.push(load().drainTimeoutMs)
      text = 'drainTimeout: 2s'
      seen.push(reload?.().drainTimeoutMs ?? 0)
      text = 'nonsense: 1'
      t.throws(() => reload?.(), { code: 'ERR_CONFIG' })
      text = '# drainTimeout: 3s'
      t.throws(() => reload?.(), { code: 'ERR_CONFIG', message: /^f: is empty/ })
      seen.push(load().drainTimeoutMs)
      return 7
    },
  })
  t.equal(await serve({ config: 'f' }, io), 7)
  t.strictSame(seen, [1000, 2000, 30_000], 'an empty file is sound at the start')
})

t.test('serve offers no reload without a file', async t => {
  const reloads: boolean[] = []
  const runDaemon: RunDaemon = async ({ reload }) => {
    reloads.push(reload !== null)
    return 0
  }
  await serve({}, createFakeIo({ runDaemon }))
  await serve({}, createFakeIo({ runDaemon, env: { EYEBALLD_CONFIG: ' ' } }))
  await serve({}, createFakeIo({ runDaemon, env: { EYEBALLD_CONFIG: '/f' } }))
  await serve({ config: '/f' }, createFakeIo({ runDaemon }))
  t.strictSame(reloads, [false, false, true, true])
})
