import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileReader } from '../../src/resolver/file-reader.ts'

t.test('reads a file up to a bound, and tells when it has changed', async t => {
  const dir = t.testdir({ hosts: '192.0.2.1 a\n' })
  const path = join(dir, 'hosts')
  t.equal(await fileReader.read(path, 1000), '192.0.2.1 a\n')
  t.equal(await fileReader.read(path, 9), '192.0.2.1')
  const before = await fileReader.version(path)
  t.equal(await fileReader.version(path), before)
  writeFileSync(path, '192.0.2.1 a b\n')
  t.not(await fileReader.version(path), before)
})

t.test('a file that cannot be read is not there', async t => {
  const dir = t.testdir({ folder: {} })
  for (const path of [join(dir, 'missing'), join(dir, 'folder'), 'a\0b']) {
    t.equal(await fileReader.read(path, 100), '', JSON.stringify(path))
  }
  t.equal(await fileReader.version(join(dir, 'missing')), undefined)
})
