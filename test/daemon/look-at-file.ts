import { execFileSync } from 'node:child_process'
import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lookAtFile } from '../../src/daemon/look-at-file.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.test('every change of a file is seen', async t => {
  const folder = temporaryDirectory(t)
  const path = join(folder, 'users')
  const found = new Set<string>()
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
    found.add((await lookAtFile(path)).seen)
    t.equal(found.size, before + 1, name)
    t.equal((await lookAtFile(path)).seen, [...found].at(-1), 'which then stays the same')
  }
  rmSync(path)
  t.same(await lookAtFile(path), { seen: 'ENOENT', instead: null, size: 0 })
})

t.test('what is no regular file is named, and its use is no change', async t => {
  const folder = temporaryDirectory(t)
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const [path, instead] of [
    [folder, 'a folder'],
    [pipe, 'a pipe'],
    ['/dev/null', 'a device'],
  ] as const) {
    const before = await lookAtFile(path)
    t.match(before, { instead, size: 0 })
    if (path !== '/dev/null') utimesSync(path, 1, 1)
    t.same(await lookAtFile(path), before)
  }
  writeFileSync(join(folder, 'file'), 'four')
  t.match(await lookAtFile(join(folder, 'file')), { instead: null, size: 4 })
  t.equal((await lookAtFile(join(folder, 'file', 'x'))).seen, 'ENOTDIR')
})
