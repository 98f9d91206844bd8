import { execFileSync } from 'node:child_process'
import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lookAtFile } from '../../src/daemon/look-at-file.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.test('every change of a file is seen', async t => {
  const folder = temporaryDirectory(t)
  const path = join(folder, 'users')
  const found = new Set<string | null>()
  const steps: readonly (readonly [string, () => void])[] = [
    ['no file', () => {}],
    ['a file', () => writeFileSync(path, 'a:b')],
    ['another time of the same length', () => utimesSync(path, 1, 1)],
    ['0 bytes', () => writeFileSync(path, '')],
    [
      'another file in its place',
      () => {
        writeFileSync(`${path}.new`, '')
        utimesSync(`${path}.new`, 1, 1)
        renameSync(`${path}.new`, path)
      },
    ],
    [
      'a link to another file',
      () => {
        writeFileSync(join(folder, 'one'), 'a:b')
        symlinkSync(join(folder, 'one'), `${path}.link`)
        renameSync(`${path}.link`, path)
      },
    ],
  ]
  for (const [name, step] of steps) {
    step()
    const before = found.size
    found.add(await lookAtFile(path))
    t.equal(found.size, before + 1, name)
    t.equal(await lookAtFile(path), [...found].at(-1), 'which then stays the same')
  }
  rmSync(path)
  t.equal(await lookAtFile(path), 'ENOENT')
})

t.test('what is no regular file is not looked at', async t => {
  const folder = temporaryDirectory(t)
  execFileSync('mkfifo', [join(folder, 'pipe')])
  for (const path of [folder, join(folder, 'pipe'), '/dev/null'])
    t.equal(await lookAtFile(path), null, path)
  writeFileSync(join(folder, 'file'), '')
  t.equal(await lookAtFile(join(folder, 'file', 'x')), 'ENOTDIR')
})
