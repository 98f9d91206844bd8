import t from 'tap'
import type { Interfaces, OwnAddress } from '../../../src/net/host/interfaces.ts'
import { createKnownLocal } from '../../../src/net/host/known-local.ts'

const own = (address: string, changes: Partial<OwnAddress> = {}): [string, OwnAddress] => [
  address,
  {
    address,
    family: address.includes(':') ? 6 : 4,
    prefixLength: 64,
    deprecated: false,
    running: true,
    ...changes,
  },
]

const interfacesOf = (epoch: number, ...addresses: [string, OwnAddress][]): Interfaces => ({
  addresses: new Map(addresses),
  names: new Set(['eth0']),
  epoch,
})

t.test('the unique local addresses of interfaces that are up', async t => {
  const knownLocal = createKnownLocal({
    interfaces: () =>
      interfacesOf(
        1,
        own('192.0.2.77'),
        own('fe80::1'),
        own('2001:db8::77'),
        own('fd12:3456:789a::1'),
        own('fd00::1', { running: false }),
        own('fc00::1'),
        own('fdff:1::2', { deprecated: true }),
      ),
  })
  t.strictSame(knownLocal(), ['fd12:3456:789a::1', 'fdff:1::2'])
})

t.test('they are worked out once for each epoch', async t => {
  let current = interfacesOf(1, own('fd00:1::1'))
  const knownLocal = createKnownLocal({ interfaces: () => current })
  const first = knownLocal()
  t.equal(knownLocal(), first)
  current = interfacesOf(2, own('fd00:2::1'))
  t.strictSame(knownLocal(), ['fd00:2::1'])
})
