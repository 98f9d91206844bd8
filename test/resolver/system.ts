import t from 'tap'
import { createSystemQuery } from '../../src/resolver/system.ts'
import type { GetAddrInfo } from '../../src/resolver/system.ts'
import type { Answer } from '../../src/resolver/types.ts'

const ask = (getAddrInfo: GetAddrInfo | undefined, name: string, record: 'A' | 'AAAA') =>
  new Promise<Answer>(resolve => createSystemQuery(getAddrInfo)(name, record, resolve))

t.test('one family at a time, all its addresses, canonical and without repeats', async t => {
  const calls: unknown[] = []
  const getAddrInfo: GetAddrInfo = (name, options, done) => {
    calls.push([name, options])
    done(null, [
      { address: '2001:DB8::0:1', family: 6 },
      { address: '2001:db8::1', family: 6 },
      { address: 'nonsense', family: 6 },
    ])
  }
  t.same(await ask(getAddrInfo, 'printer.local', 'AAAA'), {
    ok: true,
    addresses: ['2001:db8::1'],
    ttl: null,
    source: 'system',
  })
  await ask(getAddrInfo, 'printer.local', 'A')
  t.same(calls, [
    ['printer.local', { family: 6, all: true }],
    ['printer.local', { family: 4, all: true }],
  ])
})

t.test('codes', async t => {
  for (const [code, expected] of [
    ['ENOTFOUND', 'ENOTFOUND'],
    ['ENODATA', 'ENODATA'],
    ['EAI_NODATA', 'ENODATA'],
    ['EAI_ADDRFAMILY', 'ENODATA'],
    ['EAI_AGAIN', 'ESERVFAIL'],
    ['EAI_FAIL', 'ESERVFAIL'],
    ['ETIMEDOUT', 'ETIMEDOUT'],
    ['ETIMEOUT', 'ETIMEDOUT'],
    [undefined, 'ESERVFAIL'],
  ] as const) {
    const error: NodeJS.ErrnoException = new Error('no')
    if (code !== undefined) error.code = code
    const answer = await ask((_name, _options, done) => done(error, []), 'a.example', 'A')
    t.same(answer, { ok: false, code: expected, source: 'system' }, code ?? 'none')
  }
  t.match(await ask((_name, _options, done) => done(null, []), 'a.example', 'A'), {
    code: 'ENODATA',
  })
})

t.test('the C library itself', async t => {
  t.match(await ask(undefined, '127.0.0.1', 'A'), {
    ok: true,
    addresses: ['127.0.0.1'],
    source: 'system',
  })
})
