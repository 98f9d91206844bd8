/** `watch: true`: the file is applied when it changes, as the kubelet changes a ConfigMap too. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

/** Writes a ConfigMap as the kubelet does: into a folder of its own, to which a link is then swapped. */
const mountConfigMap = (directory: string) => {
  let count = 0
  symlinkSync(join('..data', 'eyeballd.yaml'), join(directory, 'eyeballd.yaml'))
  return (text: string): void => {
    const name = `..${++count}`
    mkdirSync(join(directory, name))
    writeFileSync(join(directory, name, 'eyeballd.yaml'), text)
    symlinkSync(name, join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
    if (count > 1) rmSync(join(directory, `..${count - 1}`), { recursive: true })
  }
}

const configOf = (port: number, rest = ''): string =>
  `{ watch: true, listeners: [{ name: a, protocol: socks, listen: '127.0.0.1:${port}' }]${rest} }`

/** A daemon whose ConfigMap changes twice, and what it logs of that. */
const changeTwice = async (t: Test, processes: number): Promise<void> => {
  const directory = temporaryDirectory(t)
  const write = mountConfigMap(directory)
  const rest = `, processes: ${processes}`
  write(configOf(0, rest))
  const args = ['-c', join(directory, 'eyeballd.yaml')]
  const eyeballd = await startEyeballd(t, { args })
  write('listeners: [')
  const failed = await eyeballd.waitFor(({ event }) => event === 'reload', 20_000)
  t.match(failed, { level: 50, error: String }, 'a mistake changes nothing')
  write(configOf(0, `${rest}, drainTimeout: 7s`))
  await eyeballd.waitFor(({ event, level }) => event === 'reload' && level === 30, 20_000)
  t.equal(eyeballd.linesOf('reload').length, 2, 'each change is one reload')
  eyeballd.kill('SIGTERM')
  t.match(await eyeballd.waitFor(({ event }) => event === 'draining'), { timeoutMs: 7000 })
  t.match(await eyeballd.exited, { code: 0 })
}

t.test('a ConfigMap that changes is applied, by one process and by several', async t => {
  await Promise.all([changeTwice(t, 1), changeTwice(t, 2)])
})
