import t from 'tap'
import { serve } from '../../src/cli/serve.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

t.test('the daemon reads the configuration anew whenever it asks', async t => {
  let text = 'drainTimeout: 1s'
  const seen: number[] = []
  const io = createFakeIo({
    readFile: () => Buffer.from(text),
    runDaemon: async load => {
      seen.push(load().drainTimeoutMs)
      text = 'drainTimeout: 2s'
      seen.push(load().drainTimeoutMs)
      text = 'nonsense: 1'
      t.throws(load, { code: 'ERR_CONFIG' })
      return 7
    },
  })
  t.equal(await serve({ config: 'f' }, io), 7)
  t.strictSame(seen, [1000, 2000])
})
