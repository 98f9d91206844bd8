import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { countOpenFiles, listOpenFiles, openFilesLimit } from '../../../src/net/host/open-files.ts'

const limitsWith = (soft: string): string =>
  [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max processes             15                   15                   processes ',
    `Max open files            ${soft.padEnd(20)} 1048576              files     `,
    '',
  ].join('\n')

const none = (): undefined => undefined

void t.test('on Linux the soft limit of /proc/self/limits counts', async t => {
  t.equal(openFilesLimit({ limits: () => limitsWith('1024') }), 1024)
  t.equal(openFilesLimit({ limits: () => limitsWith('unlimited') }), Number.POSITIVE_INFINITY)
})

void t.test("elsewhere Node's report does", async t => {
  t.equal(openFilesLimit({ limits: none, report: () => 256 }), 256)
  t.equal(openFilesLimit({ limits: none, report: () => 'unlimited' }), Number.POSITIVE_INFINITY)
  t.equal(openFilesLimit({ limits: none, report: none }), Number.POSITIVE_INFINITY, 'unknown')
  t.equal(openFilesLimit({ limits: () => 'nonsense', report: () => 64 }), 64)
})

void t.test('both sources agree on the limit of this process', async t => {
  const limit = openFilesLimit()
  t.ok(limit > 0)
  t.equal(openFilesLimit({ limits: none }), limit)
})

const skip = process.platform === 'linux' ? false : 'it looks into /proc'

t.test('an open file adds one', { skip }, async t => {
  const before = countOpenFiles()
  const fd = openSync('/dev/null', 'r')
  t.equal(countOpenFiles(), before + 1)
  closeSync(fd)
  t.equal(countOpenFiles(), before)
})

t.test('the first readable directory counts, and without one the estimate', async t => {
  const folder = t.testdir()
  for (const name of ['0', '1', '2', '7']) writeFileSync(join(folder, name), '')
  t.equal(countOpenFiles([join(folder, 'none'), folder]), 3, 'one is the folder itself')
  t.equal(countOpenFiles([join(folder, 'none')]), 40)
  t.equal(listOpenFiles([join(folder, 'none')]), null)
})
