import t from 'tap'
import { check } from '../../src/cli/check.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

t.test('prints what would be in force', async t => {
  const io = createFakeIo({
    env: { EYEBALLD_LOG_LEVEL: 'debug' },
    readFile: path => Buffer.from(path === 'f' ? 'drainTimeout: 1s' : ''),
  })
  t.equal(await check({ file: 'f' }, io), 0)
  t.match(parseConfig(io.out(), 'printed'), { drainTimeoutMs: 1000, log: { level: 'debug' } })
})

t.test('without a file the defaults; a wrong one is thrown', async t => {
  const io = createFakeIo()
  t.equal(await check({}, io), 0)
  t.strictSame(parseConfig(io.out(), 'printed'), parseConfig('', 'none'))
  await t.rejects(check({ file: 'none' }, createFakeIo()), {
    code: 'ERR_CONFIG',
    message: /no such file/,
  })
  await t.rejects(check({ file: '' }, createFakeIo()), { code: 'ERR_CONFIG', message: /FILE/ })
})
