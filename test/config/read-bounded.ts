import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readBounded } from '../../src/config/read-bounded.ts'
import { unlessMissing } from '../fixtures/programs.ts'

t.test('a file whole, however long its reads are', async t => {
  const dir = t.testdir({ text: 'ä', empty: '' })
  t.equal(String(readBounded(join(dir, 'text'))), 'ä')
  t.equal(readBounded(join(dir, 'empty')).length, 0)
  const long = Buffer.alloc(1_000_001, 'x')
  writeFileSync(join(dir, 'long'), long)
  t.ok(long.equals(readBounded(join(dir, 'long'))))
})

t.test("the system's errors", async t => {
  const dir = t.testdir({})
  mkdirSync(join(dir, 'folder'))
  t.throws(() => readBounded(join(dir, 'none')), { code: 'ENOENT' })
  t.throws(() => readBounded(join(dir, 'folder')), { code: 'EISDIR' })
})

const zero = '/dev/zero'
const skip = process.platform === 'win32' && `${zero} is not on Windows`
t.test('a device without an end', { skip }, async t => {
  t.throws(() => readBounded(zero), { code: 'EFBIG' })
})

const mkfifo = process.platform === 'win32' ? 'there are no named pipes' : unlessMissing('mkfifo')
t.test('a pipe: one that is written to, late or never', { skip: mkfifo }, async t => {
  const path = join(t.testdir({}), 'pipe')
  t.equal(spawnSync('mkfifo', [path]).status, 0)
  t.throws(() => readBounded(path), { code: 'ETIMEDOUT', message: /it is a pipe/ })
  const script = 'exec >"$0"; echo one; sleep 0.2; echo two'
  const writer = spawn('sh', ['-c', script, path], { stdio: 'ignore' })
  const ended = once(writer, 'exit')
  t.equal(String(readBounded(path)), 'one\ntwo\n')
  t.same(await ended, [0, null])
})
