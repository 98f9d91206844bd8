/** Bulk transfers between peers that do not read, where descriptors are few: pipes are counted too. */
import type { Socket } from 'node:net'
import t from 'tap'
import { askHonestly, endsWell, inForce, startWithFiles } from '../fixtures/few-files.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(180_000)

const skip = process.platform === 'linux' ? false : 'it looks into /proc'

const CHUNK = Buffer.alloc(65_536)

/** Sends for as long as anybody takes it. */
const sendOn = (socket: Socket): void => {
  const send = (): void => {
    while (socket.writable && socket.write(CHUNK));
  }
  socket.on('drain', send)
  send()
}

for (const engine of ['splice', 'stream'] as const) {
  for (const openFiles of [64, 128, 256]) {
    t.test(`${engine}: slow readers, ${openFiles} open files`, { skip }, async t => {
      const bulk = await tcpTarget(t, sendOn)
      const target = await tcpTarget(t, echo)
      const few = await startWithFiles(t, openFiles, {
        config: {
          pipe: { engine },
          listeners: [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }],
          access: [{ action: 'allow', to: ['loopback'] }],
        },
      })
      const readers: Awaited<ReturnType<typeof openSocks>>[] = []
      t.teardown(() => {
        for (const reader of readers) reader.destroy()
      })
      // All places but one.
      const clients = inForce(few) - 1
      t.comment(`${clients} of them`)
      await inParallel(clients, 8, async () => {
        const reader = await openSocks(few.eyeballd.address('socks'))
        readers.push(reader)
        await reader.greet()
        reader.sendRequest(bulk.host, bulk.port)
        const { code } = await reader.readReply()
        t.equal(code, 0)
        reader.socket.pause()
        sendOn(reader.socket)
      })
      const isFull = ({ writableNeedDrain }: Socket): boolean => writableNeedDrain
      t.ok(await eventually(() => bulk.sockets.every(isFull)), 'nothing goes through any more')
      await askHonestly(t, few, target)
      // Slow, not still: all pipes have something to do.
      const timer = setInterval(() => {
        for (const { socket } of readers) socket.read(16_384)
        for (const socket of bulk.sockets) socket.read(16_384)
      }, 20)
      t.teardown(() => clearInterval(timer))
      await askHonestly(t, few, target)
      for (const reader of readers) reader.destroy()
      await endsWell(t, few)
    })
  }
}
