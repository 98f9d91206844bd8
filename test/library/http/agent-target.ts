import type { LookupFunction } from 'node:net'
import t from 'tap'
import { agentTarget } from '../../../src/library/http/agent-target.ts'
import type { AgentTarget } from '../../../src/library/http/agent-target.ts'

const never = new AbortController().signal
const read = (target: AgentTarget) => agentTarget(target, 443, never)

void t.test('host and port, their defaults and forms', async t => {
  t.same(await read({}), { host: 'localhost', port: 443 })
  t.same(await read({ host: 'a.example', port: '8080' }), { host: 'a.example', port: 8080 })
  t.same(await read({ host: '[2001:db8::1]', port: 1 }), { host: '2001:db8::1', port: 1 })
})

void t.test('where to connect from', async t => {
  const address = '127.0.0.2'
  t.same(await read({ localAddress: address, localPort: 4000 }), {
    host: 'localhost',
    port: 443,
    localAddrInfos: [{ family: 4, address, port: 4000 }],
  })
  t.match(await read({ localAddress: '::1', family: 4 }), {
    localAddrInfos: [{ family: 6, address: '::1', port: 0 }],
  })
  t.match(await read({ family: 4 }), { localAddrInfos: [{ family: 4, address: '0.0.0.0' }] })
  t.match(await read({ family: 6 }), { localAddrInfos: [{ family: 6, address: '::' }] })
  t.equal((await read({ family: 0 })).localAddrInfos, undefined)
  await t.rejects(read({ localAddress: 'here' }), { code: 'ERR_INVALID_ARG' })
})

void t.test('a lookup of the caller is asked for names, in either form of its answer', async t => {
  const asked: unknown[] = []
  const lookup: LookupFunction = (host, options, done) => {
    asked.push([host, options])
    if (host === 'one.example') done(null, '192.0.2.1', 4)
    else if (host === 'two.example') {
      done(null, [
        { address: '2001:db8::1', family: 6 },
        { address: '192.0.2.2', family: 4 },
      ])
    } else done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '', 0)
  }
  t.match(await read({ host: 'one.example', lookup }), { addresses: ['192.0.2.1'] })
  t.match(await read({ host: 'two.example', lookup, family: 6, hints: 32 }), {
    addresses: ['2001:db8::1', '192.0.2.2'],
  })
  await t.rejects(read({ host: 'none.example', lookup }), { code: 'ENOTFOUND' })
  t.same(asked.slice(0, 2), [
    ['one.example', { all: true, family: 0 }],
    ['two.example', { all: true, family: 6, hints: 32 }],
  ])
  for (const host of ['192.0.2.1', '[2001:db8::1]']) {
    t.equal((await read({ host, lookup })).addresses, undefined, host)
  }
  t.equal(asked.length, 3)
})

void t.test('a lookup that does not answer is not waited for after an abort', async t => {
  const ender = new AbortController()
  const lookup: LookupFunction = () => {}
  const target = agentTarget({ host: 'slow.example', lookup }, 80, ender.signal)
  const why = new Error('enough')
  ender.abort(why)
  await t.rejects(target, why)
})
