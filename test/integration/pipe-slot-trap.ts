/** Bursts of single bytes behind a reader that stalls: each takes a slot of the kernel's pipe, and none of them stays there. */
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { startModelDaemon } from '../fixtures/pipe-model-daemon.ts'
import { runPipeModel, sumUp } from '../fixtures/pipe-model-run.ts'
import { TRAPS, trapScriptOf } from '../fixtures/pipe-model-traps.ts'

t.setTimeout(120_000)

const AT_ONCE = 50
const STUCK_MS = 30_000

const loaded = loadLibc()
const skip = loaded.ok ? false : `the test's own sockets need the C library: ${loaded.reason}`

for (const engine of ['stream', 'splice'] as const) {
  await t.test(`no byte of a burst stays behind, by ${engine}`, { skip }, async t => {
    if (!loaded.ok) return
    const daemon = await startModelDaemon(t, loaded.libc, engine, AT_ONCE)
    const report = await runPipeModel(daemon, {
      seed: 1,
      first: 0,
      count: TRAPS,
      atOnce: AT_ONCE,
      engine,
      make: trapScriptOf,
      stuckMs: STUCK_MS,
    })
    t.comment(sumUp(report))
    t.same(report.failures, [])
    t.equal(report.ends.get(`${engine} eof`), TRAPS)
    await daemon.eyeballd.stop(t)
  })
}
