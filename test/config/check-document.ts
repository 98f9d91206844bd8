import t from 'tap'
import { checkDocument, NO_DOCUMENT } from '../../src/config/check-document.ts'
import { readOverrides } from '../../src/config/overrides.ts'
import { parseConfig } from '../../src/config/parse.ts'

t.test('without a document the defaults are in force', async t => {
  t.strictSame(checkDocument(NO_DOCUMENT, 'defaults'), parseConfig('', 'f'))
})

t.test('flags and environment are checked without a document too', async t => {
  const overrides = readOverrides({ 'log-level': 'debug' }, { EYEBALLD_DRAIN_TIMEOUT: '1s' })
  t.match(checkDocument(NO_DOCUMENT, 'defaults', { overrides }), {
    log: { level: 'debug' },
    drainTimeoutMs: 1000,
  })
  const wrong = readOverrides({ admin: '0.0.0.0:1' }, { EYEBALLD_LOG_LEVEL: 'loud' })
  t.throws(() => checkDocument(NO_DOCUMENT, 'defaults', { overrides: wrong }), {
    code: 'ERR_CONFIG',
    message: /^EYEBALLD_LOG_LEVEL: found "loud"; .*\n--admin: found 0\.0\.0\.0:1, which others can/,
  })
})

t.test('of very many mistakes 200 are reported, and how many there are', async t => {
  const value = Object.fromEntries(Array.from({ length: 203 }, (_, i) => [`k${i}`, 1]))
  try {
    checkDocument({ ...NO_DOCUMENT, value }, 'f')
    t.fail('it has mistakes')
  } catch (error) {
    const lines = (error as Error).message.split('\n')
    t.equal(lines.length, 201)
    t.ok(lines.includes('f: has 3 more mistakes'))
  }
})

t.test('a mistake has the place that the document gives', async t => {
  const document = {
    ...NO_DOCUMENT,
    value: { log: { level: 'loud', levl: 1 } },
    locate: (path: readonly (string | number)[], what: string) => ({
      line: path.length,
      column: what === 'key' ? 1 : 2,
    }),
  }
  t.throws(() => checkDocument(document, 'f'), {
    message: /^f:2:1: log\.levl: is not a key .*\nf:2:2: log\.level: found "loud"/,
  })
})
