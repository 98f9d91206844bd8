import t from 'tap'
import { parseCidr } from '../../src/core/cidr.ts'
import { parseIp } from '../../src/core/ip.ts'
import type { Peer } from '../../src/listener/accepted.ts'
import { clientRefusal } from '../../src/listener/client-refusal.ts'

const peerOf = (key: string, isLocal = false): Peer => ({
  text: key,
  key,
  ip: parseIp(key) ?? null,
  isLocal,
})

t.test('clients of a list, of none, and of a UNIX socket', async t => {
  const clients = ['192.0.2.0/24', '127.0.0.0/8'].flatMap(text => parseCidr(text) ?? [])
  t.equal(clientRefusal(clients, peerOf('192.0.2.9')), null)
  t.equal(
    clientRefusal(clients, peerOf('198.51.100.1')),
    '198.51.100.1 is not among the clients of this listener',
  )
  t.equal(clientRefusal(clients, peerOf('127.0.0.1', true)), null)
  t.type(clientRefusal(clients, peerOf('127.0.0.1')), 'string', 'a loopback that is not this host')
  t.equal(clientRefusal(null, peerOf('198.51.100.1')), null)
  t.equal(clientRefusal([], peerOf('unix', true)), null)
  t.type(clientRefusal([], peerOf('192.0.2.9')), 'string')
})
