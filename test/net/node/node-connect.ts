import { spawnSync } from 'node:child_process'
import type { Socket } from 'node:net'
import { connect as netConnect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createNodeConnect } from '../../../src/net/node/node-connect.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { COMPILED } from '../../fixtures/compiled.ts'
import { attempt, freePort, testConnect } from '../../fixtures/connect-cases.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const connect = createNodeConnect({ hasInterface: name => name === 'lo' })

testConnect(connect)

void t.test('the socket is paused, nothing was read, and no listener is left on it', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  const result = await attempt(connect, '127.0.0.1', server.port)
  ;(await accepted).write('early')
  await allArrived()
  if (!result.ok) throw new Error(result.message)
  t.equal(result.socket.isPaused(), true)
  t.equal(result.socket.bytesRead, 0)
  t.equal(result.socket.listenerCount('connect'), 0)
  result.socket.destroy()
  await server.close()
})

void t.test('cancelled at once: no connection is begun', async t => {
  const server = await createTcpServer()
  const cancel = connect({ address: '127.0.0.1', family: 4, port: server.port }, () =>
    t.fail('it was cancelled'),
  )
  t.equal(cancel(), false)
  await allArrived()
  t.equal(server.sockets.length, 0)
  await server.close()
})

void t.test('arguments that Node refuses are a failed attempt', async t => {
  t.match(await attempt(connect, '127.0.0.1', 70_000), {
    ok: false,
    code: 'ERR_SOCKET_BAD_PORT',
    sent: false,
  })
  const cancel = connect({ address: '127.0.0.1', family: 4, port: -1 }, () =>
    t.fail('it was cancelled'),
  )
  t.equal(cancel(), false)
  await sleep(1)
})

void t.test('no descriptor left (EMFILE): nothing was sent', async t => {
  const script = `
    import { openSync } from 'node:fs'
    import { createNodeConnect } from ${JSON.stringify(new URL('../../../src/net/node/node-connect.ts', import.meta.url).href)}
    const heard = []
    const connect = createNodeConnect({
      hasInterface: () => true,
      onExhausted: (what, code) => heard.push(what + ': ' + code),
    })
    try { for (;;) openSync('/dev/null') } catch {}
    connect({ address: '127.0.0.1', family: 4, port: 9 }, ({ code, sent }) => {
      process.stdout.write(JSON.stringify({ code, sent, heard }))
      process.exit()
    })
  `
  const node = [process.execPath, COMPILED, '--input-type=module', '-e', script]
  const { stdout, stderr } = spawnSync('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', ...node], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  t.equal(stdout, '{"code":"EMFILE","sent":false,"heard":["connect: EMFILE"]}', stderr)
})

void t.test('a socket that is connected to itself counts as refused', async t => {
  const port = await freePort()
  let self: Socket | undefined
  const toSelf = createNodeConnect({
    hasInterface: () => true,
    // The system gives the port by chance; here it is asked for.
    open: options => (self = netConnect({ ...options, localPort: port })),
  })
  t.match(await attempt(toSelf, '127.0.0.1', port), {
    ok: false,
    code: 'ECONNREFUSED',
    sent: true,
    message: `connect ECONNREFUSED 127.0.0.1:${port}`,
  })
  t.equal(self?.destroyed, true)
})
