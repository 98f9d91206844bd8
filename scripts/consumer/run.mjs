/**
 * Uses what the package exports for what it is there for, on loopback, as someone would who has
 * installed it. Ends with 1 where something does not work, where something exported is not used here,
 * or where the process does not end by itself.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, get } from 'node:http'
import { createServer } from 'node:net'
import { Agent, fetch } from 'undici'
import * as eyeballd from 'eyeballd'

const unused = new Set(Object.keys(eyeballd))
/** What is exported under a name. */
const use = name => {
  unused.delete(name)
  assert.ok(eyeballd[name], `${name} is exported`)
  return eyeballd[name]
}

const server = createServer(socket => socket.on('error', () => {}).end('hello')).listen(
  0,
  '127.0.0.1',
)
await once(server, 'listening')
const { port } = server.address()

/** A port that nobody listens at. */
const closed = createServer().listen(0, '127.0.0.1')
await once(closed, 'listening')
const { port: refused } = closed.address()
closed.close()
await once(closed, 'close')

/** Reads a socket to its end. */
const read = async socket => {
  const chunks = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const addrInfos = use('addrToAddrInfos')({ address: '127.0.0.1', port })
assert.equal(await read(await use('startConnection')(addrInfos)), 'hello')
assert.equal(await read(await use('connect')({ host: 'localhost', port })), 'hello')

const { readable, socket } = await use('openConnection')({ host: '127.0.0.1', port })
assert.equal(await new Response(readable).text(), 'hello')
socket.destroy()

const web = createHttpServer((_, response) => response.end('page')).listen(0, '127.0.0.1')
await once(web, 'listening')
const { port: webPort } = web.address()
const agent = use('createAgent')()
const [response] = await once(get({ host: 'localhost', port: webPort, agent }), 'response')
assert.equal(await read(response), 'page')
agent.destroy()
const dispatcher = new Agent({ connect: use('createConnector')() })
const page = await fetch(`http://localhost:${webPort}/`, { dispatcher })
assert.equal(await page.text(), 'page')
await dispatcher.close()
web.close()

const ConnectionPool = use('ConnectionPool')
const pool = new ConnectionPool({ host: '127.0.0.1', port, max: 1 })
const lent = await pool.acquire()
assert.equal(await read(lent), 'hello')
pool.release(lent)
await pool.close()

const error = await use('connect')({ host: '127.0.0.1', port: refused }).catch(reason => reason)
assert.ok(use('isRaceError')(error))
assert.equal(error.code, 'ECONNREFUSED')

const six = { family: 6, address: '2001:db8::1', port }
const mixed = use('interleaveAddrInfos')([six, { ...six, address: '2001:db8::2' }, ...addrInfos])
assert.deepEqual(
  mixed.map(({ family }) => family),
  [6, 4, 6],
)
use('removeAddrInfos')(mixed, { address: '2001:DB8:0::1', port })
use('popAddrInfosInterleave')(mixed)
assert.deepEqual(mixed, [])

assert.deepEqual(use('sortAddresses')(['192.0.2.1', '2001:db8::1']), ['2001:db8::1', '192.0.2.1'])

const RaceMachine = use('RaceMachine')
const machine = new RaceMachine({ addresses: [six] })
assert.ok(machine.handle({ type: 'wake' }, 0).some(({ type }) => type === 'connect'))
assert.deepEqual(use('summarise')(machine.trace()).winner, null)
use('createRaceMachine')

server.close()
assert.deepEqual([...unused], [], 'all that is exported is used here')
