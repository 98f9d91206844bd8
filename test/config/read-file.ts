import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  checkTextSize,
  fileFailure,
  readBounded,
  readConfigText,
  readText,
  readerOfLoad,
} from '../../src/config/read-file.ts'
import { unlessMissing } from '../fixtures/programs.ts'

t.test('readBounded reads a whole file in several reads', async t => {
  const dir = t.testdir({ text: 'ä', empty: '' })
  t.equal(String(readBounded(join(dir, 'text'))), 'ä')
  t.equal(readBounded(join(dir, 'empty')).length, 0)
  const long = Buffer.alloc(1_000_001, 'x')
  writeFileSync(join(dir, 'long'), long)
  t.ok(long.equals(readBounded(join(dir, 'long'))))
})

t.test("readBounded throws the system's errors", async t => {
  const dir = t.testdir({})
  mkdirSync(join(dir, 'folder'))
  t.throws(() => readBounded(join(dir, 'none')), { code: 'ENOENT' })
  t.throws(() => readBounded(join(dir, 'folder')), { code: 'EISDIR' })
})

const zero = '/dev/zero'
const skip = process.platform === 'win32' && `${zero} is not on Windows`
t.test('readBounded rejects an endless device', { skip }, async t => {
  t.throws(() => readBounded(zero), { code: 'EFBIG' })
})

const mkfifo = process.platform === 'win32' ? 'there are no named pipes' : unlessMissing('mkfifo')
t.test("readBounded waits for a pipe's writer, with a limit", { skip: mkfifo }, async t => {
  const path = join(t.testdir({}), 'pipe')
  t.equal(spawnSync('mkfifo', [path]).status, 0)
  t.throws(() => readBounded(path), { code: 'ETIMEDOUT', message: /it is a pipe/ })
  const script = 'exec >"$0"; echo one; sleep 0.2; echo two'
  const writer = spawn('sh', ['-c', script, path], { stdio: 'ignore' })
  const ended = once(writer, 'exit')
  t.equal(String(readBounded(path)), 'one\ntwo\n')
  t.same(await ended, [0, null])
})

t.test('a reload gives up a pipe whose writer is slow', { skip: mkfifo }, async t => {
  const path = join(t.testdir({}), 'pipe')
  t.equal(spawnSync('mkfifo', [path]).status, 0)
  t.throws(() => readBounded(path, 'reload'), { code: 'ETIMEDOUT' }, 'no writer')
  // Open for both directions, so it has a writer, and no end.
  const fd = openSync(path, 'r+')
  t.throws(() => readBounded(path, 'reload'), { code: 'ETIMEDOUT' }, 'a silent writer')
  writeSync(fd, 'one')
  t.throws(() => readBounded(path, 'reload'), { code: 'ETIMEDOUT' }, 'a writer that does not end')
  closeSync(fd)
  const drip = 'exec >"$0"; for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.1; done'
  const writer = spawn('sh', ['-c', drip, path], { stdio: 'ignore' })
  const ended = once(writer, 'exit')
  const holder = openSync(path, 'r')
  t.throws(
    () => readBounded(path, 'reload'),
    { code: 'ETIMEDOUT' },
    'a writer of one byte now and then',
  )
  closeSync(holder)
  await ended
})

t.test('a reload reads files, and refuses devices', { skip }, async t => {
  const dir = t.testdir({ text: 'ä' })
  t.equal(String(readBounded(join(dir, 'text'), 'reload')), 'ä')
  t.throws(() => readBounded(dir, 'reload'), { code: 'EISDIR' })
  for (const path of [zero, '/dev/null'])
    t.throws(() => readBounded(path, 'reload'), { message: /a device/ })
})

t.test('readerOfLoad reads each file once, and keeps what it found', async t => {
  const asked: string[] = []
  const read = readerOfLoad((path, when) => {
    asked.push(`${path} ${when}`)
    if (path === 'bad') throw new Error('bad')
    return Buffer.from(path)
  }, 'reload')
  for (let n = 0; n < 2; n++) {
    t.equal(String(read('one')), 'one')
    t.equal(String(read('two')), 'two')
    t.throws(() => read('bad'), { message: 'bad' })
  }
  t.strictSame(asked, ['one reload', 'two reload', 'bad reload'])
})

t.test('a size is checked without reading', async t => {
  t.doesNotThrow(() => checkTextSize(4 * 1024 * 1024))
  t.throws(() => checkTextSize(5 * 1024 * 1024), { message: 'is 5.0 MiB long; allowed: 4 MiB' })
})

t.test('readText returns the text or says why it cannot', async t => {
  const dir = t.testdir({ text: 'ä', bad: Buffer.from([0xff]) })
  mkdirSync(join(dir, 'folder'))
  t.equal(readText(join(dir, 'text'), readFileSync), 'ä')
  t.throws(() => readText(join(dir, 'none'), readFileSync), {
    message: 'cannot be read: there is no such file',
  })
  t.throws(() => readText(join(dir, 'bad'), readFileSync), { message: 'is not text in UTF-8' })
  const folder = join(dir, 'folder')
  t.throws(() => readConfigText(folder, readFileSync), {
    code: 'ERR_CONFIG',
    message: `${folder}: cannot be read: it is a folder; allowed: a file`,
  })
})

t.test("fileFailure explains the system's errors", async t => {
  const failure = (code: string, act?: 'read' | 'write'): string =>
    fileFailure(Object.assign(new Error('the system says'), { code }), act)
  t.equal(failure('ENOENT'), 'there is no such file')
  t.equal(failure('ENOENT', 'write'), 'its folder does not exist')
  t.equal(failure('EACCES'), 'this user may not read it')
  t.equal(failure('EPERM', 'write'), 'this user may not write it')
  t.equal(failure('EISDIR', 'write'), 'it is a folder; allowed: a file')
  t.equal(failure('EFBIG'), 'it is far too long, or has no end; allowed: 4 MiB')
  t.equal(failure('ENOSPC', 'write'), 'the system says')
})
