/*
 * Clients that ask for names which no server answers, and leave at once; beside them one from another
 * address, whose names are answered in 5 ms, and connections to an address. It prints what that costs, and
 * ends with status 1 where it costs more than it may: 64 MiB, of which 32 stay, the sockets of 64 queries, 100 ms.
 *
 *     npm run flood                                         2,000 a second for 60 s
 *     npm run flood -- --rate 400 --seconds 20 --heap 200 --max-connections 256
 *     npm run flood -- --open-files 1024
 *     npm run flood -- --bin dist/bin.js                    another build; Linux only
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createFloodWorld, flood, timedAsk, watchProcess } from '../test/fixtures/lookup-flood.ts'
import { residentMiB } from '../test/fixtures/process-figures.ts'
import { startEyeballd } from '../test/fixtures/start-eyeballd.ts'
import { createOwner } from './lab/owner.ts'

const GROWTH_MAX_MIB = 64
/** What is left of it after 5 s of quiet. */
const LEFT_MAX_MIB = 32
const QUERIES_MAX = 64
const HONEST_MAX_MS = 100

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
    heap: { type: 'string' },
    'max-connections': { type: 'string', default: '10000' },
    'open-files': { type: 'string' },
    bin: { type: 'string', default: 'dist/bin.js' },
  },
})

process.env['EYEBALLD_BIN'] = values.bin
const owner = createOwner()
const { target, dns, asked } = await createFloodWorld(owner)
const eyeballd = await startEyeballd(owner, {
  config: {
    listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
    access: [{ action: 'allow', to: ['loopback'] }],
    resolver: { servers: [dns.address], search: [] },
    log: { races: 'none' },
    limits: { maxConnections: Number(values['max-connections']) },
  },
  ...(values.heap !== undefined && {
    env: { NODE_OPTIONS: `--max-old-space-size=${values.heap}` },
  }),
  ...(values['open-files'] !== undefined && {
    wrap: ['sh', '-c', `ulimit -n ${values['open-files']}; exec "$@"`, 'sh'],
  }),
})
const address = eyeballd.address()
const rate = Number(values.rate)
// What is compiled and cached is there before anything is measured.
await flood(owner, address, { rate: Math.min(rate, 500), seconds: 2 })
const before = residentMiB(eyeballd.pid)
const watch = watchProcess(eyeballd.pid)
const state = { flooding: true }
const flooding = flood(owner, address, { rate, seconds: Number(values.seconds) }).finally(() => {
  state.flooding = false
})

/** What clients beside the flood wait for, in milliseconds; of those that got no connection the number. */
const honest = { names: [] as number[], addresses: [] as number[], refused: 0 }
const askBeside = async (host: string, into: number[]): Promise<void> => {
  try {
    const { ms, code } = await timedAsk(address, host, target.port)
    if (code === 0) into.push(ms)
    else honest.refused++
  } catch {
    honest.refused++
  }
}
for (let i = 0; state.flooding; i++) {
  await askBeside(`good-${i}.example.com`, honest.names)
  await askBeside(target.host, honest.addresses)
  await sleep(100)
}
const counts = await flooding
const most = watch.stop()
const rejected = eyeballd.linesOf('rejected').length
await sleep(5000)
const after = residentMiB(eyeballd.pid)

const percentile = (list: readonly number[], part: number): string =>
  (list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * part)] ?? NaN).toFixed(1)
const show = (list: readonly number[]): string =>
  `${list.length}, median ${percentile(list, 0.5)} ms, p99 ${percentile(list, 0.99)} ms, most ${percentile(list, 1)} ms`

console.log(
  [
    `Node ${process.version}, ${JSON.stringify(values)}`,
    `${counts.connected} of ${counts.started} connections in ${(counts.tookMs / 1000).toFixed(1)} s; ${asked()} DNS questions, ${rejected} connections rejected`,
    `memory: ${before.toFixed(0)} MiB before, ${most.memoryMiB.toFixed(0)} at most, ${after.toFixed(0)} after 5 s of quiet`,
    `descriptors: ${most.descriptors} at most, ${most.udp} of them UDP sockets`,
    `names of another client: ${show(honest.names)}`,
    `addresses of another client: ${show(honest.addresses)}; refused: ${honest.refused}`,
  ].join('\n'),
)
const isGood =
  most.memoryMiB - before < GROWTH_MAX_MIB &&
  after - before < LEFT_MAX_MIB &&
  most.udp <= QUERIES_MAX &&
  Number(percentile(honest.names, 0.99)) < HONEST_MAX_MS
if (!isGood) process.exitCode = 1
await owner.end()
