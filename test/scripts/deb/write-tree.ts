import t from 'tap'
import { mkdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { installedSize, md5sums, settleTree, writeTree } from '../../../scripts/deb/write-tree.ts'

const tree = new Map([
  ['/usr/bin/x', { link: '../lib/x' }],
  ['/usr/lib/x', { bytes: 'hello', isExecutable: true }],
  ['/etc/x', { bytes: new Uint8Array(1500) }],
])

t.test('files get their modes whatever the umask, and all get one time', async t => {
  const root = join(t.testdir(), 'root')
  const before = process.umask(0o077)
  t.teardown(() => process.umask(before))
  mkdirSync(root)
  writeTree(tree, root)
  settleTree(root, 1_000_000)
  const mode = (path: string): string => (statSync(join(root, path)).mode & 0o7777).toString(8)
  t.strictSame(['usr', 'usr/lib/x', 'etc/x', '.'].map(mode), ['755', '755', '644', '755'])
  t.equal(readlinkSync(join(root, 'usr/bin/x')), '../lib/x')
  for (const path of ['.', 'usr', 'etc/x']) t.equal(statSync(join(root, path)).mtimeMs, 1e9, path)
  t.match(md5sums(root), /^5d41402abc4b2a76b9719d911017c592 {2}usr\/lib\/x$/m)
  t.equal(installedSize(root), 2 + 1 + 5, 'two files of 2 and 1 KiB, a link and four folders')
})
