import { networkInterfaces } from 'node:os'
import t from 'tap'
import { hasInterface } from '../../src/config/has-interface.ts'

t.test('what Linux lists, and what has an address', async t => {
  const sources = {
    exists: (path: string) => path === '/sys/class/net/eth0',
    list: () => ({ en0: [] }),
  }
  t.equal(hasInterface('eth0', sources), true)
  t.equal(hasInterface('en0', sources), true)
  t.equal(hasInterface('eth1', sources), false)
  t.equal(hasInterface('toString', sources), false)
})

t.test('a name is no path', async t => {
  const sources = { exists: () => true, list: () => ({}) }
  t.equal(hasInterface('../..', sources), false)
})

t.test('where it cannot be found out, it is believed', async t => {
  const list = (): never => {
    throw new Error('no descriptor is free')
  }
  t.equal(hasInterface('eth0', { exists: () => false, list }), true)
})

t.test('those of this host', async t => {
  const [name] = Object.keys(networkInterfaces())
  if (name === undefined) return t.comment('this host has no interface')
  t.equal(hasInterface(name), true)
  t.equal(hasInterface('no-such-interface'), false)
})
