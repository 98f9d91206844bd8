import t from 'tap'
import { checkEngine, engineFailure } from '../../src/daemon/engine-failure.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import type { LoadedLibc } from '../../src/libc/types.ts'

const without = (): LoadedLibc =>
  loadLibc({
    platform: 'linux',
    arch: 'x64',
    requireKoffi: () => {
      throw new Error("Cannot find module 'koffi'\nRequire stack:")
    },
  })

void t.test('splice without the C library', async t => {
  t.throws(() => checkEngine('splice', without), {
    code: 'ERR_ENGINE',
    message:
      "pipe.engine: found splice, which cannot run here: Cannot find module 'koffi'; allowed: auto, stream",
  })
  for (const engine of ['auto', 'stream'] as const) {
    t.doesNotThrow(() => checkEngine(engine, without), engine)
  }
})

void t.test('a host that has it, and one that can open no poller', async t => {
  const loaded = loadLibc()
  if (!loaded.ok) {
    t.comment(`no splice engine here: ${loaded.reason}`)
    t.throws(() => checkEngine('splice'), { code: 'ERR_ENGINE' })
    return
  }
  t.doesNotThrow(() => checkEngine('splice'))
  const libc = { ...loaded.libc, epollCreate1: () => -24 }
  t.match(engineFailure('x'), { code: 'ERR_ENGINE' })
  t.throws(() => checkEngine('splice', () => ({ ok: true, libc })), { code: 'ERR_ENGINE' })
})
