import t from 'tap'
import { askSource } from '../../../src/net/host/ask-source.ts'

void t.test('loopback is reached from loopback', async t => {
  t.same(await askSource('127.0.0.2', 4), { address: '127.0.0.1' })
})

void t.test('an IPv6 literal, with a zone too', async t => {
  // A host without IPv6 answers by a code, and that is right as well.
  for (const literal of ['::1', '::1%lo']) {
    const answer = await askSource(literal, 6)
    t.ok('code' in answer || answer.address === '::1', literal)
  }
})

void t.test('what has no route has a code', async t => {
  // Broadcast needs a permission that the socket does not have.
  t.match(await askSource('255.255.255.255', 4), { code: /^E(ACCES|NETUNREACH)$/ })
  t.match(await askSource('fe80::1%no-such-zone', 6), { code: /^E/ })
  t.match(await askSource('192.0.2.1', 6), { code: /^E/ }, 'the wrong family')
})
