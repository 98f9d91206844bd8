/** Clients whose targets are dead, where descriptors are few: others are served all the same. */
import t from 'tap'
import { createBlackHole } from '../fixtures/create-black-hole.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { askHonestly, endsWell, startWithFiles } from '../fixtures/few-files.ts'
import { inParallel } from '../fixtures/in-parallel.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(180_000)

const skip = process.platform === 'linux' ? false : 'it looks into /proc'

/** Addresses of loopback where nobody answers: on each of them the port is the same black hole. */
const DEAD = Array.from({ length: 64 }, (_, i) => `127.0.9.${i + 1}`)

const hole = await createBlackHole('0.0.0.0')
t.teardown(hole.close)
const target = await tcpTarget(t, echo)
const dns = await createDnsServer({
  'dead.example': { addresses: DEAD },
})
t.teardown(dns.close)

for (const engine of ['splice', 'stream'] as const) {
  for (const { openFiles, clients } of [
    { openFiles: 1024, clients: 100 },
    { openFiles: 128, clients: 8 },
  ]) {
    const title = `${engine}: ${clients} clients of 64 dead addresses, ${openFiles} open files`
    t.test(title, { skip }, async t => {
      const few = await startWithFiles(t, openFiles, {
        config: {
          pipe: { engine },
          listeners: [
            { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
            {
              name: 'half',
              protocol: 'forward',
              listen: '127.0.0.1:0',
              target: [`${DEAD[0]}:${hole.port}`, `${target.host}:${target.port}`],
            },
          ],
          access: [{ action: 'allow', to: ['loopback'] }],
          resolver: { servers: [dns.address], search: [] },
          eyeballs: {
            connectionAttemptDelay: '50ms',
            minimumConnectionAttemptDelay: '10ms',
            connectTimeout: '12s',
          },
        },
      })
      const { eyeballd } = few
      const racers: Awaited<ReturnType<typeof openSocks>>[] = []
      t.teardown(() => {
        for (const racer of racers) racer.destroy()
      })
      await inParallel(clients, 20, async () => {
        const racer = await openSocks(eyeballd.address('socks'))
        racers.push(racer)
        await racer.greet()
        racer.sendRequest('dead.example', hole.port)
      })
      await askHonestly(t, few, target, { times: 6, everyMs: 1000 })
      const half = await openSocks(eyeballd.address('half'))
      half.write('hello')
      t.equal((await half.read(5)).toString(), 'hello', 'so is one that needs a second attempt')
      half.destroy()
      t.ok(few.most() > openFiles / 2, 'they were scarce')
      for (const racer of racers) racer.destroy()
      await endsWell(t, few)
    })
  }
}
