import t from 'tap'

import type { Places } from '../../src/listener/admission.ts'
import { connectionsInForce, createAdmission } from '../../src/listener/admission.ts'

const limits = {
  maxConnections: 2,
  maxConnectionsPerClient: 0,
  maxConnectionsPerUser: 0,
  files: Infinity,
}

t.test('connections in force', async t => {
  const force = (maxConnections: number, files: number): number =>
    connectionsInForce({
      maxConnections,
      maxConnectionsPerClient: 0,
      maxConnectionsPerUser: 0,
      files,
    })
  t.equal(force(10_000, Infinity), 10_000)
  t.equal(force(10_000, 1_000_000), 10_000)
  t.equal(force(10_000, 999), 249)
  t.equal(force(3, 64), 3)
  t.equal(force(10_000, -8), 1, 'never none')
})

t.test('one of several processes says that its limits are its own', async t => {
  const one = { ...limits, maxConnectionsPerClient: 1, maxConnectionsPerUser: 1, isShare: true }
  const admission = createAdmission(one)
  admission.admit('192.0.2.1')
  const client = 'the only connection allowed to one client in this process is in use'
  t.equal(admission.admit('192.0.2.1'), client)
  admission.assignUser('alice', null)
  const user = 'the only connection allowed to one user in this process is in use'
  t.equal(admission.assignUser('alice', null), user)
  admission.change({ ...one, maxConnectionsPerClient: 2 })
  admission.admit('192.0.2.1')
  t.equal(admission.admit('192.0.2.2'), 'all 2 connections in this process are in use')
  admission.change({ ...one, maxConnections: 9, maxConnectionsPerClient: 2 })
  const clients = 'all 2 connections of one client in this process are in use'
  t.equal(admission.admit('192.0.2.1'), clients)
})

const admitted = (result: Places | string): Places => {
  if (typeof result === 'string') throw new Error(result)
  return result
}

t.test('one too many is refused, and a place given back is there again', async t => {
  const admission = createAdmission(limits)
  const first = admitted(admission.admit('192.0.2.1'))
  admitted(admission.admit('192.0.2.2'))
  t.equal(admission.active(), 2)
  t.equal(admission.limit(), 2)
  t.equal(admission.admit('192.0.2.3'), 'all 2 connections are in use')
  admission.leave(first)
  t.equal(admission.active(), 1)
  admitted(admission.admit('192.0.2.3'))
  t.equal(admission.active(), 2)
})

t.test('one client may have only so many', async t => {
  const admission = createAdmission({ ...limits, maxConnections: 9, maxConnectionsPerClient: 2 })
  const first = admitted(admission.admit('192.0.2.1'))
  const second = admitted(admission.admit('192.0.2.1'))
  t.equal(admission.admit('192.0.2.1'), 'all 2 connections of one client are in use')
  t.equal(admission.active(), 2)
  admitted(admission.admit('192.0.2.2'))
  t.equal(first, second, 'they share what is counted')
  admission.leave(first)
  admission.leave(second)
  admitted(admission.admit('192.0.2.1'))
  admitted(admission.admit('192.0.2.1'))
  t.type(admission.admit('192.0.2.1'), 'string')
})

t.test('a connection of an unknown client counts in the total alone', async t => {
  const admission = createAdmission({ ...limits, maxConnections: 3, maxConnectionsPerClient: 1 })
  const first = admitted(admission.admit('a'))
  t.equal(admission.hold(), null)
  t.equal(admission.hold(), null)
  t.equal(admission.active(), 3)
  const full = 'all 3 connections are in use'
  t.equal(admission.hold(), full)
  t.equal(admission.admit('b'), full)
  const second = admitted(admission.assign('b'))
  t.equal(admission.active(), 3, 'it has its place already')
  t.equal(admission.assign('a'), 'the only connection allowed to one client is in use')
  t.equal(admission.active(), 2, 'and loses it if it is refused')
  t.equal(admission.hold(), null)
  admission.release()
  admission.leave(first)
  admission.leave(second)
  t.equal(admission.active(), 0)
  admitted(admission.admit('a'))
})

t.test('new limits put nobody out', async t => {
  const admission = createAdmission(limits)
  const first = admitted(admission.admit('a'))
  admitted(admission.admit('a'))
  admission.change({
    maxConnections: 1,
    maxConnectionsPerClient: 1,
    maxConnectionsPerUser: 0,
    files: Infinity,
  })
  t.equal(admission.active(), 2)
  t.equal(admission.limit(), 1)
  admission.leave(first)
  t.equal(admission.admit('a'), 'the only connection allowed is in use')
  admission.change({
    maxConnections: 5,
    maxConnectionsPerClient: 1,
    maxConnectionsPerUser: 0,
    files: Infinity,
  })
  t.equal(admission.admit('a'), 'the only connection allowed to one client is in use')
  admitted(admission.admit('b'))
})

t.test('a user has so many connections, of all clients and listeners together', async t => {
  const admission = createAdmission({ ...limits, maxConnections: 9, maxConnectionsPerUser: 2 })
  const [first, second, third] = ['a', 'b', 'b'].map(client => admitted(admission.admit(client)))
  if (!first || !second || !third) throw new Error('none admitted')
  t.equal(admission.assignUser('eve', null), null)
  t.equal(admission.assignUser('eve', null), null)
  t.equal(admission.assignUser('eve', 'eve'), null, 'a connection counts once')
  t.equal(admission.assignUser('eve', null), 'all 2 connections of one user are in use')
  t.equal(admission.assignUser('bob', null), null)
  t.equal(admission.assignUser('eve', 'bob'), 'all 2 connections of one user are in use')
  admission.leave(first, 'eve')
  t.equal(admission.assignUser('eve', 'bob'), null, 'it counts for another user now')
  t.equal(admission.assignUser('bob', null), null)
  t.equal(admission.assignUser('bob', null), null, 'and for the first no more')
  admission.leave(second, 'eve')
  admission.leave(third, 'eve')
  t.equal(admission.active(), 0)
  admission.change({ ...limits, maxConnectionsPerUser: 1 })
  t.equal(admission.assignUser('bob', null), 'the only connection allowed to one user is in use')
  t.equal(admission.assignUser('eve', null), null)
})

t.test('connections of users count while there is no limit', async t => {
  const admission = createAdmission(limits)
  const places = admitted(admission.admit('a'))
  for (let n = 0; n < 5; n++) t.equal(admission.assignUser('eve', null), null)
  admission.change({ ...limits, maxConnectionsPerUser: 5 })
  t.type(admission.assignUser('eve', null), 'string')
  admission.leave(places, 'eve')
  t.equal(admission.assignUser('eve', null), null)
})
