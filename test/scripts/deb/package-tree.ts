import t from 'tap'
import { readFileSync } from 'node:fs'
import { parseConfig } from '../../../src/config/parse.ts'
import { NODE, ARCHITECTURES } from '../../../scripts/deb/pinned.ts'

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

t.test(
  'the configuration of the package is sound, and so are the examples in its comments',
  async t => {
    const text = read('packaging/deb/eyeballd.yaml')
    t.strictSame(parseConfig(text, 'eyeballd.yaml').listeners, parseConfig('', 'f').listeners)
    const all = text.replaceAll(/^# {2}(?=- | {2})/gm, '  ')
    t.equal(parseConfig(all, 'eyeballd.yaml').listeners.length, 3)
  },
)

t.test('koffi of every architecture has a hash, and so has Node', async t => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { integrity?: string; version: string }>
  }
  for (const [name, node] of Object.entries(ARCHITECTURES)) {
    t.match(packages[`node_modules/@koromix/koffi-linux-${node}`]?.integrity, /^sha512-/)
    t.match(NODE.integrity[name as keyof typeof ARCHITECTURES], /^sha512-/)
  }
  t.match(NODE.version, /^\d+\.\d+\.\d+$/)
})
