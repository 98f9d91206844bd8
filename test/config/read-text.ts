import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readConfigText, readText } from '../../src/config/read-text.ts'

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
