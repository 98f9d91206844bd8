import t from 'tap'
import { readFileSync } from 'node:fs'
import { changelogText, controlText } from '../../../scripts/deb/control.ts'
import { debVersion } from '../../../scripts/deb/deb-version.ts'

const description = readFileSync(
  new URL('../../../packaging/deb/description', import.meta.url),
  'utf8',
)
const facts = { version: '1.2.3-1', architecture: 'amd64', installedKib: 42 } as const

t.test('the control file has what dpkg needs, and no empty line', async t => {
  const text = controlText(facts, description, {})
  for (const line of [
    'Package: eyeballd',
    'Version: 1.2.3-1',
    'Architecture: amd64',
    'Installed-Size: 42',
  ]) {
    t.match(text, `${line}\n`)
  }
  t.match(text, /^Depends: libc6 \(>= /m)
  t.match(text, /^Maintainer: .+ <.+@.+>$/m)
  t.notMatch(text, '\n\n')
  t.ok(text.endsWith('\n'))
  for (const line of text.split('\n')) t.ok(line.length <= 80, line)
})

t.test('the maintainer is the one of the environment', async t => {
  const env = { DEBFULLNAME: 'Ann', DEBEMAIL: 'ann@example.org' }
  t.match(controlText(facts, description, env), 'Maintainer: Ann <ann@example.org>\n')
  t.match(
    changelogText('1.2.3-1', 0, env),
    ' -- Ann <ann@example.org>  Thu, 01 Jan 1970 00:00:00 +0000\n',
  )
})

t.test('a pre-release is lower than its release', async t => {
  t.equal(debVersion('1.2.3'), '1.2.3-1')
  t.equal(debVersion('1.2.3-beta.1'), '1.2.3~beta.1-1')
})
