import type { Socket } from 'node:net'
import t from 'tap'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import { openListener } from '../../src/daemon/open-listener.ts'
import type { ListenOptions } from '../../src/net/listen.ts'

const address = { type: 'unix', path: '/a' } as const

const rig = async (group: string | null = null, max = 64) => {
  const all = { open: 0, max }
  const closed: unknown[] = []
  let asked: ListenOptions | undefined
  const listen = async (_: unknown, options: ListenOptions) => {
    asked = options
    return { address, close: async () => void closed.push('listener') }
  }
  const socket = (name: string): StreamSocket =>
    ({ name, destroy: () => void closed.push(name) }) as unknown as Socket
  const open = await openListener(listen, address, { mode: 0o660, group }, all)
  return {
    open,
    all,
    closed,
    socket,
    asked: () => asked,
    arrive: (one: StreamSocket) => asked?.onConnection(one),
  }
}

t.test('connections wait for a handler, and go to the current one', async t => {
  const { open, socket, arrive } = await rig()
  const taken: unknown[] = []
  const [a, b, c] = [socket('a'), socket('b'), socket('c')]
  arrive(a)
  arrive(b)
  t.same(taken, [])
  open.serve((one, where) => void taken.push(['first', one, where]))
  t.same(taken.splice(0), [
    ['first', a, address],
    ['first', b, address],
  ])
  open.serve(one => void taken.push(['second', one]))
  arrive(c)
  t.same(taken, [['second', c]], 'each connection goes to one handler')
})

t.test('waiting connections are limited, and closed with the listener', async t => {
  const { open, all, closed, socket, arrive } = await rig()
  for (let i = 0; i < 64; i++) arrive(socket(`${i}`))
  t.same(closed, [])
  arrive(socket('one too many'))
  t.same(closed, ['one too many'])
  t.equal(all.open, 64)
  await open.close()
  t.equal(all.open, 0)
  t.equal(closed.length, 66)
  t.equal(closed[1], 'listener', 'the listener closes first')
})

t.test('a group is passed on if there is one', async t => {
  t.same(Object.keys((await rig()).asked() ?? {}), ['mode', 'keepAlive', 'onConnection'])
  t.match((await rig('users')).asked(), { mode: 0o660, group: 'users' })
})

t.test('keepalive of its own is read when it is set, and may change', async t => {
  const { open, asked } = await rig()
  t.equal(asked()?.keepAlive?.(), undefined)
  open.setEgress({ keepAlive: null })
  t.equal(asked()?.keepAlive?.(), null)
  open.setEgress({ tos: 8 })
  t.equal(asked()?.keepAlive?.(), undefined)
})
