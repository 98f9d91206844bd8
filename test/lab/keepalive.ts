/**
 * A target whose packets vanish, as when a NAT on the way has forgotten the connection: keepalive finds
 * it out, and the client is closed. Left out without root.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { within } from '../fixtures/children.ts'
import { startLabTarget } from '../fixtures/lab-target.ts'
import { LAB, makeLab, removeLeftovers, run, whyNoNamespaces } from '../fixtures/namespaces.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const TARGET_PORT = 8080

const reason = whyNoNamespaces()
if (reason === undefined) removeLeftovers()

for (const engine of ['splice', 'stream'] as const) {
  await t.test(`${engine}: a target that has vanished`, { skip: reason ?? false }, async t => {
    const { host, net } = makeLab(t)
    await startLabTarget(t, net, TARGET_PORT)
    // A UNIX socket is the same in every namespace.
    const path = join(temporaryDirectory(t), 'forward.sock')
    const eyeballd = await startEyeballd(t, {
      wrap: ['ip', 'netns', 'exec', host],
      config: {
        listeners: [
          { protocol: 'forward', listen: `unix:${path}`, target: `${LAB.net4}:${TARGET_PORT}` },
        ],
        pipe: { engine },
        egress: { keepAlive: { idle: '1s', interval: '1s', count: 2 } },
      },
    })
    const client = connect(path)
    client.write('hello')
    await once(client, 'data')
    const over = once(client, 'close')
    run(
      `ip netns exec ${net} nft -f -`,
      'table inet gone { chain in { type filter hook input priority 0; policy drop; }; }',
    )
    await within(20_000, 'the client is closed', over)
    const line = await eyeballd.waitFor(({ event }) => event === 'close')
    t.match(line, { reason: 'error', bytesUp: 5, bytesDown: 5 })
    t.ok(Number(line['durationMs']) > 2000, 'it was silent, and asked twice')
    await eyeballd.stop(t)
  })
}
