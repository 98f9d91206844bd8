import t from 'tap'
import { WITHOUT_EDNS_MS, createEdnsMemory } from '../../../src/resolver/dns/edns-memory.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

t.test('a server that refuses EDNS is asked without it for ten minutes', async t => {
  const clock = createHandClock()
  const edns = createEdnsMemory(clock)
  t.equal(edns.isUsed('s1'), true)
  t.equal(edns.isKnown('s1'), false)
  edns.refused('s1')
  t.equal(edns.isUsed('s1'), false)
  t.equal(edns.isUsed('s2'), true)
  clock.advance(WITHOUT_EDNS_MS - 1)
  t.equal(edns.isUsed('s1'), false)
  clock.advance(1)
  t.equal(edns.isUsed('s1'), true)
})

t.test('it knows who has answered, until that one refuses or the network is another', async t => {
  const edns = createEdnsMemory(createHandClock())
  edns.answered('s1')
  edns.answered('s2')
  t.equal(edns.isKnown('s1'), true)
  edns.refused('s1')
  t.equal(edns.isKnown('s1'), false)
  edns.forget()
  t.equal(edns.isKnown('s2'), false)
  t.equal(edns.isUsed('s1'), true)
})
