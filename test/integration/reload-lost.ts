/**
 * An address that had to close for a reload that failed, and cannot be opened again: the others are, the
 * log says which one is lost, and it is open again as soon as it can be.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { makeNamespace, removeLeftovers, run, whyNoNamespaces } from '../fixtures/namespaces.ts'
import { reload } from '../fixtures/reload.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const ADDRESS = '192.0.2.1'

const reason = whyNoNamespaces()
if (reason !== undefined) {
  t.plan(0, `an address is taken from a host in a network namespace: ${reason}`)
  process.exit(0)
}
removeLeftovers()

/** Whether a port of the namespace's is listened on. */
const accepts = (namespace: string, host: string, port: number): boolean => {
  const script = `require('node:net').connect(${port}, '${host}').on('connect', () => process.exit(0)).on('error', () => process.exit(1))`
  const command = ['netns', 'exec', namespace, process.execPath, '-e', script]
  return spawnSync('ip', command, { stdio: 'ignore' }).status === 0
}

const engines = loadLibc().ok ? ['splice', 'stream'] : ['stream']

for (const processes of [1, 2]) {
  for (const engine of engines) {
    await t.test(`engine ${engine}, processes: ${processes}`, async t => {
      const namespace = makeNamespace(t, `lost${processes}${engine}`)
      run(`ip -n ${namespace} address add ${ADDRESS}/32 dev lo`)
      const wrap = ['ip', 'netns', 'exec', namespace]
      const path = join(makeSocketDir(t), 's')
      const socks = (name: string, listen: string) => ({
        name,
        protocol: 'socks',
        listen,
        ...(listen.startsWith('unix:') ? {} : { open: true }),
      })
      const rest = { pipe: { engine }, processes }
      const config = {
        ...rest,
        listeners: [
          socks('outer', `${ADDRESS}:1080`),
          socks('inner', '127.0.0.1:1081'),
          socks('path', `unix:${path}`),
        ],
      }
      const bad = {
        ...rest,
        listeners: [socks('outer', '0.0.0.0:1080'), socks('inner', '0.0.0.0:1081')],
      }
      // Its port keeps the second wildcard from opening, after all that is in the way has closed.
      await startEyeballd(t, { args: ['-l', '127.0.0.2:1081'], wrap })
      const eyeballd = await startEyeballd(t, { config, wrap })
      run(`ip -n ${namespace} address del ${ADDRESS}/32 dev lo`)

      t.match(await reload(eyeballd, bad), { level: 50, lost: 1, error: /1081/ })
      const expected = { event: 'listener-lost', level: 50, listener: 'outer', protocol: 'socks' }
      t.match(eyeballd.linesOf('listener-lost'), [{ ...expected, address: `${ADDRESS}:1080` }])
      t.ok(accepts(namespace, '127.0.0.1', 1081), 'the one behind it is open again')
      const client = await openSocks({ path })
      t.equal(await client.greet(), 0, 'what did not have to close serves')
      client.destroy()

      // Some time passes in which it is tried in vain.
      t.match(await reload(eyeballd, config), { level: 50, lost: 1, error: /no such address/ })
      const before = eyeballd.linesOf('listening').length
      run(`ip -n ${namespace} address add ${ADDRESS}/32 dev lo`)
      await eyeballd.waitFor(() => eyeballd.linesOf('listening').length > before, 20_000)
      t.match(eyeballd.linesOf('listening').at(-1), { address: `${ADDRESS}:1080` })
      t.ok(accepts(namespace, ADDRESS, 1080), 'it is open again')
      t.equal(eyeballd.linesOf('listener-lost').length, 1, 'it was logged once')
      t.match(await reload(eyeballd, config), { level: 30 })
      await eyeballd.stop(t)
    })
  }
}
