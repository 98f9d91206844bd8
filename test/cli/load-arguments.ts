import t from 'tap'
import { argumentsLoader, loadArguments } from '../../src/cli/load-arguments.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

t.test('arguments, environment and file make one configuration', async t => {
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
  t.match(await loadArguments(args, io), {
    listeners: [{ name: 'mixed-1', open: true }],
    log: { level: 'debug', races: 'none', format: 'json' },
    eyeballs: { resolutionDelayMs: 2 },
    drainTimeoutMs: 1000,
  })
  await loadArguments({}, io, 'g')
  t.strictSame(asked, ['f', 'g'])
  const empty = createFakeIo({ readFile: () => Buffer.from('# nothing') })
  t.equal((await loadArguments({ config: 'f' }, empty)).drainTimeoutMs, 30_000)
  const load = await argumentsLoader({ config: 'f' }, empty)
  t.throws(() => load('reload'), {
    code: 'ERR_CONFIG',
    message: /^f: is empty/,
  })
})

t.test('loadArguments rejects empty arguments and -c -', async t => {
  const io = createFakeIo()
  await t.rejects(loadArguments({ config: '' }, io), { code: 'ERR_CONFIG', message: /--config/ })
  await t.rejects(loadArguments({ config: '-' }, io), {
    message: /^--config: found -; allowed: a file/,
  })
  await t.rejects(loadArguments({ 'log-level': '' }, io), { message: /--log-level/ })
})
