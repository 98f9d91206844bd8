import t from 'tap'
import { createLocalAddresses } from '../../../src/net/host/local-addresses.ts'
import { interfacesOf } from '../../fixtures/own-interfaces.ts'

const isLocal = createLocalAddresses(() =>
  interfacesOf(['lo 127.0.0.1/8', 'eth0 192.0.2.2/24', 'eth0 2001:db8::2/64', 'eth0 fe80::2/64']),
)

void t.test('loopback and unspecified addresses are this host on every host', async t => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::1%lo', '0.0.0.0', '::']) {
    t.equal(isLocal(address), true, address)
  }
  t.equal(isLocal('::ffff:127.0.0.1'), true, 'IPv4-mapped')
  t.equal(isLocal('::ffff:0.0.0.0'), true, 'IPv4-mapped')
})

void t.test('so are the addresses of its interfaces, and no neighbours', async t => {
  for (const address of ['192.0.2.2', '2001:db8::2', '2001:0DB8:0::2', 'fe80::2%eth0']) {
    t.equal(isLocal(address), true, address)
  }
  t.equal(isLocal('::ffff:192.0.2.2'), true, 'IPv4-mapped')
  for (const address of ['192.0.2.3', '2001:db8::3', '0.0.0.1', '128.0.0.1', '::2']) {
    t.equal(isLocal(address), false, address)
  }
})

void t.test('what is no address is not local', async t => {
  t.equal(isLocal('localhost'), false)
  t.equal(isLocal(''), false)
})
