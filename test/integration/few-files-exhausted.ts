/** Descriptors that run out all the same: it is logged, once, and passes. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import t from 'tap'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(60_000)

const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0
const skip = hasPrlimit ? false : 'there is no prlimit(1)'

const target = await tcpTarget(t, echo)

/** Leaves a process so many descriptors that are free: new ones have the lowest free numbers. */
const leave = (pid: number, files: number): void => {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number))
  let limit = 0
  for (let free = 0; taken.has(limit) || free < files; limit++) if (!taken.has(limit)) free++
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`])
}

for (const engine of ['splice', 'stream'] as const) {
  // Node closes what it cannot accept, without an event: there only what comes later is seen.
  for (const [files, what] of [
    [0, 'accept a connection'],
    [1, 'connect'],
  ] as const) {
    if (engine === 'stream' && files === 0) continue
    t.test(`${engine}: none left to ${what}`, { skip }, async t => {
      const eyeballd = await startEyeballd(t, {
        config: {
          pipe: { engine },
          listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
          access: [{ action: 'allow', to: ['loopback'] }],
        },
      })
      const before = await askSocks(eyeballd.address(), target.host, target.port)
      t.equal(before.reply.code, 0)
      before.client.destroy()
      await eyeballd.waitFor(({ event }) => event === 'close')
      leave(eyeballd.pid, files)
      const client = await openSocks(eyeballd.address())
      t.teardown(client.destroy)
      client.write(Buffer.from([5, 1, 0]))
      client.sendRequest(target.host, target.port)
      const line = await eyeballd.waitFor(({ event }) => event === 'exhausted')
      t.match(line, { level: 50, what, code: 'EMFILE', failures: 1 })
      spawnSync('prlimit', ['--pid', String(eyeballd.pid), '--nofile=4096:'])
      client.destroy()
      const after = await askSocks(eyeballd.address(), target.host, target.port)
      t.equal(after.reply.code, 0, 'it serves again')
      after.client.destroy()
      t.equal(eyeballd.linesOf('exhausted').length, 1, 'what follows is counted')
      await eyeballd.stop(t)
    })
  }
}
