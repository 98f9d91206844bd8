import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { heldFiles } from '../../../src/net/host/held-files.ts'

const skip = process.platform === 'linux' ? false : 'it looks into /proc'

t.test('one more that is open is one more', { skip }, async t => {
  const before = heldFiles()
  const fd = openSync('/dev/null', 'r')
  t.equal(heldFiles(), before + 1)
  closeSync(fd)
  t.equal(heldFiles(), before)
})

t.test('the first folder that can be read counts, and without one it is a guess', async t => {
  const folder = t.testdir()
  for (const name of ['0', '1', '2', '7']) writeFileSync(join(folder, name), '')
  t.equal(heldFiles([join(folder, 'none'), folder]), 3, 'one is the folder itself')
  t.equal(heldFiles([join(folder, 'none')]), 40)
})
