/** Connections of random sizes, pieces and endings through each engine, every byte and end held against a model. */
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { loggedEngine } from '../fixtures/pipe-model-check.ts'
import { startModelDaemon } from '../fixtures/pipe-model-daemon.ts'
import { runPipeModel, sumUp } from '../fixtures/pipe-model-run.ts'
import { descriptorNames, openDescriptors } from '../fixtures/process-figures.ts'

t.setTimeout(240_000)

/** `npm run fuzz` takes many more. */
const CONNECTIONS = 600
const AT_ONCE = 100

/** A relay worker keeps up to 16 empty pipes for the next use. */
const SPARE_DESCRIPTORS = 2 * 16

const { PIPE_MODEL_SEED = String(Date.now() % 2 ** 31), PIPE_MODEL_FIRST = '0' } = process.env
const seed = Number(PIPE_MODEL_SEED)
const first = Number(PIPE_MODEL_FIRST)

const loaded = loadLibc()
const skip = loaded.ok ? false : `the test's own sockets need the C library: ${loaded.reason}`

for (const engine of ['stream', 'splice', 'auto'] as const) {
  await t.test(`${CONNECTIONS} connections by ${engine}, seed ${seed}`, { skip }, async t => {
    if (!loaded.ok) return
    const daemon = await startModelDaemon(t, loaded.libc, engine, AT_ONCE)
    const { eyeballd } = daemon
    const before = openDescriptors(eyeballd.pid)
    const report = await runPipeModel(daemon, {
      seed,
      first,
      count: CONNECTIONS,
      atOnce: AT_ONCE,
      engine,
    })
    t.comment(sumUp(report))
    t.same(report.failures, [])
    t.equal(report.connections, CONNECTIONS, 'all were tried')
    t.ok(report.ends.get(`${loggedEngine(engine)} eof`) ?? 0, 'bytes were moved')
    const most = before + (engine === 'stream' ? 0 : SPARE_DESCRIPTORS)
    const back = await eventually(() => openDescriptors(eyeballd.pid) <= most)
    t.ok(back, `descriptors are back at ${most}`)
    if (!back) t.comment(descriptorNames(eyeballd.pid).join('\n'))
    t.same(eyeballd.linesOf('fatal'), [])
    await eyeballd.stop(t)
  })
}
