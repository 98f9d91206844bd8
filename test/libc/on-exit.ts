import { spawnSync } from 'node:child_process'
import t from 'tap'
import { onExit } from '../../src/libc/on-exit.ts'
import { COMPILED } from '../fixtures/compiled.ts'

void t.test('all functions share one exit listener', t => {
  const before = process.listenerCount('exit')
  const run = (): void => {}
  const forget = [onExit(run), onExit(run), onExit(run)]
  t.equal(process.listenerCount('exit'), before + 1)
  forget[0]?.()
  forget[0]?.()
  forget[1]?.()
  t.equal(process.listenerCount('exit'), before + 1, 'taken back twice is once')
  let ran = 0
  const count = onExit(() => ran++)
  process.listeners('exit').at(-1)?.(0)
  t.equal(ran, 1)
  count()
  forget[2]?.()
  t.equal(process.listenerCount('exit'), before)
  t.end()
})

void t.test('each function runs at exit unless it was removed', t => {
  const script = `
    const { onExit } = await import(${JSON.stringify(new URL('../../src/libc/on-exit.ts', import.meta.url).href)})
    onExit(() => console.log('one'))
    onExit(() => console.log('two'))()
    onExit(() => console.log('three'))
    process.exit(3)
  `
  const node = [COMPILED, '--input-type=module', '-e', script]
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout, status, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', env })
  t.equal(stdout, 'one\nthree\n', stderr)
  t.equal(status, 3)
  t.end()
})
