import t from 'tap'
import { loadArguments } from '../../src/cli/load-arguments.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

t.test('words, environment and file make one configuration', async t => {
  const asked: string[] = []
  const io = createFakeIo({
    env: { EYEBALLD_LOG_LEVEL: 'debug', EYEBALLD_RESOLUTION_DELAY: '1ms' },
    readFile: path => {
      asked.push(path)
      return Buffer.from('log: { level: warn, races: none }\ndrainTimeout: 1s')
    },
  })
  const args = {
    config: 'f',
    listen: ['127.0.0.1:1'],
    open: true,
    'resolution-delay': '2ms',
    'log-format': 'json',
  }
  t.match(loadArguments(args, io), {
    listeners: [{ name: 'socks-1', open: true }],
    log: { level: 'debug', races: 'none', format: 'json' },
    eyeballs: { resolutionDelayMs: 2 },
    drainTimeoutMs: 1000,
  })
  loadArguments({}, io, { file: 'g' })
  t.strictSame(asked, ['f', 'g'])
  const empty = createFakeIo({ readFile: () => Buffer.from('# nothing') })
  t.equal(loadArguments({ config: 'f' }, empty).drainTimeoutMs, 30_000)
  t.throws(() => loadArguments({ config: 'f' }, empty, { isReload: true }), {
    code: 'ERR_CONFIG',
    message: /^f: is empty/,
  })
})

t.test('an empty word is a mistake', async t => {
  const io = createFakeIo()
  t.throws(() => loadArguments({ config: '' }, io), { code: 'ERR_CONFIG', message: /--config/ })
  t.throws(() => loadArguments({ config: '-' }, io), {
    message: /^--config: found -; allowed: a file/,
  })
  t.throws(() => loadArguments({ 'log-level': '' }, io), { message: /--log-level/ })
})
