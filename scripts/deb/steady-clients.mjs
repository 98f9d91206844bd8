/**
 * Connects to the proxy at 127.0.0.1:1080 a hundred times a second for eight seconds, greets it by SOCKS5, and counts who
 * got an answer. Ends with status 1 if anybody was refused. Plain JavaScript, for the Node of the Debian package.
 */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const COUNT = 800
const EVERY_MS = 10
const GREETING = Buffer.from([5, 1, 0])

const ask = () =>
  new Promise(resolve => {
    const startedAt = performance.now()
    const socket = connect(1080, '127.0.0.1', () => socket.write(GREETING))
    const end = outcome => {
      socket.destroy()
      resolve({ outcome, ms: performance.now() - startedAt })
    }
    socket.setTimeout(60_000, () => end('ETIMEDOUT'))
    socket.once('error', error => end(error.code))
    socket.once('data', data =>
      end(data[0] === 5 && data[1] === 0 ? 'answered' : 'answered wrongly'),
    )
    socket.once('end', () => end('closed'))
  })

const asked = []
for (let n = 0; n < COUNT; n++) {
  asked.push(ask())
  await sleep(EVERY_MS)
}
const ends = await Promise.all(asked)
const counts = Map.groupBy(ends, ({ outcome }) => outcome)
const slowest = Math.max(...ends.map(({ ms }) => ms))
const shown = [...counts].map(([outcome, { length }]) => `${length} ${outcome}`).join(', ')
console.log(`${shown}; the slowest took ${slowest.toFixed(0)} ms`)
process.exitCode = counts.size === 1 && counts.has('answered') ? 0 : 1
