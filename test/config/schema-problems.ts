import t from 'tap'
import { schemaFindings } from '../../src/config/schema-problems.ts'
import { configSchema } from '../../src/config/schema.ts'

const findings = (value: unknown) => {
  const result = configSchema.safeParse(value)
  return result.success ? [] : schemaFindings(configSchema, result.error)
}

t.test('an unknown key is a finding of its own, with the keys known there', async t => {
  const found = findings({ lgo: 1, resolver: { cache: { ttl: 1, minTTL: 2 } } })
  t.match(found, [
    {
      path: ['resolver', 'cache', 'ttl'],
      what: 'key',
      message: /^is not a key here; allowed: maxEntries/,
    },
    { path: ['resolver', 'cache', 'minTTL'], what: 'key', message: /did you mean "minTtl"/ },
    { path: ['lgo'], what: 'key', message: /did you mean "log"\?; allowed: listeners/ },
  ])
})

t.test('keys of items of lists are known too', async t => {
  const found = findings({ access: [{ action: 'deny', port: [1] }] })
  t.match(found, [{ path: ['access', 0, 'port'], message: /did you mean "ports"/ }])
})

t.test('of a choice, the branch that was meant speaks', async t => {
  const listener = { protocol: 'socks', listen: ['127.0.0.1:1', true] }
  t.match(findings({ listeners: [listener] }), [
    { path: ['listeners', 0, 'listen', 1], message: /found true/ },
  ])
  t.match(findings({ resolver: { servers: [true] } }), [
    { path: ['resolver', 'servers', 0], message: /found true/ },
  ])
  t.match(findings({ resolver: { servers: 'x' } }), [
    { path: ['resolver', 'servers'], message: /system, or a list/ },
  ])
})

t.test('a key that is wrong is meant, not its value', async t => {
  const found = findings({ resolver: { hosts: { 'a..b': ['192.0.2.1'] } } })
  t.match(found, [{ path: ['resolver', 'hosts', 'a..b'], what: 'key', message: /not a name/ }])
})
