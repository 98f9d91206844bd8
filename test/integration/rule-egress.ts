/** The egress of access rules, over real sockets: what it keeps from being tried is no failure of a target. */
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(60_000)

const loaded = loadLibc()
const noLibc = loaded.ok ? false : `the C library cannot be had: ${loaded.reason}`

const BOTH = ['::1', '127.0.0.1']

for (const engine of ['splice', 'stream'] as const) {
  const skip = engine === 'splice' && noLibc
  await t.test(`${engine}: a family that a rule switches off hides nothing`, { skip }, async t => {
    const target = await tcpTarget(t, echo)
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [{ protocol: 'mixed', listen: '127.0.0.1:0' }],
        pipe: { engine },
        resolver: {
          search: [],
          hosts: { 'none.example': BOTH, 'gone.example': BOTH, 'dead.example': BOTH },
        },
        access: [
          { action: 'allow', to: 'none.example', egress: { bind6: 'none' } },
          { action: 'allow', to: 'gone.example', egress: { bind6: '2001:db8::9' } },
        ],
      },
    })
    const raceTo = async (host: string): Promise<unknown[]> => {
      const lineOf = eyeballd.nextClient()
      const { client } = await askSocks(eyeballd.address(), host, target.port)
      const { hidden, attempts } = await lineOf('race', client.socket.localPort)
      client.destroy()
      return [hidden, ...(attempts as { readonly code?: string }[]).map(({ code }) => code)]
    }
    t.same(await raceTo('none.example'), [false, 'EADDRNOTAVAIL', undefined])
    t.same(await raceTo('gone.example'), [false, 'EADDRNOTAVAIL', undefined])
    t.same(await raceTo('dead.example'), [true, 'ECONNREFUSED', undefined])
    await eyeballd.stop(t)
  })
}
