import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readBounded } from '../../src/config/read-bounded.ts'

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
