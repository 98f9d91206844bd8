import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileFailure, readConfigText, readText } from '../../src/config/read-text.ts'

t.test('a text, or why there is none', async t => {
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

t.test('why a file could not be read or written', async t => {
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
