import t from 'tap'
import { createSingleRequest } from '../../../src/resolver/dns/single-request.ts'
import type { Answer } from '../../../src/resolver/types.ts'
import { createScriptedSource } from '../../fixtures/scripted-query.ts'

const CONTROL = { isWanted: () => true, keepSlot: () => () => {} }
const GOOD: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }

const setUp = (isOn = true) => {
  const scripted = createScriptedSource()
  const source = createSingleRequest(scripted.source, () => isOn)
  const got: string[] = []
  const ask = (record: 'A' | 'AAAA', name = 'a.example') =>
    source(name, record, () => got.push(`${record} ${name}`), CONTROL)
  return { ...scripted, ask, got }
}

t.test('the types of one name follow each other, other names do not wait', async t => {
  const { ask, asked, answer, got } = setUp()
  ask('AAAA')
  ask('A')
  ask('A', 'b.example')
  t.same(asked(), ['AAAA a.example', 'A b.example'])
  answer('AAAA a.example', GOOD)
  t.same(asked(), ['AAAA a.example', 'A b.example', 'A a.example'])
  answer('A a.example', GOOD)
  answer('A b.example', GOOD)
  t.same(got, ['AAAA a.example', 'A a.example', 'A b.example'])
  ask('A')
  t.equal(asked().length, 4, 'nothing is left behind')
})

t.test('where it is off nobody waits', async t => {
  const { ask, asked } = setUp(false)
  ask('AAAA')
  ask('A')
  t.same(asked(), ['AAAA a.example', 'A a.example'])
})

t.test('one that is given up makes way, one that waits is not asked', async t => {
  const { ask, asked, open, answer, got } = setUp()
  const first = ask('AAAA')
  const second = ask('A')
  const third = ask('A')
  second()
  second()
  first()
  t.same(asked(), ['AAAA a.example', 'A a.example'])
  t.same(open(), ['A a.example'])
  answer('A a.example', GOOD)
  t.same(got, ['A a.example'])
  third()
  first()
  ask('A')
  t.equal(asked().length, 3)
})
